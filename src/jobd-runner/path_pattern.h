/*
 * Patterns of paths: '*', '?' and [] inside a name, "**" for any number of directories, at the end
 * for all that is below.  Pure.
 *
 * Where no pattern names them, what is hidden (a name with a dot in front) and what tools write by
 * themselves (node_modules, __pycache__) does not match.
 */
#ifndef RUNNER_PATH_PATTERN_H
#define RUNNER_PATH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Both paths are absolute. */
bool path_pattern_matches(const char *pattern, const char *path);
/* True if something below this directory may match. */
bool path_pattern_enters(const char *pattern, const char *directory);
/* The length of its part in front of the first name with a wildcard, without the slash. */
size_t path_pattern_base(const char *pattern);
/* True if there is a wildcard in it. */
bool path_pattern_is_pattern(const char *pattern);

#endif
