/*
 * The parts of which a schedule's description in plain words is made: text that grows in a buffer,
 * lists of names, and times of day.  Pure.
 */
#ifndef CRON_DESCRIBE_H
#define CRON_DESCRIBE_H

#include "cron/calendar.h"

/* Text that grows up to the end of its buffer, and is cut there. */
struct text {
	char *buf;
	size_t size, len;
};

/* How one set of bits is worded. */
struct text_list {
	int first, last;
	const char *const *names; /* NULL: numbers */
};

void text_add(struct text *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* ", " or " and " between the items of a list. */
void text_add_joint(struct text *, size_t index, size_t count);
/* "1, 15 and 20", "Monday to Friday". */
void text_add_list(struct text *, const struct text_list *, uint64_t bits);

/* Adds rates and times within the day.  Returns whether it is a rate, which needs no "every day".
 */
bool describe_times(struct text *, const struct calendar *);

#endif
