/* The calendar over the store in memory, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/calendar.h"
#include "queue_setup.h"

static struct calendar *calendar;

static int
setup(void **state)
{
	if (queue_setup(state) == -1 || (calendar = calendar_new(&queue)) == NULL)
		return -1;
	return 0;
}

static int
teardown(void **state)
{
	calendar_free(calendar);
	return queue_teardown(state);
}

/* The clock goes on to this time, and everything that is due until then is done when it is due. */
static void
live_until(int64_t us)
{
	struct walltime next;

	while (walltime_is_set(next = calendar_next_fire(calendar)) && next.us <= us) {
		if (next.us > queue.now.us)
			queue.now = next;
		DO(calendar_advance(calendar));
		DO(queue.store->ops->commit(queue.store));
	}
	queue.now.us = us;
}

/* Nobody was there until this time; then everything that is due is done. */
static void
sleep_until(int64_t us)
{
	struct walltime next;

	queue.now.us = us;
	while (walltime_is_set(next = calendar_next_fire(calendar)) && next.us <= us)
		DO(calendar_advance(calendar));
	DO(queue.store->ops->commit(queue.store));
}

/* As after a restart. */
static void
load(void)
{
	DO(calendar_load(calendar));
	DO(queue.store->ops->commit(queue.store));
}

static void
finish_all(void)
{
	const char *jid;

	while (*(jid = take("w1")) != '\0')
		end_job(jid, "w1", "exit", 0);
}

struct tally {
	int ran, skipped;
	char last_reason[16];
	int64_t last_due;
};

static bool
tally_tick(void *arg, const struct tick_record *tick)
{
	struct tally *tally = arg;

	if (tally->ran + tally->skipped == 0) {
		snprintf(tally->last_reason, sizeof(tally->last_reason), "%s", tick->reason);
		tally->last_due = tick->due_at.us;
	}
	if (tick->ran)
		tally->ran++;
	else
		tally->skipped++;
	return true;
}

static struct tally
tally_of(const char *name)
{
	struct tally tally = { 0, 0, "", 0 };

	DO(queue.store->ops->tick_list(queue.store, name, 100000, tally_tick, &tally));
	return tally;
}

static void
assert_ticks(const char *name, int ran, int skipped)
{
	struct tally tally = tally_of(name);

	assert_int_equal(tally.ran, ran);
	assert_int_equal(tally.skipped, skipped);
}

/* Every tick that ran has one job. */
static void
assert_one_job_a_tick(const char *name)
{
	int64_t counts[JOB_STATE_COUNT], total = 0;

	DO(queue.store->ops->job_count(queue.store, NULL, counts));
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		total += counts[i];
	assert_int_equal(total, tally_of(name).ran);
}

static void
a_day_of_ticks(void **state)
{
	struct conf_job *type = type_add(0, "hourly", "0 * * * *");

	(void)state;
	type->overlap = CONF_OVERLAP_PARALLEL;
	load();
	live_until(MIDNIGHT + DAY);
	assert_ticks("hourly", 24, 0);
	assert_one_job_a_tick("hourly");
}

static void
a_new_schedule_starts_now(void **state)
{
	(void)state;
	type_add(0, "hourly", "0 * * * *")->catch_up = CONF_CATCH_UP_ALL;
	queue.now.us = MIDNIGHT + 12 * HOUR + 30 * MINUTE;
	load();
	assert_int_equal(calendar_next_fire(calendar).us, MIDNIGHT + 13 * HOUR);
	sleep_until(MIDNIGHT + 12 * HOUR + 40 * MINUTE);
	assert_ticks("hourly", 0, 0);
}

static void
a_changed_schedule_starts_now(void **state)
{
	struct conf_job *type = type_add(0, "one", "0 * * * *");

	(void)state;
	type->catch_up = CONF_CATCH_UP_ALL;
	load();
	queue.now.us = MIDNIGHT + 10 * HOUR + 30 * MINUTE;
	type->schedule = (char *)(uintptr_t) "15 * * * *";
	load();
	sleep_until(MIDNIGHT + 10 * HOUR + 45 * MINUTE);
	assert_ticks("one", 0, 0);
	sleep_until(MIDNIGHT + 11 * HOUR + 15 * MINUTE);
	assert_ticks("one", 1, 0);
}

static void
a_schedule_that_was_away_starts_now(void **state)
{
	struct conf_job *type = type_add(0, "one", "0 * * * *");

	(void)state;
	type->catch_up = CONF_CATCH_UP_ALL;
	load();
	conf.job_count = 0;
	load();
	queue.now.us = MIDNIGHT + 10 * HOUR + 30 * MINUTE;
	conf.job_count = 1;
	load();
	sleep_until(MIDNIGHT + 10 * HOUR + 45 * MINUTE);
	assert_ticks("one", 0, 0);
	type->enabled = false;
	load();
	sleep_until(MIDNIGHT + 20 * HOUR + 30 * MINUTE);
	assert_ticks("one", 0, 0);
	type->enabled = true;
	load();
	sleep_until(MIDNIGHT + 20 * HOUR + 45 * MINUTE);
	assert_ticks("one", 0, 0);
}

