/*
 * Figures as people read them, on pages and on terminals.  Pure.
 */
#ifndef BASE_HUMAN_H
#define BASE_HUMAN_H

#include <stddef.h>
#include <stdint.h>

/* Room for any of them. */
#define HUMAN_MAX 32

/* "1.5 s", "3 min", "2 d": the largest unit of which there is one at least, with a decimal below
 * ten if that says something; less than nothing is nothing.  Returns buf. */
const char *human_duration(int64_t ms, char *buf, size_t size);
/* "12,345"; returns buf. */
const char *human_count(int64_t number, char *buf, size_t size);

#endif
