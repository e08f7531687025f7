/*
 * One field of a cron or keyed schedule: lists, ranges, steps, names, and what only days know (L,
 * W, #).  Pure.
 */
#ifndef CRON_FIELD_H
#define CRON_FIELD_H

#include "cron/parse.h"

enum field {
	FIELD_SECOND,
	FIELD_MINUTE,
	FIELD_HOUR,
	FIELD_DAY,
	FIELD_MONTH,
	FIELD_WEEKDAY, /* as cron has it: 0 and 7 are Sunday */
	FIELD_WEEK,
	FIELD_WEEKDAY_NAME, /* as keyed schedules have it: names only */
	FIELD_YEAR,
};

/* What was read of the fields whose values are kept apart until all are known. */
struct field_values {
	struct calendar
	    *calendar; /* days, days of the week, months, weeks, years, seconds go here */
	uint32_t hours;
	uint64_t minutes;
};

/* True if a field begins with * or is ?: it does not restrict the day, and as hour it is not fixed.
 */
bool field_is_open(struct word);
/* Reads one field in place of what is in *values for it. */
int field_parse(struct parse *, enum field, struct word, struct field_values *);
/* What the hours and minutes come to. */
void field_finish(struct field_values *);

#endif
