/*
 * A JSON value as a word: a string as it is, everything else as JSON text.  Pure.
 */
#ifndef RUNNER_WORD_H
#define RUNNER_WORD_H

struct json_t;

/* Allocated; NULL without memory, or if it is a string with a NUL in it. */
char *word_of(const struct json_t *);

#endif