static void
an_unchanged_schedule_goes_on_after_a_restart(void **state)
{
	(void)state;
	type_add(0, "one", "0 * * * *");
	load();
	live_until(MIDNIGHT + HOUR);
	finish_all();
	queue.now.us = MIDNIGHT + 3 * HOUR + 30 * MINUTE;
	load();
	sleep_until(queue.now.us);
	assert_ticks("one", 2, 1);
	assert_one_job_a_tick("one");
}

/* Old records are forgotten, so it is not they alone that keep a tick from being done again. */
static void
the_cursor_is_saved_with_the_tick(void **state)
{
	struct schedule_state saved;

	(void)state;
	type_add(0, "one", "0 * * * *");
	load();
	live_until(MIDNIGHT + 2 * HOUR);
	DO(queue.store->ops->schedule_get(queue.store, "one", &saved));
	assert_int_equal(saved.cursor.us, MIDNIGHT + 2 * HOUR);
	assert_int_equal(saved.since.us, MIDNIGHT);
}

static void
catch_up_all_runs_them_one_after_the_other(void **state)
{
	struct conf_job *type = type_add(0, "one", "*/5 * * * *");
	int64_t counts[JOB_STATE_COUNT];

	(void)state;
	type->catch_up = CONF_CATCH_UP_ALL;
	load();
	sleep_until(MIDNIGHT + DAY - SEC);
	assert_ticks("one", 287, 0);
	DO(queue.store->ops->job_count(queue.store, NULL, counts));
	assert_int_equal(counts[JOB_READY], 1);
	assert_int_equal(counts[JOB_BLOCKED], 286);
	finish_all();
	DO(queue.store->ops->job_count(queue.store, NULL, counts));
	assert_int_equal(counts[JOB_DONE], 287);
	/* On time again, the rule for overlaps holds. */
	live_until(MIDNIGHT + DAY + 5 * MINUTE);
	assert_ticks("one", 288, 1);
	assert_string_equal(tally_of("one").last_reason, "overlap");
}

static void
a_tick_carries_its_job(void **state)
{
	struct conf_job *type = type_add(0, "one", "0 8 * * *");
	struct job job;

	(void)state;
	type->args = (char *)(uintptr_t) "[1,2]";
	type->priority = 8;
	load();
	live_until(MIDNIGHT + 9 * HOUR);
	job = job_of(take("w1"));
	assert_int_equal(job.due_at.us, MIDNIGHT + 8 * HOUR);
	assert_string_equal(job.args, "[1,2]");
	assert_int_equal(job.priority, 8);
	job_clear(&job);
}

/* Set back: what was done is not done again, and nothing waits for the clock to come round again.
 */
static void
a_clock_set_back_repeats_nothing(void **state)
{
	(void)state;
	type_add(0, "one", "0 * * * *")->overlap = CONF_OVERLAP_PARALLEL;
	load();
	live_until(MIDNIGHT + 6 * HOUR + 30 * MINUTE);
	assert_ticks("one", 6, 0);
	queue.now.us = MIDNIGHT + 2 * HOUR + 30 * MINUTE;
	DO(calendar_check_clock(calendar));
	live_until(MIDNIGHT + 6 * HOUR + 30 * MINUTE);
	assert_ticks("one", 6, 0);
	live_until(MIDNIGHT + 7 * HOUR);
	assert_ticks("one", 7, 0);
	assert_one_job_a_tick("one");
}

static void
a_clock_set_back_before_a_restart_repeats_nothing(void **state)
{
	(void)state;
	type_add(0, "one", "0 * * * *")->overlap = CONF_OVERLAP_PARALLEL;
	load();
	live_until(MIDNIGHT + 6 * HOUR + 30 * MINUTE);
	queue.now.us = MIDNIGHT - 364 * DAY;
	load();
	live_until(MIDNIGHT - 364 * DAY + 2 * HOUR);
	assert_ticks("one", 8, 0);
	assert_one_job_a_tick("one");
}

static void
a_clock_set_forward_follows_the_policy(void **state)
{
	struct conf_job *type = type_add(0, "one", "0 * * * *");

	(void)state;
	type->overlap = CONF_OVERLAP_PARALLEL;
	type->catch_up = CONF_CATCH_UP_SKIP;
	load();
	live_until(MIDNIGHT + HOUR);
	queue.now.us += DAY + 30 * MINUTE;
	DO(calendar_check_clock(calendar));
	sleep_until(queue.now.us);
	assert_ticks("one", 1, 24);
	assert_string_equal(tally_of("one").last_reason, "missed");
}

