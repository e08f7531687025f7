/*
 * What the lists show of each row: heads, widths, texts, colours.  Never draws.
 */
#ifndef TOP_COLUMNS_H
#define TOP_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "picture.h"

enum look { LOOK_GOOD = 1, LOOK_BUSY, LOOK_WARN, LOOK_BAD, LOOK_QUIET };

/* One column of a list: its width (negative: at the right; 0: what is left) and its text. */
struct column {
	const char *head;
	int width;
	const char *(*text)(const json_t *row, int64_t since_ms, char *buf, size_t size);
	int (*look)(const json_t *row); /* NULL: as all text */
	bool is_mark;                   /* a word that is rarely there, without a gap before it */
};

/* Of each list, ended by a NULL head. */
extern const struct column *const list_columns[LIST_COUNT];

#endif
