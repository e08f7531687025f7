/*
 * Arithmetic of the Gregorian calendar on numbers of days since 1970-01-01.  Pure; knows nothing of
 * hours and zones.
 */
#ifndef CRON_CIVIL_H
#define CRON_CIVIL_H

#include <stdint.h>

#define CIVIL_SECONDS_PER_DAY 86400
/* After so many years dates fall on the same days of the week again. */
#define CIVIL_CYCLE_YEARS 400

struct civil {
	int64_t year;
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

int64_t civil_to_days(int64_t year, int month, int day);
struct civil civil_from_days(int64_t days);
int civil_month_length(int64_t year, int month);
/* 0 is Sunday, 6 Saturday. */
int civil_weekday(int64_t days);
/* Week number of ISO 8601, 1 to 53: weeks begin on Monday, week 1 holds the year's first Thursday.
 */
int civil_week(int64_t days);
/* Quotient rounded towards minus infinity; the divisor is positive. */
int64_t civil_floor_div(int64_t value, int64_t divisor);

#endif
