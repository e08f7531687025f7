#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static int64_t clock_us(clockid_t);
static int64_t days_from_civil(int year, int month, int day);
static int days_in_month(int year, int month);
static int digits(const char **text, int count, int *value);
static int fraction(const char **text, int64_t *us);
static int zone_offset(const char **text, int64_t *offset_sec);

static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_SEC + ts.tv_nsec / 1000;
}

struct monotime
monotime_now(void)
{
	return (struct monotime){ clock_us(CLOCK_MONOTONIC) };
}

struct monotime
monotime_add_ms(struct monotime when, int64_t ms)
{
	return (struct monotime){ when.us + ms * CLOCK_US_PER_MS };
}

int64_t
monotime_diff_ms(struct monotime later, struct monotime earlier)
{
	int64_t us = later.us - earlier.us;

	return us >= 0 ? us / CLOCK_US_PER_MS : -((-us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS);
}

bool
monotime_is_set(struct monotime when)
{
	return when.us != 0;
}

struct timeval
monotime_until(struct monotime when)
{
	int64_t us = when.us - monotime_now().us;

	if (us < 0)
		us = 0;
	return (struct timeval){ us / CLOCK_US_PER_SEC, us % CLOCK_US_PER_SEC };
}

struct walltime
walltime_now(void)
{
	return (struct walltime){ clock_us(CLOCK_REALTIME) };
}

struct walltime
walltime_add_ms(struct walltime when, int64_t ms)
{
	return (struct walltime){ when.us + ms * CLOCK_US_PER_MS };
}

int64_t
walltime_diff_ms(struct walltime later, struct walltime earlier)
{
	return monotime_diff_ms((struct monotime){ later.us }, (struct monotime){ earlier.us });
}

bool
walltime_is_set(struct walltime when)
{
	return when.us != 0;
}

struct walltime
walltime_earlier(struct walltime one, struct walltime other)
{
	if (!walltime_is_set(one))
		return other;
	return walltime_is_set(other) && other.us < one.us ? other : one;
}

#define SEC_OF_DAY INT64_C(86400)

/* So many digits of the number, and what stands behind them. */
static char *
put_digits(char *at, int number, int digits, char behind)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	at[digits] = behind;
	return at + digits + 1;
}

/* Days between 0000-03-01 and 1970-01-01; of four hundred years. */
#define DAYS_BEFORE_1970 719468
#define DAYS_OF_CYCLE    146097

struct date {
	int64_t year;
	int month, day;
};

/* Counts from the first of March, so that a leap day is the last of its year: months then have
 * 31, 30, 31, 30, 31 days, twice, and the rest of the third five. */
static struct date
date_of(int64_t days)
{
	int64_t since = days + DAYS_BEFORE_1970, cycle, year;
	int day, month;

	cycle = (since >= 0 ? since : since - (DAYS_OF_CYCLE - 1)) / DAYS_OF_CYCLE;
	day = (int)(since - cycle * DAYS_OF_CYCLE);
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= (int)(365 * year + year / 4 - year / 100);
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	return (struct date){ year + 400 * cycle + (month >= 10),
		month < 10 ? month + 3 : month - 9, day + 1 };
}

/* By hand: every job that is handed out has several of them, and gmtime_r(3) is slow. */
const char *
walltime_format(struct walltime when, char *buf, size_t size)
{
	int64_t sec = when.us / CLOCK_US_PER_SEC, us = when.us % CLOCK_US_PER_SEC, days;
	char text[WALLTIME_TEXT_MAX], *at = text;
	struct date date;
	int left;

	if (us < 0) {
		us += CLOCK_US_PER_SEC;
		sec--;
	}
	days = (sec >= 0 ? sec : sec - (SEC_OF_DAY - 1)) / SEC_OF_DAY;
	left = (int)(sec - days * SEC_OF_DAY);
	date = date_of(days);
	buf[0] = '\0';
	if (when.us == 0 || date.year < 0 || date.year > 9999)
		return buf;
	at = put_digits(at, (int)date.year, 4, '-');
	at = put_digits(at, date.month, 2, '-');
	at = put_digits(at, date.day, 2, 'T');
	at = put_digits(at, left / 3600, 2, ':');
	at = put_digits(at, left / 60 % 60, 2, ':');
	at = put_digits(at, left % 60, 2, us == 0 ? 'Z' : '.');
	if (us % CLOCK_US_PER_MS != 0)
		at = put_digits(at, (int)us, 6, 'Z');
	else if (us != 0)
		at = put_digits(at, (int)(us / CLOCK_US_PER_MS), 3, 'Z');
	*at = '\0';
	strlcpy(buf, text, size);
	return buf;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, from counting leap days up to the year
 * before. */
static int64_t
days_from_civil(int year, int month, int day)
{
	static const int before_month[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t last = year - 1;
	int64_t days = last * 365 + last / 4 - last / 100 + last / 400;

	days += before_month[month - 1] + day - 1;
	if (month > 2 && days_in_month(year, 2) == 29)
		days++;
	return days - 719162;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static int
digits(const char **text, int count, int *value)
{
	*value = 0;
	for (; count > 0; count--, (*text)++) {
		if (!isdigit((unsigned char)**text))
			return -1;
		*value = *value * 10 + (**text - '0');
	}
	return 0;
}

static int
fraction(const char **text, int64_t *us)
{
	int64_t unit = CLOCK_US_PER_SEC / 10;
	int count = 0;

	*us = 0;
	if (**text != '.' && **text != ',')
		return 0;
	for ((*text)++; isdigit((unsigned char)**text); (*text)++, unit /= 10, count++)
		*us += (**text - '0') * unit;
	return count >= 1 && count <= 9 ? 0 : -1;
}

static int
zone_offset(const char **text, int64_t *offset_sec)
{
	int sign, hour, minute;

	*offset_sec = 0;
	if (**text == 'Z' || **text == 'z') {
		(*text)++;
		return 0;
	}
	if (**text != '+' && **text != '-')
		return -1;
	sign = *(*text)++ == '-' ? -1 : 1;
	if (digits(text, 2, &hour) == -1)
		return -1;
	if (**text == ':')
		(*text)++;
	if (digits(text, 2, &minute) == -1 || hour > 23 || minute > 59)
		return -1;
	*offset_sec = sign * (hour * 3600 + minute * 60);
	return 0;
}

int
walltime_parse(const char *text, struct walltime *when, const char **errstr)
{
	int year, month, day, hour, minute, second;
	int64_t us, offset_sec;

	*errstr = "is not a time such as 2026-11-22T05:30:00Z";
	if (digits(&text, 4, &year) == -1 || *text++ != '-' || digits(&text, 2, &month) == -1 ||
	    *text++ != '-' || digits(&text, 2, &day) == -1)
		return -1;
	if (*text != 'T' && *text != 't' && *text != ' ')
		return -1;
	text++;
	if (digits(&text, 2, &hour) == -1 || *text++ != ':' || digits(&text, 2, &minute) == -1 ||
	    *text++ != ':' || digits(&text, 2, &second) == -1 || fraction(&text, &us) == -1)
		return -1;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
		*errstr = "names a day that does not exist";
		return -1;
	}
	if (hour > 23 || minute > 59 || second > 60) {
		*errstr = "names a time of day that does not exist";
		return -1;
	}
	if (zone_offset(&text, &offset_sec) == -1 || *text != '\0') {
		*errstr = "needs a zone at its end: Z, or an offset such as +09:00";
		return -1;
	}
	when->us = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second -
		   offset_sec;
	when->us = when->us * CLOCK_US_PER_SEC + us;
	*errstr = NULL;
	return 0;
}
