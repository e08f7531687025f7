/*
 * Reads the members of JSON objects that clients send: a thin layer over jansson, whose header
 * can't be used in a file that writes JSON.  Never writes.
 */
#ifndef SCHEDULER_FIELDS_H
#define SCHEDULER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fields;

/* The object in `text`; fields_free() it.  NULL with what is wrong in error. */
struct fields *fields_read(const char *text, size_t len, char *error, size_t size);
void fields_free(struct fields *);

bool fields_has(const struct fields *, const char *key);
bool fields_is_null(const struct fields *, const char *key);
bool fields_is_number(const struct fields *, const char *key);
bool fields_is_list(const struct fields *, const char *key);
/* The member's text, or NULL if it is missing, no string, or has a NUL inside. */
const char *fields_text(const struct fields *, const char *key);
/* The same with its length, NUL bytes included. */
const char *fields_bytes(const struct fields *, const char *key, size_t *len);
/* `initial` if the member is missing, null or no number; large numbers are cut to 64 bits. */
int64_t fields_int(const struct fields *, const char *key, int64_t initial);
bool fields_bool(const struct fields *, const char *key, bool initial);
/* The member if it is an object, else NULL; it belongs to the outer one. */
const struct fields *fields_object(const struct fields *, const char *key);
/* Of a member that is an array: its length, 0 for anything else, and its elements that are text. */
size_t fields_count(const struct fields *, const char *key);
const char *fields_element(const struct fields *, const char *key, size_t index);
/* The first member whose name is not in the NULL-ended list, or NULL. */
const char *fields_unknown(const struct fields *, const char *const *known);

#endif
