#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/calendar.h"
#include "jobd-scheduler/routine.h"
#include "queue_setup.h"

static char why[QUEUE_WHY_MAX];
static struct calendar *calendar;

static int
setup(void **state)
{
	if (queue_setup_sqlite(state) == -1 || (calendar = calendar_new(&queue)) == NULL)
		return -1;
	DO(calendar_load(calendar));
	return 0;
}

static int
teardown(void **state)
{
	calendar_free(calendar);
	return queue_teardown(state);
}

static struct routine
digest(const char *name, const char *frequency, int64_t day, const char *month_end)
{
	struct routine routine;

	routine_init(&routine);
	routine.name = name;
	routine.job = "Digest";
	routine.args = "[{\"user\":9007199254740993}]";
	routine.frequency = frequency;
	routine.time = "09:30";
	routine.day = day;
	routine.month_end = month_end;
	routine.timezone = "UTC";
	routine.catch_up = CONF_CATCH_UP_ONCE;
	return routine;
}

static const char *
next_five(struct routine routine, const char *from)
{
	static char text[400];
	char error[ROUTINE_ERROR_MAX] = "", when[WALLTIME_TEXT_MAX];
	struct timetable *timetable;
	struct walltime at;
	const char *errstr;

	assert_int_equal(routine_complete(&routine, error), 0);
	assert_int_equal(walltime_parse(from, &at, &errstr), 0);
	timetable = timetable_new(&routine, "UTC", error);
	assert_string_equal(error, "");
	assert_non_null(timetable);
	text[0] = '\0';
	for (int i = 0; i < 5; i++) {
		assert_int_equal(timetable_next(timetable, at, &at), 0);
		strlcat(text, walltime_format(at, when, sizeof(when)), sizeof(text));
		strlcat(text, " ", sizeof(text));
	}
	timetable_free(timetable);
	routine_clear(&routine);
	return text;
}

static void
short_months_have_a_rule(void **state)
{
	(void)state;
	assert_string_equal(next_five(digest("a", "monthly", 30, "last"), "2027-12-31T00:00:00Z"),
	    "2028-01-30T09:30:00Z 2028-02-29T09:30:00Z 2028-03-30T09:30:00Z 2028-04-30T09:30:00Z "
	    "2028-05-30T09:30:00Z ");
	assert_string_equal(next_five(digest("a", "monthly", 29, "last"), "2026-12-31T00:00:00Z"),
	    "2027-01-29T09:30:00Z 2027-02-28T09:30:00Z 2027-03-29T09:30:00Z 2027-04-29T09:30:00Z "
	    "2027-05-29T09:30:00Z ");
	assert_string_equal(next_five(digest("a", "monthly", 31, "last"), "2026-12-31T23:00:00Z"),
	    "2027-01-31T09:30:00Z 2027-02-28T09:30:00Z 2027-03-31T09:30:00Z 2027-04-30T09:30:00Z "
	    "2027-05-31T09:30:00Z ");
	assert_string_equal(next_five(digest("a", "monthly", 31, "skip"), "2026-12-31T23:00:00Z"),
	    "2027-01-31T09:30:00Z 2027-03-31T09:30:00Z 2027-05-31T09:30:00Z 2027-07-31T09:30:00Z "
	    "2027-08-31T09:30:00Z ");
}

static void
weeks_begin_on_monday(void **state)
{
	(void)state;
	assert_string_equal(next_five(digest("a", "weekly", 1, ""), "2026-11-22T00:00:00Z"),
	    "2026-11-23T09:30:00Z 2026-11-30T09:30:00Z 2026-12-07T09:30:00Z 2026-12-14T09:30:00Z "
	    "2026-12-21T09:30:00Z ");
	assert_string_equal(next_five(digest("a", "weekly", 7, ""), "2026-11-22T00:00:00Z"),
	    "2026-11-22T09:30:00Z 2026-11-29T09:30:00Z 2026-12-06T09:30:00Z 2026-12-13T09:30:00Z "
	    "2026-12-20T09:30:00Z ");
	assert_string_equal(next_five(digest("a", "daily", 0, ""), "2026-11-22T09:30:00Z"),
	    "2026-11-23T09:30:00Z 2026-11-24T09:30:00Z 2026-11-25T09:30:00Z 2026-11-26T09:30:00Z "
	    "2026-11-27T09:30:00Z ");
}

