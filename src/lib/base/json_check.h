/*
 * Says whether a text is JSON as RFC 8259 has it, in UTF-8 and not too deep; and reads its strings
 * and numbers, for what is found with json_scan.  Pure; builds nothing.
 */
#ifndef BASE_JSON_CHECK_H
#define BASE_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Arrays and objects within each other. */
#define JSON_DEPTH_MAX 512

/* NULL if it is one JSON value and nothing else but blanks; else what is wrong. */
const char *json_check(const char *text, size_t len);
/*
 * The string whose text, quotes included, is given, with its escapes resolved: written to `out`,
 * which has room for len bytes, and ended with a NUL.  Its length, or -1 if it is no string or has
 * a NUL inside.  The text is known to be good JSON.
 */
long json_text(const char *text, size_t len, char *out);
/* The number; false if it is none.  The text is known to be good JSON. */
bool json_number(const char *text, size_t len, double *number);

#endif
