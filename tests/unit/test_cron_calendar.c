/*
 * Dates against the C library's, and the calendar's sets against a day by day look at them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cron/calendar.h"
#include "cron/civil.h"

/* Every day from 1600 to 2400 and a little more: two cycles of the calendar. */
#define FIRST_DAY -135140
#define LAST_DAY  160000

static void
dates_equal_the_c_library(void **state)
{
	(void)state;
	for (int64_t day = FIRST_DAY; day <= LAST_DAY; day++) {
		struct civil date = civil_from_days(day);
		time_t when = (time_t)(day * CIVIL_SECONDS_PER_DAY);
		char week[8];
		struct tm tm;

		gmtime_r(&when, &tm);
		strftime(week, sizeof(week), "%V", &tm);
		if (date.year != tm.tm_year + 1900 || date.month != tm.tm_mon + 1 ||
		    date.day != tm.tm_mday || civil_weekday(day) != tm.tm_wday ||
		    civil_week(day) != (int)strtol(week, NULL, 10) ||
		    civil_to_days(date.year, date.month, date.day) != day)
			fail_msg("day %lld is %lld-%02d-%02d", (long long)day, (long long)date.year,
			    date.month, date.day);
		if (date.day > 27)
			assert_true(date.day <= civil_month_length(date.year, date.month));
	}
}

static void
division_rounds_down(void **state)
{
	(void)state;
	assert_int_equal(civil_floor_div(7, 7), 1);
	assert_int_equal(civil_floor_div(6, 7), 0);
	assert_int_equal(civil_floor_div(0, 7), 0);
	assert_int_equal(civil_floor_div(-1, 7), -1);
	assert_int_equal(civil_floor_div(-7, 7), -1);
	assert_int_equal(civil_floor_div(-8, 7), -2);
}

struct month_example {
	const char *what;
	struct calendar calendar; /* only the day fields */
	int year, month;
	uint32_t days;
};

#define DAY(n) (UINT32_C(1) << (n))

static void
special_days_are_found(void **state)
{
	/* clang-format off */
	static const struct month_example examples[] = {
		{ "last day of February", { .days_from_last = 1, .weekdays = 0x7f }, 2027, 2, DAY(28) },
		{ "last day of a leap February", { .days_from_last = 1, .weekdays = 0x7f }, 2028, 2, DAY(29) },
		{ "two days before the last", { .days_from_last = 1 << 2, .weekdays = 0x7f }, 2026, 4, DAY(28) },
		{ "30 days before the last of 30", { .days_from_last = 1 << 30, .weekdays = 0x7f }, 2026, 4, 0 },
		{ "30 days before the last of 31", { .days_from_last = 1 << 30, .weekdays = 0x7f }, 2026, 5, DAY(1) },
		/* 15 August 2026 is a Saturday, 15 November 2026 a Sunday. */
		{ "15W on Saturday", { .workdays = 1 << 15, .weekdays = 0x7f }, 2026, 8, DAY(14) },
		{ "15W on Sunday", { .workdays = 1 << 15, .weekdays = 0x7f }, 2026, 11, DAY(16) },
		{ "1W on Saturday stays in the month", { .workdays = 1 << 1, .weekdays = 0x7f }, 2026, 8, DAY(3) },
		{ "31W on Sunday stays in the month", { .workdays = UINT32_C(1) << 31, .weekdays = 0x7f }, 2026, 5, DAY(29) },
		{ "31W in April", { .workdays = UINT32_C(1) << 31, .weekdays = 0x7f }, 2026, 4, 0 },
		{ "LW on Saturday", { .workdays_from_last = 1, .weekdays = 0x7f }, 2026, 10, DAY(30) },
		{ "LW on Sunday", { .workdays_from_last = 1, .weekdays = 0x7f }, 2026, 5, DAY(29) },
		/* May 2026 begins on a Friday. */
		{ "fri#1", { .days = CALENDAR_ALL_DAYS, .nth_weekday = { [5] = 1 << 1 } }, 2026, 5, DAY(1) },
		{ "fri#5", { .days = CALENDAR_ALL_DAYS, .nth_weekday = { [5] = 1 << 5 } }, 2026, 5, DAY(29) },
		{ "mon#5", { .days = CALENDAR_ALL_DAYS, .nth_weekday = { [1] = 1 << 5 } }, 2026, 5, 0 },
		{ "monL", { .days = CALENDAR_ALL_DAYS, .nth_weekday = { [1] = 1 } }, 2026, 5, DAY(25) },
		{ "sun#2,thuL", { .days = CALENDAR_ALL_DAYS, .nth_weekday = { [0] = 1 << 2, [4] = 1 } }, 2026, 5,
		    DAY(10) | DAY(28) },
		{ "day 13 or Friday", { .days = DAY(13), .weekdays = 1 << 5, .either = true }, 2026, 5,
		    DAY(13) | DAY(1) | DAY(8) | DAY(15) | DAY(22) | DAY(29) },
		{ "day 13 and Friday", { .days = DAY(13), .weekdays = 1 << 5 }, 2026, 5, 0 },
		{ "day 13 and Friday", { .days = DAY(13), .weekdays = 1 << 5 }, 2026, 11, DAY(13) },
		/* 2026 has 53 weeks; the last ends on 3 January 2027. */
		{ "week 53", { .days = CALENDAR_ALL_DAYS, .weekdays = 0x7f, .weeks = UINT64_C(1) << 53 }, 2027, 1,
		    DAY(1) | DAY(2) | DAY(3) },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct calendar calendar = examples[i].calendar;
		uint32_t days;

		calendar.months = CALENDAR_ALL_MONTHS;
		days = calendar_days(&calendar, examples[i].year, examples[i].month);
		if (days != examples[i].days)
			fail_msg("%s in %d-%02d is 0x%08x", examples[i].what, examples[i].year,
			    examples[i].month, days);
	}
}

