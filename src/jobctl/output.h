/*
 * How results are shown: one table of columns for each kind of result, two ways of printing it.
 * Never receives anything.
 */
#ifndef JOBCTL_OUTPUT_H
#define JOBCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "jobctl/row.h"

#define COLUMNS_MAX 16

struct column {
	const char *title; /* heading, or what stands before the value in a record */
	const char *path;  /* of the row's member */
	enum cell_kind kind;
	int min_width, gap;
	/* What row_cell() can't say; NULL for most. */
	const char *(*render)(const struct value *row, char *buf, size_t size);
};

/* A member that JSON rows get besides their own: another name for one of them. */
struct alias {
	const char *name, *path;
};

struct view {
	const char *member;           /* the list's name in the JSON document */
	const struct column *columns; /* ends with a NULL title */
	const struct alias *aliases;  /* ends with a NULL name; NULL if there are none */
	const char *const *rare;      /* members that only some rows have, NULL-ended; or NULL */
	bool headings;
	bool fits;         /* on a terminal, longer rows are cut off at its width */
	int max_width;     /* longer rows are cut off there; 0 for no limit */
	const char *empty; /* said to people where there are no rows; NULL for nothing */
	/* Prints one row to people, instead of columns; such rows are shown as they come. */
	void (*line)(const struct value *row);
	bool endless; /* JSON: a document on each line instead of one for all */
};

/* One list that is shown page by page; begins as { .view = ... }. */
struct pages {
	const struct view *view;
	size_t shown;
	int widths[COLUMNS_MAX];
};

struct output {
	/* A row that has just come, if its view does not wait for the others. */
	void (*row)(const struct view *, const struct row *);
	/* The next rows of a list; those that row() has shown are not shown again. */
	void (*page)(struct pages *, const struct row *rows, size_t count);
	void (*end)(struct pages *);
	/* One object by itself. */
	void (*record)(const struct view *, const struct row *);
	/* One fact: to people as a line of its own. */
	void (*fact)(const char *member, const char *text);
};

extern const struct output output_text, output_json, output_format;

/*
 * Between these two output_format shows rows as --format says: 0, or -1 with a sentence in err.
 * False if a row could not be shown, which was complained about.
 */
int output_format_begin(const char *text, char *err, size_t errlen);
bool output_format_end(void);

/* A list of one page. */
void output_list(const struct output *, const struct view *, const struct row *rows, size_t count);

/* The row as a JSON object, with its aliases in front; no line end. */
void output_json_print(const struct view *, const struct row *);

/* Text for a terminal: control characters become '?'. Padded to `width` characters. */
void print_clean(const char *text, int width);
/* The number of characters of UTF-8 text. */
int print_width(const char *text);

#endif