static void
nonsense_is_refused_in_words(void **state)
{
	static const struct {
		const char *frequency, *time, *month_end, *zone, *word;
		int64_t day;
	} rows[] = {
		{"hourly",   "09:30",  "",      "UTC",       "frequency", 0},
		{ "daily",   "25:00",  "",      "UTC",       "time is",   0},
		{ "daily",   "9",      "",      "UTC",       "time is",   0},
		{ "daily",   "09:30x", "",      "UTC",       "time is",   0},
		{ "weekly",  "09:30",  "",      "UTC",       "frequency", 8},
		{ "monthly", "09:30",  "",      "UTC",       "frequency", 0},
		{ "monthly", "09:30",  "first", "UTC",       "month_end", 1},
		{ "daily",   "09:30",  "",      "Mars/Base", "Mars",      0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct routine routine =
		    digest("a", rows[i].frequency, rows[i].day, rows[i].month_end);

		routine.time = rows[i].time;
		routine.timezone = rows[i].zone;
		assert_int_equal(calendar_set_routine(calendar, &routine, why), QUEUE_REFUSED);
		assert_non_null(strstr(why, rows[i].word));
		routine_clear(&routine);
	}
}

static const char *
fetch(void)
{
	static const char *const queues[] = { "default" };
	static char args[200];
	struct job job;

	if (queue_take(&queue, "w1", false, queues, 1, &job) != STORE_OK)
		return "";
	snprintf(args, sizeof(args), "%s %lld", job.args, (long long)job.due_at.us);
	job_clear(&job);
	return args;
}

static void
set(struct routine routine)
{
	assert_int_equal(calendar_set_routine(calendar, &routine, why), QUEUE_OK);
	routine_clear(&routine);
}

static void
it_pushes_its_job_once_a_tick(void **state)
{
	char expected[100];

	(void)state;
	set(digest("user-1", "daily", 0, ""));
	assert_int_equal(calendar_next_fire(calendar).us, MIDNIGHT + 9 * HOUR + 30 * MINUTE);
	DO(calendar_advance(calendar));
	assert_string_equal(fetch(), "");
	queue.now.us = MIDNIGHT + 9 * HOUR + 30 * MINUTE;
	DO(calendar_advance(calendar));
	DO(calendar_advance(calendar));
	snprintf(expected, sizeof(expected), "[{\"user\":9007199254740993}] %lld",
	    (long long)queue.now.us);
	assert_string_equal(fetch(), expected);
	assert_string_equal(fetch(), "");
	/* Nobody was there for three days: once is enough. */
	queue.now.us += 3 * DAY + HOUR;
	DO(calendar_load(calendar));
	DO(calendar_advance(calendar));
	assert_string_not_equal(fetch(), "");
	assert_string_equal(fetch(), "");
	assert_int_equal(
	    calendar_next_fire(calendar).us, MIDNIGHT + 4 * DAY + 9 * HOUR + 30 * MINUTE);
}

static void
a_pause_is_not_made_up_for(void **state)
{
	(void)state;
	set(digest("user-1", "daily", 0, ""));
	assert_int_equal(calendar_pause_routine(calendar, "user-1", true), QUEUE_OK);
	assert_false(walltime_is_set(calendar_next_fire(calendar)));
	queue.now.us += 2 * DAY;
	DO(calendar_advance(calendar));
	assert_int_equal(calendar_pause_routine(calendar, "user-1", false), QUEUE_OK);
	DO(calendar_advance(calendar));
	assert_string_equal(fetch(), "");
	assert_int_equal(
	    calendar_next_fire(calendar).us, MIDNIGHT + 2 * DAY + 9 * HOUR + 30 * MINUTE);
	assert_int_equal(calendar_delete_routine(calendar, "user-1"), QUEUE_OK);
	assert_false(walltime_is_set(calendar_next_fire(calendar)));
	assert_int_equal(calendar_delete_routine(calendar, "user-1"), QUEUE_NO_JOB);
}

static bool
collect_name(void *arg, const struct routine *routine)
{
	strlcat(arg, routine->name, 200);
	strlcat(arg, " ", 200);
	return true;
}

static void
pages_are_by_name(void **state)
{
	struct routine_filter filter = { .enabled = -1, .limit = 2 };
	struct routine tagged = digest("user-3", "daily", 0, "");
	struct store *store = queue.store;
	char text[200] = "";

	(void)state;
	tagged.tags = "[\"vip\"]";
	set(tagged);
	set(digest("user-1", "daily", 0, ""));
	set(digest("user-2", "weekly", 3, ""));
	DO(store->ops->routine_list(store, &filter, collect_name, text));
	assert_string_equal(text, "user-1 user-2 ");
	filter.after = "user-2";
	DO(store->ops->routine_list(store, &filter, collect_name, text));
	assert_string_equal(text, "user-1 user-2 user-3 ");
	text[0] = '\0';
	filter = (struct routine_filter){ .enabled = 1, .tag = "vip", .job = "Digest", .limit = 9 };
	DO(store->ops->routine_list(store, &filter, collect_name, text));
	assert_string_equal(text, "user-3 ");
}

static bool
collect_tick(void *arg, const struct tick_record *tick)
{
	char text[60];

	snprintf(text, sizeof(text), "%lld%s%s%s ",
	    (long long)((tick->due_at.us - MIDNIGHT) / HOUR), tick->ran ? "" : ":", tick->reason,
	    tick->jid[0] != '\0' ? "*" : "");
	strlcat(arg, text, 400);
	return true;
}

static const char *
ticks_of(const char *name)
{
	static char text[400];

	text[0] = '\0';
	DO(queue.store->ops->routine_tick_list(queue.store, name, 100, collect_tick, text));
	return text;
}

static void
set_hourly(const char *name)
{
	struct routine routine = digest(name, "", 0, "");

	routine.schedule = "0 * * * *";
	routine.time = "";
	set(routine);
}

static void
its_ticks_are_recorded(void **state)
{
	struct tick_record last;
	bool found;

	(void)state;
	set_hourly("user-1");
	DO(calendar_last_of_routine(calendar, "user-1", &last, &found));
	assert_false(found);
	queue.now.us = MIDNIGHT + HOUR;
	DO(calendar_advance(calendar));
	queue.now.us = MIDNIGHT + 3 * HOUR + SEC;
	DO(calendar_advance(calendar));
	assert_string_equal(ticks_of("user-1"), "3* 2:superseded 1* ");
	DO(calendar_last_of_routine(calendar, "user-1", &last, &found));
	assert_true(found && last.ran);
	assert_int_equal(last.late_us, SEC);
	assert_int_equal(state_of(last.jid), JOB_READY);
	assert_int_equal(calendar_delete_routine(calendar, "user-1"), QUEUE_OK);
	assert_string_equal(ticks_of("user-1"), "");
}

static void
what_does_not_run_says_why(void **state)
{
	struct conf_job *type = type_add(0, "Digest", "");

	(void)state;
	set_hourly("user-1");
	type->enabled = false;
	queue.now.us = MIDNIGHT + HOUR;
	DO(calendar_advance(calendar));
	type->enabled = true;
	type->unique_for_ms = 24 * 3600 * 1000;
	queue.now.us = MIDNIGHT + 2 * HOUR;
	DO(calendar_advance(calendar));
	queue.now.us = MIDNIGHT + 3 * HOUR;
	DO(calendar_advance(calendar));
	assert_string_equal(ticks_of("user-1"), "3:refused 2* 1:disabled ");
}

static void
what_only_a_person_may_run_has_no_schedule(void **state)
{
	struct conf_job *type = type_add(0, "Digest", "");
	struct routine routine = digest("user-2", "daily", 0, "");

	(void)state;
	set_hourly("user-1");
	type->manual_only = true;
	assert_int_equal(calendar_set_routine(calendar, &routine, why), QUEUE_REFUSED);
	assert_non_null(strstr(why, "manual_only"));
	routine_clear(&routine);
	queue.now.us = MIDNIGHT + HOUR;
	DO(calendar_advance(calendar));
	assert_string_equal(ticks_of("user-1"), "1:disabled ");
}

/* The runner does not ask for jobs of any queue. */
static void
a_queue_that_the_runner_does_not_know_is_none(void **state)
{
	struct tick_record last;
	struct routine routine = digest("user-1", "daily", 0, "");
	struct job job;
	bool found;

	(void)state;
	type_add(0, "Digest", "");
	routine.queue = "elsewhere";
	set(routine);
	queue.now.us = MIDNIGHT + 10 * HOUR;
	DO(calendar_advance(calendar));
	DO(calendar_last_of_routine(calendar, "user-1", &last, &found));
	assert_true(found && last.ran);
	job = job_of(last.jid);
	assert_string_equal(job.queue, "default");
	job_clear(&job);
}

/* A hundred thousand schedules have a few records each, also of minutely ones. */
static void
records_are_few(void **state)
{
	struct tick_record last;
	bool found;
	int count = 0;

	(void)state;
	set_hourly("user-1");
	for (int i = 1; i <= 60; i++) {
		queue.now.us = MIDNIGHT + i * HOUR;
		DO(calendar_advance(calendar));
	}
	for (const char *at = ticks_of("user-1"); (at = strchr(at, ' ')) != NULL; at++)
		count++;
	assert_int_equal(count, 20);
	DO(calendar_last_of_routine(calendar, "user-1", &last, &found));
	assert_int_equal(last.due_at.us, MIDNIGHT + 60 * HOUR);
}

static void
a_clock_that_was_set_back_repeats_nothing(void **state)
{
	(void)state;
	set_hourly("user-1");
	for (int i = 1; i <= 3; i++) {
		queue.now.us = MIDNIGHT + i * HOUR;
		DO(calendar_advance(calendar));
	}
	while (fetch()[0] != '\0')
		continue;
	/* It goes on from now, not from where it was. */
	queue.now.us = MIDNIGHT + HOUR + MINUTE;
	DO(calendar_check_clock(calendar));
	DO(calendar_advance(calendar));
	assert_int_equal(calendar_next_fire(calendar).us, MIDNIGHT + 2 * HOUR);
	for (int i = 2; i <= 3; i++) {
		queue.now.us = MIDNIGHT + i * HOUR;
		DO(calendar_advance(calendar));
	}
	assert_string_equal(fetch(), "");
	queue.now.us = MIDNIGHT + 4 * HOUR;
	DO(calendar_advance(calendar));
	assert_string_not_equal(fetch(), "");
	assert_string_equal(ticks_of("user-1"), "4* 3* 2* 1* ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(short_months_have_a_rule),
		TEST(weeks_begin_on_monday),
		TEST(nonsense_is_refused_in_words),
		TEST(it_pushes_its_job_once_a_tick),
		TEST(a_pause_is_not_made_up_for),
		TEST(pages_are_by_name),
		TEST(its_ticks_are_recorded),
		TEST(what_does_not_run_says_why),
		TEST(what_only_a_person_may_run_has_no_schedule),
		TEST(a_queue_that_the_runner_does_not_know_is_none),
		TEST(records_are_few),
		TEST(a_clock_that_was_set_back_repeats_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
