/*
 * What the readers of the four ways to write a schedule share: words of the text with their place,
 * errors that show it, and the result.  Pure; the text has been checked to be printable ASCII.
 */
#ifndef CRON_PARSE_H
#define CRON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cron/calendar.h"

#define PARSE_TEXT_MAX  1000
#define PARSE_WORDS_MAX 64

/* The result: every so many seconds, or by the calendar. */
struct recurrence {
	int64_t interval_sec; /* 0: by the calendar */
	struct calendar calendar;
};

struct parse {
	const char *text;
	char *err;
	size_t errlen;
};

/* A piece of the text. */
struct word {
	const char *at;
	size_t len;
};

/* Names with their values, ended by a NULL name; the order of equal values is that of preference.
 */
struct parse_name {
	const char *name;
	int value;
};

extern const struct parse_name parse_weekdays[]; /* sun = 0 ... */
extern const struct parse_name parse_months[];   /* jan = 1 ... */

/* Splits the text at blanks; -1 with an error if there are more than PARSE_WORDS_MAX words. */
int parse_split(struct parse *, struct word *words, size_t *count);

/* Writes "column 5: '61' " and the message; always returns -1. */
int parse_error(struct parse *, struct word, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with "; did you mean 'x'?" behind it, if one of the NULL-ended `candidates` is near. */
int parse_error_nearest(
    struct parse *, struct word, const char *const *candidates, const char *problem);
/* An error about the whole text. */
int parse_error_all(struct parse *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool word_is(struct word, const char *text);
/* The word as a string, cut if it is longer than the buffer. */
const char *word_copy(struct word, char *buf, size_t size);
/* The value of a whole number without sign, or -1; above a million it stays a million. */
int word_number(struct word);
/* The value of a name in either case of letters, or -1. */
int word_name(struct word, const struct parse_name *);
/* Cuts the part up to the first `separator` off *rest into *part; false if *rest is used up (at is
 * NULL). */
bool word_cut(struct word *rest, char separator, struct word *part);

/* The readers.  0, or -1 with an error. */
int parse_cron(struct parse *, const struct word *words, size_t count, struct recurrence *);
int parse_nickname(struct parse *, const struct word *words, size_t count, struct recurrence *);
int parse_keyed(struct parse *, const struct word *words, size_t count, struct recurrence *);
int parse_plain(struct parse *, const struct word *words, size_t count, struct recurrence *);

#endif
