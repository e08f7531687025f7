/*
 * One JSON object of a reply, as it came and taken apart; and its members as text for people.
 */
#ifndef JOBCTL_ROW_H
#define JOBCTL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* jansson's, without its header: it and base/json.h can't be included together. */
typedef struct json_t json_t;

struct row {
	char *raw; /* one line */
	json_t *value;
};

/* Reads JSON text; 0, or -1 if it is not a JSON object (nothing to free then). */
int row_read(struct row *, const char *text, size_t len);
void row_free(struct row *);

/* A member, or a member of a member: "exit.code"; NULL if it is not there or null. */
const json_t *row_member(const json_t *, const char *path);
/* "" and `initial` if it is not there or of another type. */
const char *row_text(const json_t *, const char *path);
int64_t row_number(const json_t *, const char *path, int64_t initial);
bool row_is_true(const json_t *, const char *path);

enum cell_kind {
	CELL_ANY,      /* texts, numbers and booleans as they are, the rest as JSON */
	CELL_TIME,     /* RFC 3339 in any zone: shown in the zone of this process */
	CELL_DURATION, /* milliseconds */
};

/* The member as text: "" if it is not there.  The text is in buf or in the row. */
const char *row_cell(const json_t *, const char *path, enum cell_kind, char *buf, size_t size);
/* A JSON array on one line, allocated, whatever it was written with; NULL with a phrase in err. */
char *row_compact_array(const char *text, char *err, size_t errlen);
/* RFC 3339 text in the zone of this process; what can't be read stays as it is. */
const char *row_local_time(const char *text, char *buf, size_t size);

#endif
