/*
 * The nearest valid word to a mistyped one, for error messages.  Pure.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

/* The entry of the NULL-ended array `words` nearest to `word`, or NULL if none is near enough to be
 * meant. */
const char *words_nearest(const char *word, const char *const *words);
/* Number of single-character insertions, deletions, changes and swaps of neighbours from one word
 * to the other. */
size_t words_distance(const char *from, const char *to);

#endif
