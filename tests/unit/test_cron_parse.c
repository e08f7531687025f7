/*
 * The language: each way to write a schedule against another one that means the same, against
 * dates, and each error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cron/schedule.h"
#include "cron_or_fail.h"

#define COMPARED 100

static void
the_same_is_written_in_many_ways(void **state)
{
	static const struct {
		const char *text, *same;
	} pairs[] = {
  /* clang-format off */
		/* Cron fields. */
		{ "0 8 * * *", "0 0 8 * * *" },
		{ "  0\t8  * * * ", "0 8 * * *" },
		{ "0 0 * * sun", "0 0 * * 0" },
		{ "0 0 * * 7", "0 0 * * 0" },
		{ "0 0 * * SUNDAY", "0 0 * * 0" },
		{ "0 0 * * fri-mon", "0 0 * * 0,1,5,6" },
		{ "0 0 * * 5-7", "0 0 * * 0,5,6" },
		{ "0 0 * * 7-2", "0 0 * * 0-2" },
		{ "0 0 * * 0-7", "0 0 * * *" },
		{ "0 0 * * mon-sun", "0 0 * * *" },
		{ "0 0 * * 1-7/2", "0 0 * * 0,1,3,5" },
		{ "0 0 * * */2", "0 0 * * 0,2,4,6" },
		{ "0 0 * * sat-wed/2", "0 0 * * sat,mon,wed" },
		{ "0 22-2 * * *", "0 22,23,0,1,2 * * *" },
		{ "0 22-4/2 * * *", "0 22,0,2,4 * * *" },
		{ "50-10/10 * * * *", "50,0,10 * * * *" },
		{ "0 0 1 nov-feb *", "0 0 1 1,2,11,12 *" },
		{ "0 0 1 NOV-february *", "0 0 1 1,2,11,12 *" },
		{ "0 0 28-3 * *", "0 0 28,29,30,31,1,2,3 * *" },
		{ "*/20 * * * *", "0,20,40 * * * *" },
		{ "5/20 * * * *", "5,25,45 * * * *" },
		{ "5-30/20 * * * *", "5,25 * * * *" },
		{ "1,2,2,1 * * * *", "1-2 * * * *" },
		{ "0 */24 * * *", "0 0 * * *" },
		{ "0 0 ? * mon", "0 0 * * mon" },
		{ "0 0 1 * ?", "0 0 1 * *" },
		{ "0 0 */2 * mon", "day=*/2 day_of_week=mon" },
		{ "0 0 l * *", "0 0 L * *" },
		{ "0 0 L-0 * *", "0 0 L * *" },
		{ "0 0 lw * *", "0 0 LW * *" },
		{ "0 0 * * fri#L", "0 0 * * friL" },
		{ "0 0 * * 5l", "0 0 * * fridayL" },
		{ "0 0 * * 7#1", "0 0 * * sun#1" },
		{ "0 0 * * tue#1,tue#2,tue#3,tue#4,tue#5", "0 0 * * tue" },
		{ "*/10 * * * * *", "0,10,20,30,40,50 * * * * ?" },
		/* Nicknames. */
		{ "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
		{ "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" }, { "@midnight", "0 0 * * *" },
		{ "@Hourly", "0 * * * *" },
		{ "@every 600s", "@every 10min" }, { "@every 1h30min", "@every 90m" }, { "@every 1d", "@daily" },
		{ "@every 2w", "@every 336h" },
		/* Zones. */
		{ "*/10 * * * * Asia/Tokyo", "CRON_TZ=Asia/Tokyo */10 * * * *" },
		{ "0 9 * * * Asia/Tokyo", "TZ=Asia/Tokyo 0 9 * * *" },
		{ "0 9 * * * Asia/Tokyo", "0 0 * * *" },
		{ "0 0 9 * * * Asia/Tokyo", "0 0 * * *" },
		{ "@daily Asia/Tokyo", "0 15 * * *" },
		{ "@every 90s Asia/Tokyo", "@every 90s" },
		{ "every day at 9am Asia/Tokyo", "@daily" },
		{ "hour=9 Asia/Tokyo", "@daily" },
		{ "hour=9 timezone=Asia/Tokyo", "@daily" },
		{ "timezone='Asia/Tokyo', hour=9, minute=0", "@daily" },
		{ "0 9 * * mon UTC", "0 9 * * mon" },
		{ "0 9 * * * W-SU", "0 9 * * * Europe/Moscow" },
		/* Plain words. */
		{ "every second", "* * * * * *" }, { "every 20 seconds", "*/20 * * * * *" },
		{ "every 7 seconds", "@every 7s" },
		{ "every minute", "* * * * *" }, { "every 30 minutes", "*/30 * * * *" },
		{ "every 30min", "*/30 * * * *" }, { "every thirty minutes", "*/30 * * * *" },
		{ "each 5 mins", "*/5 * * * *" },
		{ "every 7 minutes", "@every 7min" }, { "every 45 minutes", "@every 45min" },
		{ "every 90 minutes", "@every 90min" }, { "every 25 hours", "@every 25h" },
		{ "every hour", "@hourly" }, { "hourly", "@hourly" }, { "every 2 hours", "0 */2 * * *" },
		{ "every two hours", "0 */2 * * *" }, { "every 5 hours", "@every 5h" },
		{ "every hour at minute 12", "12 * * * *" }, { "every hour at minutes 0, 20 and 40", "*/20 * * * *" },
		{ "every 2 hours at minute 30", "30 */2 * * *" },
		{ "every day", "@daily" }, { "daily", "@daily" }, { "every 24 hours", "@daily" },
		{ "every day at 9am", "0 9 * * *" }, { "Every Day At 9AM", "0 9 * * *" },
		{ "every day at 9 am", "0 9 * * *" }, { "at 9:00 every day", "0 9 * * *" },
		{ "daily at 09:00", "0 9 * * *" }, { "9am", "0 9 * * *" }, { "9 am daily", "0 9 * * *" },
		{ "09:00", "0 9 * * *" },
		{ "every 9am", "0 9 * * *" }, { "at 12:01 am daily", "1 0 * * *" }, { "12:01am", "1 0 * * *" },
		{ "12am", "0 0 * * *" }, { "12pm", "0 12 * * *" }, { "12:30 pm", "30 12 * * *" },
		{ "noon", "0 12 * * *" }, { "at midday", "0 12 * * *" }, { "midnight", "@daily" },
		{ "every day at 17:30:15", "15 30 17 * * *" },
		{ "every day at 9am and 5pm", "0 9,17 * * *" }, { "every day at 9am, noon, and at 17:00", "0 9,12,17 * * *" },
		{ "every sunday at midnight", "0 0 * * 0" }, { "every sunday", "0 0 * * 0" },
		{ "sundays", "0 0 * * 0" }, { "on sundays at noon", "0 12 * * 0" },
		{ "every monday and friday at 17:30", "30 17 * * 1,5" },
		{ "every monday, wednesday and every friday at 17:30", "30 17 * * 1,3,5" },
		{ "every mon, wed, fri at 8am", "0 8 * * 1,3,5" },
		{ "monday to friday at 6pm", "0 18 * * 1-5" }, { "fri-sun at 6pm", "0 18 * * 0,5,6" },
		{ "every weekday at 6pm", "0 18 * * 1-5" }, { "weekdays at 6pm", "0 18 * * 1-5" },
		{ "at 6pm on weekends", "0 18 * * 0,6" },
		{ "every week", "@weekly" }, { "weekly on tuesday at 1am", "0 1 * * 2" }, { "every week on tue", "0 0 * * 2" },
		{ "1st of month at midnight", "@monthly" }, { "every month", "@monthly" }, { "monthly", "@monthly" },
		{ "on the 1st of the month", "@monthly" }, { "first of every month at noon", "0 12 1 * *" },
		{ "every month on the 15th at noon", "0 12 15 * *" }, { "on day 15 of the month at noon", "0 12 15 * *" },
		{ "1st and 15th of month at 9am", "0 9 1,15 * *" }, { "1st to 5th of month at 9am", "0 9 1-5 * *" },
		{ "every 1st, 11th and 21st", "0 0 1,11,21 * *" },
		{ "last day of month at 11pm", "0 23 L * *" }, { "1st and last day of month", "0 0 1,L * *" },
		{ "last friday of month at 5pm", "0 17 * * friL" }, { "first monday of month", "0 0 * * mon#1" },
		{ "on the second and fourth tuesday of the month at 10:00", "0 10 * * tue#2,tue#4" },
		{ "2nd tuesday of month", "0 0 * * tue#2" }, { "last weekday of month", "0 0 LW * *" },
		{ "first weekday of month", "0 0 1W * *" },
		{ "every 3 months", "0 0 1 */3 *" }, { "every 3 months on the 10th at 9am", "0 9 10 */3 *" },
		{ "every month on the last sunday at 9am", "0 9 * * sunL" },
		{ "every year", "@yearly" }, { "yearly", "@yearly" }, { "annually at noon", "0 12 1 1 *" },
		{ "1st of january at 9am", "0 9 1 1 *" }, { "january 1st at 9am", "0 9 1 1 *" },
		{ "every january 1st", "@yearly" }, { "every year on the 3rd of june and july", "0 0 3 6,7 *" },
		{ "first monday of january", "0 0 * 1 mon#1" }, { "every day in june at 9am", "0 9 * 6 *" },
		{ "every sunday in november to january", "0 0 * 11,12,1 0" },
		{ "every 5 minutes on sundays", "*/5 * * * 0" }, { "every hour on the 1st of month", "0 * 1 * *" },
		{ "every 10 minutes in december", "*/10 * * 12 *" },
		{ "every 15 minutes from 9am to 10am", "every day at 9:00, 9:15, 9:30, 9:45 and 10:00" },
		{ "every 30 minutes between 23:10 and 00:40", "every day at 23:10, 23:40, 0:10 and 0:40" },
		{ "every 2 hours from 9am until 5pm on weekdays", "0 9-17/2 * * 1-5" },
		{ "every 7 minutes from 9am to 9:20am", "0,7,14 9 * * *" },
		/* Keyed fields. */
		{ "hour=8 minute=0 day_of_week=sun", "0 8 * * 0" }, { "hour=8", "0 8 * * *" },
		{ "day_of_week=mon-fri hour=*/2", "0 */2 * * 1-5" }, { "minute=*/10", "*/10 * * * *" },
		{ "second=*/10", "*/10 * * * * *" }, { "month=6", "0 0 1 6 *" }, { "day=last", "0 0 L * *" },
		{ "day='last'", "0 0 L * *" }, { "day=L-2", "0 0 L-2 * *" }, { "day=15W hour=9", "0 9 15W * *" },
		{ "day='last fri' hour=17", "0 17 * * friL" }, { "day='2nd tue, 4th  tue'", "0 0 * * tue#2,tue#4" },
		{ "day_of_week=\"mon,wed\", hour='8', minute='30'", "30 8 * * 1,3" },
		{ "day_of_week=fri#2", "0 0 * * fri#2" }, { "day_of_week=*", "@daily" },
		{ "Hour=8", "0 8 * * *" }, { "year=* month=1", "@yearly" }, { "week=* hour=0", "@daily" },
  /* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct schedule *text = parse_or_fail(pairs[i].text, "UTC"),
				*same = parse_or_fail(pairs[i].same, "UTC");
		struct walltime when = time_or_fail("2026-01-31T23:59:59Z"), other = when;

		for (int n = 0; n < COMPARED; n++) {
			assert_int_equal(schedule_next(text, when, NULL, &when, NULL), 0);
			assert_int_equal(schedule_next(same, other, NULL, &other, NULL), 0);
			if (when.us != other.us)
				fail_msg("'%s' is not '%s': time %d is %lld, not %lld",
				    pairs[i].text, pairs[i].same, n, (long long)(when.us / 1000000),
				    (long long)(other.us / 1000000));
		}
		schedule_free(text);
		schedule_free(same);
	}
}

static void
dates_are_as_the_calendar_has_them(void **state)
{
	static const struct {
		const char *text, *first, *second;
	} examples[] = {
  /* From Sunday, 2026-11-22T05:30:00Z on. */
		{"0 8 * * *",                        "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"},
		{ "0 0 * * sun",                     "2026-11-29T00:00:00Z", "2026-12-06T00:00:00Z"},
		{ "every day at 9am America/Bogota", "2026-11-22T14:00:00Z",
                 "2026-11-23T14:00:00Z"							    },
		{ "0 0 13 * fri",                    "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z"},
		{ "day=13 day_of_week=fri",          "2027-08-13T00:00:00Z", "2028-10-13T00:00:00Z"},
		{ "week=1 day_of_week=mon",          "2027-01-04T00:00:00Z", "2028-01-03T00:00:00Z"},
		{ "year=2030,2035-2040/5 month=6",   "2030-06-01T00:00:00Z", "2035-06-01T00:00:00Z"},
		{ "0 0 29 2 *",                      "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"},
		{ "0 0 LW * *",                      "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z"},
		{ "0 0 * * mon#5",                   "2026-11-30T00:00:00Z", "2027-03-29T00:00:00Z"},
		{ "@every 90s",                      "2026-11-22T05:31:30Z", "2026-11-22T05:33:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct schedule *schedule = parse_or_fail(examples[i].text, "UTC");
		struct walltime when = time_or_fail("2026-11-22T05:30:00Z");
		char text[WALLTIME_TEXT_MAX];

		assert_int_equal(schedule_next(schedule, when, NULL, &when, NULL), 0);
		assert_string_equal(walltime_format(when, text, sizeof(text)), examples[i].first);
		assert_int_equal(schedule_next(schedule, when, NULL, &when, NULL), 0);
		assert_string_equal(walltime_format(when, text, sizeof(text)), examples[i].second);
		schedule_free(schedule);
	}
}

