/*
 * Finds a value inside a JSON text by a path: a subset of RFC 9535 without wildcards, filters and
 * slices, so that a path names one value.  Pure; builds nothing.
 */
#ifndef BASE_JSON_PATH_H
#define BASE_JSON_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Longer paths are refused. */
#define JSON_PATH_MAX 255

/* NULL if it is a path such as $, $.data.id, $.items[0] or $['a name']; else what is wrong. */
const char *json_path_check(const char *path);
/*
 * The value that the path names, as a piece of the text, which is known to be good JSON; false if
 * it is not there.  Of members with the same name the last one counts, as for most readers.
 */
bool json_path_find(
    const char *path, const char *text, size_t len, const char **value, size_t *value_len);

#endif
