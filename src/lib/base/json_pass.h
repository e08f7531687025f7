/*
 * Passes over JSON as RFC 8259 has it, in UTF-8, and says what is wrong where it is not: what
 * json_check and json_scan are made of.  Pure; builds nothing.
 *
 * Each returns the place behind what it has passed, or NULL with *errstr.
 */
#ifndef BASE_JSON_PASS_H
#define BASE_JSON_PASS_H

#include <stddef.h>

/* The value that begins here, within so many brackets. */
const char *json_pass_value(const char *at, const char *end, size_t depth, const char **errstr);
/* The name of a member, which is to begin here, and the colon; *name_end is at its second quote. */
const char *json_pass_name(
    const char *at, const char *end, const char **name_end, const char **errstr);

#endif