static void
errors_say_what_and_why(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
  /* clang-format off */
		{ "", "is empty" }, { " \t ", "is empty" }, { "UTC", "'UTC' is not a word" },
		{ "CRON_TZ=UTC", "is empty" }, { "0 8 * * \x01", "column 9: the byte 0x01" },
		{ "0 8 * * *\n", "column 10: the byte 0x0a" }, { "\xc3\xa4", "column 1: the byte 0xc3" },
		/* The number of fields. */
		{ "0 8 * *", "has 4 fields: a cron schedule has 5 fields" }, { "5", "has 1 field: " },
		{ "0 0 0 1 1 * 2030", "column 13: '2030' is a seventh field" },
		{ "1 2 3 4 5 6 7 8", "has 8 fields" },
		/* Values. */
		{ "60 * * * *", "column 1: '60' is not a minute (0 to 59)" },
		{ "60 * * * * *", "column 1: '60' is not a second (0 to 59)" },
		{ "* 24 * * *", "column 3: '24' is not an hour (0 to 23)" },
		{ "0 0 0 * *", "column 5: '0' is not a day of the month" },
		{ "0 0 32 * *", "column 5: '32' is not a day of the month" },
		{ "0 0 * 13 *", "column 7: '13' is not a month" },
		{ "0 0 * 0 *", "column 7: '0' is not a month" },
		{ "0 0 * * 8", "column 9: '8' is not a day of the week" },
		{ "0 0 * janury *", "column 7: 'janury' is not a month (1 to 12 or jan to dec); did you mean 'january'?" },
		{ "0 0 * * tuo", "did you mean 'tue'?" },
		{ "0 0 * * Foo", "column 9: 'Foo' is not a day of the week" },
		{ "99999999999999999999 * * * *", "'99999999999999999999' is not a minute" },
		{ "0 0 * * * Foo", "column 11: 'Foo' is neither a day of the week (sun to sat) nor a time zone" },
		{ "-5 * * * *", "'-5' is not a minute" }, { "5- * * * *", "'5-' is not a minute" },
		{ "1-2-3 * * * *", "'2-3' is not a minute" }, { "1,,2 * * * *", "'1,,2' has an empty place" },
		{ ",1 * * * *", "empty place" }, { "1, * * * *", "empty place" },
		{ "? * * * *", "'?' is not a minute" }, { "0 0 ?,1 * *", "'?' is not a day of the month" },
		/* Steps. */
		{ "*/0 * * * *", "column 3: '0' is not a step" }, { "*/x * * * *", "'x' is not a step" },
		{ "*/ * * * *", "'*/' has no step" }, { "*/90 * * * *", "'90' is a larger step than the 60 values" },
		{ "0 */25 * * *", "larger step than the 24 values" }, { "0 0 * * */8", "larger step than the 7 values" },
		{ "0 0 25-5/2 * *", "'25-5/2' is ambiguous: a step over the end depends on the length of the month" },
		/* Days. */
		{ "0 0 L-31 * *", "'L-31' is not a day counted" }, { "0 0 LX * *", "'LX' is not a day counted" },
		{ "0 0 32W * *", "'32W' is not the workday" }, { "0 0 W * *", "'W' is not the workday" },
		{ "0 0 1-5W * *", "'1-5W' is not the workday" },
		{ "0 0 * * L", "'L' is ambiguous here" }, { "0 0 * * 2#6", "must have 1 to 5 or L" },
		{ "0 0 * * 2#", "must have 1 to 5 or L" }, { "0 0 * * #2", "must begin with one day of the week" },
		{ "0 0 * * 9L", "must begin with one day of the week" },
		{ "0 0 * * mon-friL", "must begin with one day of the week" },
		/* Never. */
		{ "0 0 30 2 *", "'0 0 30 2 *' can never fire: February has at most 29 days, the first day asked for is 30" },
		{ "0 0 31 2,4,6,9,11 *", "can never fire: April has at most 30 days" },
		{ "month=2 day=30", "can never fire" }, { "year=2027 month=2 day=29", "can never fire" },
		{ "week=53 month=6", "can never fire" }, { "0 0 31W 2 *", "can never fire" },
		{ "1st of january week", "'week' is not a word" },
		{ "31st of february", "can never fire" }, { "30th of february at noon", "can never fire" },
		/* Nicknames. */
		{ "@reboot", "'@reboot' names no time: what runs at each start is a program with oneshot = true" },
		{ "@dayly", "'@dayly' is not a schedule; did you mean '@daily'?" }, { "@", "is not a schedule" },
		{ "@daily 5", "column 8: '5' is too much" }, { "@every", "needs a duration" },
		{ "@every 5q", "'5q' is not a duration" }, { "@every 90", "'90' needs a unit" },
		{ "@every 0s", "'0s' is not a whole number of seconds" }, { "@every 250ms", "whole number of seconds" },
		{ "@every 1.5s", "whole number of seconds" }, { "@every -1s", "is not a duration" },
		{ "@every 400d", "is more than a year" }, { "@every 1h 30min", "'30min' is too much" },
		/* Zones. */
		{ "0 8 * * * Asia/Tokio", "column 11: 'Asia/Tokio' is not a time zone in the system's database; did you mean 'Asia/Tokyo'?" },
		{ "CRON_TZ=../../etc/passwd 0 8 * * *", "column 9: '../../etc/passwd' is not a time zone name" },
		{ "TZ=/etc/passwd 0 8 * * *", "column 4: '/etc/passwd' is not a time zone name" },
		{ "TZ= 0 8 * * *", "where a time zone should" }, { "CRON_TZ=Foo 0 8 * * *", "'Foo' is not a time zone in" },
		{ "TZ=UTC 0 8 * * * Asia/Tokyo", "'Asia/Tokyo' is a second time zone" },
		{ "0 8 * * * UTC Asia/Tokyo", "'UTC' is a second time zone" },
		{ "hour=8 timezone=UTC UTC", "is a second time zone" },
		{ "every day at 9am utc", "did you mean 'UTC'?" },
		/* Plain words. */
		{ "evry day", "column 1: 'evry' is not a word of schedules; did you mean 'every'?" },
		{ "every dya", "'dya' is not a unit or a day; did you mean 'day'?" },
		{ "every mondya", "did you mean 'monday'?" }, { "every day at 9", "'9' is ambiguous as a time: write 9am, 9pm or 09:00" },
		{ "every day at 17", "write 17:00" }, { "every day at 13pm", "am and pm go with 1 to 12" },
		{ "every day at 0am", "am and pm go with 1 to 12" }, { "every day at 25:00", "'25:00' is not a time of day" },
		{ "every day at 9:60", "is not a time of day" }, { "every day at 1:2:3:4", "is not a time of day" },
		{ "every day at", "ends where a time should follow" }, { "every", "ends where a unit or a day should follow" },
		{ "every day at lunch", "'lunch' is not a time of day" },
		{ "every other day", "'other' is ambiguous" }, { "every second monday", "'second' is ambiguous behind 'every'" },
		{ "every 2 days", "leave open with which day to begin" }, { "every 2 weeks", "with which week" },
		{ "every 2 years", "with which year" }, { "every 5 months", "do not fit into a year" },
		{ "every 0 minutes", "'0' is not a number from 1 on" }, { "every 30", "'30' needs a unit" },
		{ "every 30 mondays", "needs a unit" }, { "every day every hour", "says a second time how often" },
		{ "every day on monday", "contradicts the days" }, { "daily on the 1st", "contradicts the days" },
		{ "every hour at 9am", "is a time of day beside a rate" }, { "every 5 minutes at noon", "beside a rate" },
		{ "every day at minute 5", "is a minute of no hour" }, { "every 5 minutes at minute 5", "is a minute beside a rate" },
		{ "every hour at minute 60", "'60' stands where a minute" }, { "every day from 9am to 5pm", "goes with every so many" },
		{ "every 15 minutes from 5pm to 9am on mondays", "span over midnight" },
		{ "every 15 minutes from 9am to 9am", "without length" }, { "every 3 hours from 9am to 10am", "longer than the span" },
		{ "every 15 minutes from 9am", "ends where 'to' and a time should" }, { "every 10 seconds from 9am to 5pm", "rate in seconds" },
		{ "every 7 minutes on monday", "does not divide the day evenly" },
		{ "1st of month on monday", "which is ambiguous: '0 0 1 * mon' is either" },
		{ "monday and 2nd friday of month", "write two schedules" },
		{ "6th monday of month", "at most five of each" }, { "2nd weekday of month", "only the first and the last weekday" },
		{ "last of month", "'of' stands where 'day'" }, { "every january", "names a month, but no day" },
		{ "every year in june", "needs a month and a day" }, { "every month on monday", "comes four or five times a month" },
		{ "every month in june", "contradicts the months" }, { "32nd of month", "'32nd' is not a word" },
		{ "january 1", "'1' is a bare number" }, { "every day at 9:00:01 and 9:00:02", "different seconds" },
		{ "every day at 9am and", "ends where more should follow" }, { "monday to", "a day of the week should follow" },
		{ "the", "ends where more" }, { "on", "ends where more" }, { "of month", "names neither a time nor a day" },
		/* Keyed fields. */
		{ "day_of_week=0", "column 13: '0' is ambiguous as day_of_week: cron counts from Sunday as 0, APScheduler from Monday" },
		{ "day_of_week=mon-4", "'4' is ambiguous" }, { "day_of_week=*/2", "'*' with a step is ambiguous" },
		{ "hour=8 minutes=5", "column 8: 'minutes' is not a field of a keyed schedule; did you mean 'minute'?" },
		{ "hour=8 9", "column 8: '9' is not NAME=VALUE" }, { "hour=", "has no value" }, { "=5", "is not a field" },
		{ "hour=8 hour=9", "was given before" }, { "hour=24", "column 6: '24' is not an hour" },
		{ "year=1969", "is not a year (1970 to 9999)" }, { "year=2030-2020", "ends before it begins" },
		{ "week=54", "is not a week of the year" }, { "day='last foo'", "does not begin a day" },
		{ "day='last fri' day_of_week=mon", "give one of them" }, { "day='6th fri'", "does not begin a day" },
		{ "day='last fri", "'fri' is not NAME=VALUE" },
		{ "year=1970,1972,1974,1976,1978,1980,1982,1984,1986,1988,1990,1992,1994,1996,1998,2000,2002", "too many" },
  /* clang-format on */
	};
	char err[SCHEDULE_ERROR_MAX];
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct schedule *schedule = schedule_parse(bad[i].text, "UTC", err, sizeof(err));

		if (schedule == NULL && strstr(err, bad[i].says) != NULL)
			continue;
		print_error("'%s': %s\n", bad[i].text, schedule != NULL ? "was taken" : err);
		schedule_free(schedule);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void
