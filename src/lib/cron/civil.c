#include <stdbool.h>

#include "cron/civil.h"

#define DAYS_PER_CYCLE INT64_C(146097)

/* Days from 0001-01-01 to 1970-01-01. */
#define EPOCH_DAYS INT64_C(719162)

/* Days of a common year before each month, counted from 1. */
static const int before_month[] = { 0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

static bool
year_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int64_t
civil_floor_div(int64_t value, int64_t divisor)
{
	int64_t quotient = value / divisor;

	return value % divisor < 0 ? quotient - 1 : quotient;
}

/* The day number of 1 January. */
static int64_t
year_start(int64_t year)
{
	int64_t past = year - 1;

	return past * 365 + civil_floor_div(past, 4) - civil_floor_div(past, 100) +
	       civil_floor_div(past, 400) - EPOCH_DAYS;
}

/* Days of the year before the month's first. */
static int
month_start(int64_t year, int month)
{
	return before_month[month] + (month > 2 && year_is_leap(year) ? 1 : 0);
}

int64_t
civil_to_days(int64_t year, int month, int day)
{
	return year_start(year) + month_start(year, month) + day - 1;
}

struct civil
civil_from_days(int64_t days)
{
	struct civil date;
	int rest;

	/* The mean length of a year gives the year or a neighbour of it. */
	date.year = civil_floor_div((days + EPOCH_DAYS) * CIVIL_CYCLE_YEARS, DAYS_PER_CYCLE) + 1;
	while (days < year_start(date.year))
		date.year--;
	while (days >= year_start(date.year + 1))
		date.year++;
	rest = (int)(days - year_start(date.year));
	date.month = rest / 32 + 1;
	while (date.month < 12 && rest >= month_start(date.year, date.month + 1))
		date.month++;
	date.day = rest - month_start(date.year, date.month) + 1;
	return date;
}

int
civil_month_length(int64_t year, int month)
{
	int length = before_month[month + 1] - before_month[month];

	return month == 2 && year_is_leap(year) ? length + 1 : length;
}

int
civil_weekday(int64_t days)
{
	/* 1970-01-01 was a Thursday. */
	int64_t shifted = days + 4;

	return (int)(shifted - civil_floor_div(shifted, 7) * 7);
}

int
civil_week(int64_t days)
{
	/* A week belongs to the year of its Thursday. */
	int64_t thursday = days - (civil_weekday(days) + 6) % 7 + 3;

	return (int)((thursday - year_start(civil_from_days(thursday).year)) / 7) + 1;
}
