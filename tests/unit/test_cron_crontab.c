/*
 * Lines for crontab(5): examples, and the law that they have the times of their schedule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cron/crontab.h"
#include "cron_or_fail.h"

#define TIMES_COMPARED 600
#define LINES_MAX      24

/* What is expected: lines joined by "; ", behind "UTC " or "about " where that is so, or a reason.
 */
static const struct example {
	const char *schedule, *expected;
} examples[] = {
  /* clang-format off */
	{ "0 8 * * *", "0 8 * * *" },
	{ "*/15 9-17 * * mon-fri", "*/15 9-17 * * 1-5" },
	{ "@weekly", "0 0 * * 0" },
	{ "@yearly", "0 0 1 1 *" },
	{ "every weekday at 6pm", "0 18 * * 1-5" },
	{ "every 30 minutes", "*/30 * * * *" },
	{ "every 2 hours", "0 */2 * * *" },
	{ "every hour at minute 12", "12 * * * *" },
	{ "at 9am and 5:30pm", "0 9 * * *; 30 17 * * *" },
	{ "at 9am and 5pm", "0 9,17 * * *" },
	{ "every 15 minutes from 9am to 10am", "*/15 9 * * *; 0 10 * * *" },
	{ "every 90 minutes", "about 0 */3 * * *; 30 1-22/3 * * *" },
	{ "1st of month at midnight", "0 0 1 * *" },
	{ "every 3 months", "0 0 1 */3 *" },
	{ "mondays and fridays at 17:30", "30 17 * * 1,5" },
	{ "hour=8 minute=0 day_of_week=sun", "0 8 * * 0" },
	{ "0 8-20/4 * * *", "0 8-20/4 * * *" },
	{ "0 0-23 * * *", "0 0-23 * * *" },
	{ "0 0 13 * fri", "0 0 13 * 5" },
	{ "0 0 1-31/2 * fri", "0 0 1-31/2 * 5" },
	{ "0 0 */2 * mon", "0 0 */2 * 1" },
	{ "0 0 1-31 * mon", "0 0 * * *" },
	{ "0 0 1,2,3,9 * *", "0 0 1-3,9 * *" },
	{ "0 0 * * fri-mon", "0 0 * * 0-1,5-6" },
	{ "day=13 day_of_week=fri", "cron takes a day of the month or a day of the week, not both at once" },
	{ "30 0 9 * * mon", "cron has no seconds" },
	{ "every 20 seconds", "cron has no seconds" },
	{ "@every 90s", "cron has no seconds" },
	{ "@every 7min", "it counts through, and cron begins anew each hour and each day" },
	{ "@every 2d", "it counts through, and cron begins anew each hour and each day" },
	{ "@every 5min", "*/5 * * * *" },
	{ "@every 1h", "UTC 0 * * * *" },
	{ "@every 90min", "UTC 0 */3 * * *; 30 1-22/3 * * *" },
	{ "@every 1d", "UTC 0 0 * * *" },
	{ "last friday of month at 5pm", "cron does not count the days of the week in a month" },
	{ "0 3 L * *", "cron does not know the last days of a month" },
	{ "0 9 1W * *", "cron does not know the nearest working day" },
	{ "year=2030", "cron has no years" },
	{ "week=7", "cron has no weeks of the year" },
  /* clang-format on */
};

static void
write_result(const struct crontab_lines *lines, char *buf, size_t size)
{
	size_t used = (size_t)snprintf(buf, size, "%s%s", lines->is_utc ? "UTC " : "",
	    lines->differs_by_clock_change ? "about " : "");

	for (const char *at = lines->text; *at != '\0' && used < size;) {
		size_t len = strcspn(at, "\n");

		used += (size_t)snprintf(buf + used, size - used, "%.*s%s", (int)len, at,
		    at[len + 1] == '\0' ? "" : "; ");
		at += len + 1;
	}
}

static void
schedules_as_crontab_lines(void **state)
{
	static struct crontab_lines lines;
	char result[1024];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct schedule *schedule = parse_or_fail(examples[i].schedule, "UTC");

		if (crontab_of_schedule(schedule, &lines, &why) == 0)
			write_result(&lines, result, sizeof(result));
		else
			snprintf(result, sizeof(result), "%s", why);
		if (strcmp(result, examples[i].expected) != 0)
			fail_msg("'%s' is '%s', not '%s'", examples[i].schedule, result,
			    examples[i].expected);
		schedule_free(schedule);
	}
}

/* The first time of any of the lines behind `after`. */
static struct walltime
next_of(struct schedule *const *lines, size_t count, struct walltime after)
{
	struct walltime first = { INT64_MAX }, next;

	for (size_t i = 0; i < count; i++)
		if (schedule_next(lines[i], after, NULL, &next, NULL) == 0 && next.us < first.us)
			first = next;
	return first;
}

static void
compare_times(const char *text, const char *zone)
{
	static struct crontab_lines lines;
	struct schedule *schedule = parse_or_fail(text, zone), *parsed[LINES_MAX];
	struct walltime at = { INT64_C(1793000000) * CLOCK_US_PER_SEC }, ours, theirs;
	char *line, *rest = lines.text;
	size_t count = 0;
	const char *why;

	if (crontab_of_schedule(schedule, &lines, &why) == -1) {
		schedule_free(schedule);
		return;
	}
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		parsed[count++] = parse_or_fail(line, lines.is_utc ? "UTC" : zone);
	assert_int_equal(count, lines.count);
	for (int i = 0; i < TIMES_COMPARED && !lines.differs_by_clock_change; i++) {
		assert_int_equal(schedule_next(schedule, at, NULL, &ours, NULL), 0);
		theirs = next_of(parsed, count, at);
		if (ours.us != theirs.us)
			fail_msg("'%s' in %s: after %lld comes %lld, not %lld", text, zone,
			    (long long)at.us, (long long)ours.us, (long long)theirs.us);
		at = ours;
	}
	while (count > 0)
		schedule_free(parsed[--count]);
	schedule_free(schedule);
}

/* Over the clock changes of 2026 on for what runs each day, and over 28 days at least for all. */
static void
lines_have_the_times_of_their_schedule(void **state)
{
	static const char *const zones[] = { "UTC", "America/New_York", "Asia/Kolkata",
		"Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana" };

	(void)state;
	for (size_t zone = 0; zone < sizeof(zones) / sizeof(zones[0]); zone++)
		for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
			compare_times(examples[i].schedule, zones[zone]);
}

/* The longest lines that there are: every other minute, hour and day, other minutes each hour. */
static void
the_longest_text_fits(void **state)
{
	static struct crontab_lines lines;
	struct schedule *schedule = parse_or_fail(
	    "1,3,6,8,11,13,16,18,21,23,26,28,31,33,36,38,41,43,46,48,51,53,56,58 "
	    "0,2,5,7,10,12,15,17,20,22 1,3,6,8,11,13,16,18,21,23,26,28,31 1,3,6,8,11 0,2,5",
	    "UTC");
	const char *why;

	(void)state;
	assert_int_equal(crontab_of_schedule(schedule, &lines, &why), 0);
	assert_true(strlen(lines.text) * 24 < CRONTAB_TEXT_MAX);
	schedule_free(schedule);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schedules_as_crontab_lines),
		cmocka_unit_test(lines_have_the_times_of_their_schedule),
		cmocka_unit_test(the_longest_text_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
