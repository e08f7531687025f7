/*
 * A configuration file as it was written: its sections with their options and the texts of the
 * values, each with its place.  What parse.c makes of a file and load.c turns into a struct conf.
 */
#ifndef CONF_BLOCKS_H
#define CONF_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/options.h"

struct block_setting {
	const struct conf_option *option;
	char **texts; /* NULL-ended */
	size_t count;
	int64_t line;
};

struct block {
	const struct conf_section *section;
	char *name;       /* "" for a section without one */
	const char *file; /* belongs to struct blocks */
	int64_t line;
	struct block_setting *settings;
	size_t setting_count;
	int64_t nested_lines[CONF_NESTED_COUNT]; /* of the sections inside it, as in conf_nested;
						    0 = not there */
	bool is_partial; /* its file could not be read whole: what is not here may be there */
};

struct blocks {
	struct block *list; /* in the order of the files */
	size_t count;
	char **files;
	size_t file_count;
	size_t bytes; /* of all files together */
};

void blocks_clear(struct blocks *);
/* Keeps a copy of the file's name; NULL when memory runs out. */
const char *blocks_add_file(struct blocks *, const char *file);
/* Both return NULL when memory runs out; the pointers are good until the next one is added. */
struct block *blocks_add(struct blocks *, const struct conf_section *, const char *name,
    size_t name_len, const char *file, int64_t line);
struct block_setting *block_add_setting(struct block *, const struct conf_option *, int64_t line);
/* Adds one text to the values of a setting; -1 when memory runs out. */
int block_setting_add(struct block_setting *, const char *text);
/* NULL if there is none. */
struct block *blocks_find(
    const struct blocks *, const struct conf_section *, const char *name, size_t name_len);
struct block_setting *block_find_setting(const struct block *, const struct conf_option *);
/* The line of a section inside it; 0 if it is not there. */
int64_t block_line_of_nested(const struct block *, const char *name);
/* The line of an option by its name, or that of the section if it is not set. */
int64_t block_line_of(const struct block *, const char *option_name);

#endif
