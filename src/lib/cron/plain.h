/*
 * Plain words for schedules in two steps: what was said (plain_read), and what it comes to as a
 * calendar (plain_finish), where contradictions and things left open are found.  Pure.
 */
#ifndef CRON_PLAIN_H
#define CRON_PLAIN_H

#include "cron/parse.h"

#define PLAIN_TIMES_MAX  24
#define PLAIN_TOKENS_MAX 128

enum plain_unit {
	PLAIN_UNIT_NONE,
	PLAIN_UNIT_SECOND,
	PLAIN_UNIT_MINUTE,
	PLAIN_UNIT_HOUR,
	PLAIN_UNIT_DAY,
	PLAIN_UNIT_WEEK,
	PLAIN_UNIT_MONTH,
	PLAIN_UNIT_YEAR,
};

/* What was said.  A word whose `at` is NULL was not said. */
struct plain {
	struct parse *parse;
	/* every `count` `unit`s */
	struct word every;
	enum plain_unit unit;
	int count;
	/* at TIME and TIME, seconds of the day */
	struct word at;
	int times[PLAIN_TIMES_MAX];
	size_t time_count;
	/* at minute 12 and 42 */
	struct word at_minute;
	uint64_t minutes;
	/* from TIME to TIME, minutes of the day */
	struct word window;
	int from, to;
	/* on monday and friday */
	struct word on_weekday;
	uint8_t weekdays;
	/* 1st and last friday */
	struct word on_nth_weekday;
	uint8_t nth_weekday[7];
	/* 1st, last day, last weekday */
	struct word on_date;
	uint32_t days, days_from_last, workdays, workdays_from_last;
	/* in january and july */
	struct word in_month;
	uint16_t months;
};

/* 0, or -1 with an error. */
int plain_read(struct plain *, const struct word *words, size_t count);
int plain_finish(const struct plain *, struct recurrence *);

#endif