the_default_zone_must_exist_too(void **state)
{
	char err[SCHEDULE_ERROR_MAX];
	struct schedule *schedule;

	(void)state;
	assert_null(schedule_parse("@daily", "Nowhere/At_All", err, sizeof(err)));
	assert_non_null(strstr(err, "'Nowhere/At_All' is not a time zone"));
	assert_int_equal(schedule_zone_check("Europe/Berln", err, sizeof(err)), -1);
	assert_int_equal(schedule_zone_check("Europe/Berlin", err, sizeof(err)), 0);
	schedule = schedule_parse("@daily Asia/Tokyo", "Nowhere/At_All", err, sizeof(err));
	assert_non_null(schedule);
	assert_string_equal(schedule_zone(schedule), "Asia/Tokyo");
	schedule_free(schedule);
	schedule_free(NULL);
}

static void
long_texts_are_refused_and_errors_stay_short(void **state)
{
	char text[2000], err[SCHEDULE_ERROR_MAX], tiny[8];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(schedule_parse(text, "UTC", err, sizeof(err)));
	assert_non_null(strstr(err, "too long"));
	text[900] = '\0';
	assert_null(schedule_parse(text, "UTC", err, sizeof(err)));
	assert_non_null(strstr(err, "xxx...' is not a word"));
	assert_null(schedule_parse(text, "UTC", tiny, sizeof(tiny)));
	assert_int_equal(strlen(tiny), sizeof(tiny) - 1);
	for (size_t i = 0; i < 900; i += 2)
		text[i] = ' ';
	assert_null(schedule_parse(text, "UTC", err, sizeof(err)));
	assert_non_null(strstr(err, "one word too many"));
}

