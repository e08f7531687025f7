/*
 * Patterns as Redis has them for SCAN, over any text: '*', '?', "[abc]", "[^a-z]", and '\' for the
 * character behind it.  Pure; takes time in proportion to pattern times text at most.
 */
#ifndef SCHEDULER_GLOB_H
#define SCHEDULER_GLOB_H

#include <stdbool.h>
#include <stddef.h>

bool glob_match(const char *pattern, const char *text, size_t len);

#endif