static void
dates_that_never_come_are_known(void **state)
{
	struct calendar calendar;

	(void)state;
	calendar_init(&calendar);
	assert_true(calendar_has_date(&calendar));
	calendar.days = DAY(30);
	calendar.months = 1 << 2;
	assert_false(calendar_has_date(&calendar));
	calendar.days = DAY(29);
	assert_true(calendar_has_date(&calendar));
	calendar.years[0] = (struct calendar_years){ .first = 2029, .last = 2031, .step = 1 };
	calendar.year_count = 1;
	assert_false(calendar_has_date(&calendar));
	calendar.years[0].last = 2032;
	assert_true(calendar_has_date(&calendar));
	calendar.weeks = 1;
	assert_false(calendar_has_date(&calendar));
}

static void
each_match_is_the_next_one(void **state)
{
	struct calendar calendar;
	int64_t at = 0, next;

	(void)state;
	calendar_init(&calendar);
	calendar_set_hours(&calendar, 0, 0);
	calendar.seconds = 0;
	calendar_add_time(&calendar, 9 * 3600 + 30 * 60 + 15);
	calendar_add_time(&calendar, 17 * 3600 + 15);
	calendar.weekdays = 1 << 1;
	/* The first Monday of 1970 was the fifth. */
	assert_int_equal(calendar_next(&calendar, at, &next), 0);
	assert_int_equal(next, 4 * 86400 + 34215);
	assert_int_equal(calendar_next(&calendar, next, &at), 0);
	assert_int_equal(at, next);
	assert_int_equal(calendar_next(&calendar, next + 1, &next), 0);
	assert_int_equal(next, 4 * 86400 + 61215);
	assert_int_equal(calendar_next(&calendar, next + 1, &next), 0);
	assert_int_equal(next, 11 * 86400 + 34215);
	assert_int_equal(calendar_next(&calendar, INT64_C(253402300800), &next), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_equal_the_c_library),
		cmocka_unit_test(division_rounds_down),
		cmocka_unit_test(special_days_are_found),
		cmocka_unit_test(dates_that_never_come_are_known),
		cmocka_unit_test(each_match_is_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