static void
schedules_are_described_for_people(void **state)
{
	static const struct {
		const char *text, *description;
	} examples[] = {
  /* clang-format off */
		{ "0 9 * * * America/Bogota", "every day at 09:00 America/Bogota" },
		{ "30 0 9,17 * * *", "every day at 09:00:30 and 17:00:30 UTC" },
		{ "0 0 * * sun", "at 00:00 on Sunday UTC" },
		{ "0 18 * * 1-5", "at 18:00 on Monday to Friday UTC" },
		{ "0 18 * * fri-sun", "at 18:00 on Friday to Sunday UTC" },
		{ "*/10 * * * * Asia/Tokyo", "every 10 minutes Asia/Tokyo" },
		{ "* * * * *", "every minute UTC" }, { "* * * * * *", "every second UTC" },
		{ "*/20 * * * * *", "every 20 seconds UTC" },
		{ "0 * * * *", "every hour UTC" }, { "0 */2 * * *", "every 2 hours UTC" },
		{ "12 * * * *", "at minute 12 of every hour UTC" },
		{ "5,35 */2 * * *", "at minutes 5 and 35 of every 2 hours UTC" },
		{ "*/5 9-17 * * 1-5", "every 5 minutes of hours 9 to 17 on Monday to Friday UTC" },
		{ "every 15 minutes from 9am to 5pm", "every 15 minutes from 09:00 to 17:00 UTC" },
		{ "every 10 minutes from 10pm to 2am", "every 10 minutes from 22:00 to 02:00 UTC" },
		{ "every 90 minutes", "every 90 minutes UTC" }, { "@every 90min", "every 1h30min UTC" },
		{ "0 0 1,15,L * *", "at 00:00 on days 1 and 15 and the last day of the month UTC" },
		{ "0 0 29 2 *", "at 00:00 on day 29 of February UTC" },
		{ "0 0 * 1,7 mon#1", "at 00:00 on the first Monday of January and July UTC" },
		{ "0 0 13 * fri", "at 00:00 on day 13 of the month or on Friday UTC" },
		{ "day=13 day_of_week=fri", "at 00:00 on day 13 of the month if it is Friday UTC" },
		{ "0 0 LW * *", "at 00:00 on the last weekday of the month UTC" },
		{ "year=2030 week=10 day_of_week=mon hour=9", "at 09:00 on Monday in week 10 in 2030 UTC" },
		{ "0 9 * 6-8 *", "every day at 09:00 in June to August UTC" },
  /* clang-format on */
	};
	char description[SCHEDULE_DESCRIBE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct schedule *schedule = parse_or_fail(examples[i].text, "UTC");

		assert_string_equal(schedule_describe(schedule, description, sizeof(description)),
		    examples[i].description);
		schedule_free(schedule);
	}
}

