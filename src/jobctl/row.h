/*
 * One JSON object of a reply, as it came and taken apart; and its members as text for people.
 */
#ifndef JOBCTL_ROW_H
#define JOBCTL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobctl/value.h"

struct row {
	char *raw; /* one line */
	const struct value *value;
};

/* Reads JSON text; 0, or -1 if it is not a JSON object (nothing to free then). */
int row_read(struct row *, const char *text, size_t len);
void row_free(struct row *);

/* All take NULL for a value that is not there. */

/* A member, or a member of a member: "exit.code"; NULL if it is not there or null. */
const struct value *row_member(const struct value *, const char *path);
/* "" and `initial` if it is not there or of another type. */
const char *row_text(const struct value *, const char *path);
int64_t row_number(const struct value *, const char *path, int64_t initial);
bool row_is(const struct value *, const char *path, enum value_kind);

enum cell_kind {
	CELL_ANY,      /* texts as they are, yes and no, the rest as JSON */
	CELL_TIME,     /* RFC 3339 in any zone: shown in the zone of this process */
	CELL_DURATION, /* milliseconds */
	CELL_NUMBER,   /* stands to the right in a list */
	CELL_STATE,    /* coloured on a terminal */
};

/* The member as text: "" if it is not there.  The text is in buf or in the row. */
const char *row_cell(
    const struct value *, const char *path, enum cell_kind, char *buf, size_t size);
/* RFC 3339 text in the zone of this process; what can't be read stays as it is. */
const char *row_local_time(const char *text, char *buf, size_t size);

#endif
