#include <stdlib.h>
#include <string.h>

#include "webhook_time.h"

/* The year 5138 in seconds, and in milliseconds. */
#define SECONDS_BELOW 1e11
#define MS_BELOW      1e14
#define US_BELOW      1e17

/* Digits, and a fraction. */
static bool
is_number(const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 17)
		return false;
	if (text[len] == '.') {
		size_t fraction = strspn(text + len + 1, "0123456789");

		if (fraction == 0 || fraction > 9)
			return false;
		len += fraction + 1;
	}
	return text[len] == '\0';
}

bool
webhook_time_read(const char *text, struct walltime *when)
{
	const char *errstr;
	double number;

	if (!is_number(text))
		return walltime_parse(text, when, &errstr) == 0;
	number = strtod(text, NULL);
	if (number >= US_BELOW)
		return false;
	if (number < SECONDS_BELOW)
		number *= 1e6;
	else if (number < MS_BELOW)
		number *= 1e3;
	when->us = (int64_t)number;
	return true;
}

bool
webhook_time_is_near(struct walltime when, struct walltime now, int64_t window_ms)
{
	int64_t away_ms = walltime_diff_ms(now, when);

	return away_ms <= window_ms && away_ms >= -window_ms;
}