static void
a_paused_schedule_records_what_it_skips(void **state)
{
	(void)state;
	type_add(0, "one", "0 * * * *")->overlap = CONF_OVERLAP_PARALLEL;
	load();
	live_until(MIDNIGHT + HOUR + MINUTE);
	assert_int_equal(calendar_pause(calendar, "one", true), QUEUE_OK);
	DO(queue.store->ops->commit(queue.store));
	live_until(MIDNIGHT + 3 * HOUR + MINUTE);
	assert_ticks("one", 1, 2);
	assert_string_equal(tally_of("one").last_reason, "paused");
	/* Kept over a restart. */
	load();
	live_until(MIDNIGHT + 4 * HOUR + MINUTE);
	assert_ticks("one", 1, 3);
	assert_int_equal(calendar_pause(calendar, "one", false), QUEUE_OK);
	live_until(MIDNIGHT + 5 * HOUR + MINUTE);
	assert_ticks("one", 2, 3);
}

static void
what_was_due_before_a_pause_runs(void **state)
{
	(void)state;
	type_add(0, "one", "0 * * * *");
	load();
	queue.now.us = MIDNIGHT + HOUR + SEC;
	assert_int_equal(calendar_pause(calendar, "one", true), QUEUE_OK);
	assert_ticks("one", 1, 0);
	type_add(1, "two", "");
	load();
	assert_int_equal(calendar_pause(calendar, "two", true), QUEUE_REFUSED);
	assert_int_equal(calendar_pause(calendar, "three", true), QUEUE_NO_JOB);
}

static void
manual_only_and_unscheduled_jobs_have_no_ticks(void **state)
{
	(void)state;
	type_add(0, "manual", "0 * * * *")->manual_only = true;
	type_add(1, "plain", "");
	load();
	assert_false(walltime_is_set(calendar_next_fire(calendar)));
	sleep_until(MIDNIGHT + DAY);
	assert_ticks("manual", 0, 0);
	assert_int_equal(calendar_count(calendar), 2);
}

/* A turn that was lost has done nothing: after reading the state anew it is done, once. */
static void
a_lost_turn_is_done_again(void **state)
{
	(void)state;
	type_add(0, "one", "0 * * * *");
	load();
	queue.now.us = MIDNIGHT + HOUR;
	DO(calendar_advance(calendar));
	queue.store->ops->rollback(queue.store);
	assert_ticks("one", 0, 0);
	load();
	live_until(MIDNIGHT + HOUR);
	assert_ticks("one", 1, 0);
	assert_string_not_equal(take("w1"), "");
	assert_string_equal(take("w1"), "");
	assert_one_job_a_tick("one");
}

static void
a_skipped_hour_runs_at_the_first_instant_after(void **state)
{
	struct conf_job *type = type_add(0, "one", "30 2 * * *");
	int64_t second = INT64_C(1772928000) * SEC; /* 2026-03-08T00:00:00Z */

	(void)state;
	type->timezone = (char *)(uintptr_t) "America/New_York";
	queue.now.us = second;
	load();
	live_until(second + DAY);
	/* 02:30 does not exist on that day; 03:00 EDT is 07:00 UTC. */
	assert_ticks("one", 1, 0);
	assert_int_equal(tally_of("one").last_due, second + 7 * HOUR);
}

static void
old_records_of_ticks_are_forgotten(void **state)
{
	struct tally tally;

	(void)state;
	type_add(0, "one", "* * * * * *")->overlap = CONF_OVERLAP_PARALLEL;
	types[0].keep = 1;
	load();
	live_until(MIDNIGHT + 1500 * SEC);
	tally = tally_of("one");
	assert_in_range(tally.ran, 1000, 1100);
	assert_int_equal(tally.last_due, MIDNIGHT + 1500 * SEC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_day_of_ticks),
		TEST(a_new_schedule_starts_now),
		TEST(a_changed_schedule_starts_now),
		TEST(a_schedule_that_was_away_starts_now),
		TEST(an_unchanged_schedule_goes_on_after_a_restart),
		TEST(the_cursor_is_saved_with_the_tick),
		TEST(catch_up_all_runs_them_one_after_the_other),
		TEST(a_tick_carries_its_job),
		TEST(a_clock_set_back_repeats_nothing),
		TEST(a_clock_set_back_before_a_restart_repeats_nothing),
		TEST(a_clock_set_forward_follows_the_policy),
		TEST(a_paused_schedule_records_what_it_skips),
		TEST(what_was_due_before_a_pause_runs),
		TEST(manual_only_and_unscheduled_jobs_have_no_ticks),
		TEST(a_lost_turn_is_done_again),
		TEST(a_skipped_hour_runs_at_the_first_instant_after),
		TEST(old_records_of_ticks_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
