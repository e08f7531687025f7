/*
 * Reads plain words one after another: the vocabulary, what kind of word comes next, and lists
 * joined by commas and "and".  Pure; knows nothing of what the words come to.
 */
#ifndef CRON_PLAIN_READER_H
#define CRON_PLAIN_READER_H

#include "cron/plain.h"

struct reader {
	struct plain *plain;
	struct parse *parse;
	struct word tokens[PLAIN_TOKENS_MAX];
	size_t count, at;
};

extern const struct parse_name plain_units[]; /* values of enum plain_unit */
extern const struct parse_name plain_numbers[];
extern const struct parse_name plain_day_groups[]; /* sets of days of the week */
/* For the nearest word to an unknown one; ended by NULL. */
extern const char *const plain_vocabulary[];

/* The days of the week that a word names, as bits; 0 if it is no such word. */
uint8_t plain_weekday_bits(struct word);
/* 1 to 31, 0 for the last, -1 if it is no ordinal. */
int plain_ordinal(struct word);

/* Adds words; commas and hyphens become words of their own.  0, or -1 with an error. */
int reader_add(struct reader *, const struct word *words, size_t count);
/* The next word, or one further ahead; empty behind the last. */
struct word reader_peek(const struct reader *, size_t ahead);
/* Steps over the next word if it is `word`. */
bool reader_accept(struct reader *, const char *word);
/* The same for "to", "until" and the hyphen of a range. */
bool reader_accept_to(struct reader *);
/* Steps over ", and every" and the like if one more of the same kind follows. */
bool reader_accept_more(struct reader *, bool (*is_kind)(const struct reader *));
/* The error of a word that is missing or wrong; always -1. */
int reader_unexpected(struct reader *, const char *wanted);

/* What comes next. */
bool reader_is_time(const struct reader *);
bool reader_is_weekday(const struct reader *);
bool reader_is_month(const struct reader *);
bool reader_is_ordinal(const struct reader *);
bool reader_is_number(const struct reader *);

#endif