static void
times_are_written_with_their_offset(void **state)
{
	struct schedule *schedule = parse_or_fail("@daily Asia/Kathmandu", "UTC");
	char text[SCHEDULE_FORMAT_MAX];

	(void)state;
	assert_string_equal(
	    schedule_format(schedule, time_or_fail("2026-11-22T18:15:00Z"), text, sizeof(text)),
	    "2026-11-23T00:00:00+05:45");
	assert_string_equal(
	    schedule_format(schedule, time_or_fail("2026-11-22T18:15:00.25Z"), text, sizeof(text)),
	    "2026-11-23T00:00:00.250000+05:45");
	schedule_free(schedule);
	schedule = parse_or_fail("@daily America/St_Johns", "UTC");
	assert_string_equal(
	    schedule_format(schedule, time_or_fail("2026-07-01T00:00:00Z"), text, sizeof(text)),
	    "2026-06-30T21:30:00-02:30");
	schedule_free(schedule);
}

static void
words_stand_in_the_order_of_their_enums(void **state)
{
	(void)state;
	assert_string_equal(dst_gap_words[DST_GAP_AFTER], "after");
	assert_string_equal(dst_gap_words[DST_GAP_SKIP], "skip");
	assert_null(dst_gap_words[DST_GAP_SKIP + 1]);
	assert_string_equal(dst_overlap_words[DST_OVERLAP_FIRST], "first");
	assert_string_equal(dst_overlap_words[DST_OVERLAP_SECOND], "second");
	assert_string_equal(dst_overlap_words[DST_OVERLAP_BOTH], "both");
	assert_null(dst_overlap_words[DST_OVERLAP_BOTH + 1]);
	assert_string_equal(schedule_effect_text(SCHEDULE_EFFECT_NONE), "");
	assert_non_null(strstr(schedule_effect_text(SCHEDULE_EFFECT_MOVED), "skipped"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_written_in_many_ways),
		cmocka_unit_test(dates_are_as_the_calendar_has_them),
		cmocka_unit_test(errors_say_what_and_why),
		cmocka_unit_test(the_default_zone_must_exist_too),
		cmocka_unit_test(long_texts_are_refused_and_errors_stay_short),
		cmocka_unit_test(schedules_are_described_for_people),
		cmocka_unit_test(times_are_written_with_their_offset),
		cmocka_unit_test(words_stand_in_the_order_of_their_enums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
