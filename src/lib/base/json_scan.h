/*
 * Walks the members of a JSON object, or the elements of an array, as pieces of the text: so that
 * what we do not interpret is kept to the letter, large numbers included.  Checks what it passes,
 * so that a text that nobody has looked at is looked at once.  Pure.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct json_scan {
	const char *at, *end;
	const char *error; /* behind a -1: what is wrong with the text */
	size_t depth;      /* of the pieces, in brackets */
	char close;        /* '}' or ']' */
	bool first;
	bool inner; /* more may follow behind its end */
};

struct json_piece {
	const char *key; /* without its quotes, as written; NULL in arrays */
	size_t key_len;
	const char *value;
	size_t value_len;
	bool is_plain; /* a string of ASCII without escapes */
};

/* 0, or -1 if the text does not begin with '{' or '['. */
int json_scan_begin(struct json_scan *, const char *text, size_t len);
/* 1 with the next piece, 0 at the end, -1 if the text is broken.  What is behind a piece has not
 * been looked at yet. */
int json_scan_next(struct json_scan *, struct json_piece *);
/* Begins with the next piece of an array, if that is an object; false, and nothing has changed, if
 * it is none.  The array's scan goes on when the inner one has come to its end and is left. */
bool json_scan_enter(struct json_scan *array, struct json_scan *inner);
void json_scan_leave(struct json_scan *array, const struct json_scan *inner);
bool json_piece_is(const struct json_piece *, const char *key);

#endif
