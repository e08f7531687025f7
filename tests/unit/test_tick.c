#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/tick.h"

#define SEC    CLOCK_US_PER_SEC
#define MINUTE (60 * SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define START  (20000 * DAY)

static struct tick ticks[3000];

/* Due at every multiple of *arg microseconds, up to the year 2200. */
static int
every(const void *arg, struct walltime after, struct walltime *next)
{
	int64_t period = *(const int64_t *)arg;

	next->us = (after.us / period + 1) * period;
	return next->us < 84000 * DAY ? 0 : -1;
}

static struct tick_rules
rules_of(const int64_t *period, int64_t catch_up)
{
	return (struct tick_rules){ .name = "test",
		.catch_up = catch_up,
		.max_age_ms = -1,
		.next = every,
		.next_arg = period };
}

static struct walltime
at(int64_t us)
{
	return (struct walltime){ START + us };
}

/* Plans from START on with room for all; returns the number and counts those that run. */
static size_t
plan(const struct tick_rules *rules, int64_t now, size_t *run)
{
	size_t count = tick_plan(rules, at(0), at(now), ticks, 3000);

	*run = 0;
	for (size_t i = 0; i < count; i++)
		*run += ticks[i].run;
	return count;
}

static void
nothing_is_due_before_its_time(void **state)
{
	static const int64_t period = MINUTE;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_ALL);
	size_t run;

	(void)state;
	assert_int_equal(plan(&rules, 0, &run), 0);
	assert_int_equal(plan(&rules, MINUTE - 1, &run), 0);
	assert_int_equal(plan(&rules, MINUTE, &run), 1);
	assert_int_equal(run, 1);
	assert_int_equal(ticks[0].due_at.us, START + MINUTE);
	assert_int_equal(ticks[0].reason, TICK_ON_TIME);
	assert_int_equal(tick_next_fire(&rules, at(0)).us, START + MINUTE);
	assert_int_equal(tick_next_fire(&rules, at(MINUTE)).us, START + 2 * MINUTE);
}

/* A scheduler that restarts in the wrong second must lose nothing, whatever the policy. */
static void
a_short_absence_loses_no_tick(void **state)
{
	static const int64_t period = DAY;
	size_t run;

	(void)state;
	for (int64_t c = CONF_CATCH_UP_SKIP; c <= CONF_CATCH_UP_ALL; c++) {
		struct tick_rules rules = rules_of(&period, c);

		rules.max_age_ms = 1;
		assert_int_equal(plan(&rules, DAY + 60 * SEC, &run), 1);
		assert_int_equal(run, 1);
		assert_int_equal(plan(&rules, DAY + 61 * SEC, &run), 1);
		assert_int_equal(run, 0);
		assert_int_equal(
		    ticks[0].reason, c == CONF_CATCH_UP_SKIP ? TICK_MISSED : TICK_TOO_OLD);
	}
}

static void
missed_ticks_are_skipped_on_skip(void **state)
{
	static const int64_t period = HOUR;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_SKIP);
	size_t run;

	(void)state;
	assert_int_equal(plan(&rules, 5 * HOUR + 30 * MINUTE, &run), 5);
	assert_int_equal(run, 0);
	assert_int_equal(plan(&rules, 5 * HOUR, &run), 5);
	assert_int_equal(run, 1);
	assert_true(ticks[4].run);
	assert_int_equal(ticks[4].reason, TICK_ON_TIME);
	assert_int_equal(ticks[3].reason, TICK_MISSED);
}

static void
missed_ticks_run_once_on_once(void **state)
{
	static const int64_t period = HOUR;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_ONCE);
	size_t run;

	(void)state;
	assert_int_equal(plan(&rules, 5 * HOUR + 30 * MINUTE, &run), 5);
	assert_int_equal(run, 1);
	assert_true(ticks[4].run);
	assert_int_equal(ticks[4].reason, TICK_CAUGHT_UP);
	assert_int_equal(ticks[0].reason, TICK_SUPERSEDED);
	rules.max_age_ms = 20 * 60 * 1000;
	plan(&rules, 5 * HOUR + 30 * MINUTE, &run);
	assert_int_equal(run, 0);
	assert_int_equal(ticks[4].reason, TICK_TOO_OLD);
}

static void
missed_ticks_run_up_to_an_age_on_all(void **state)
{
	static const int64_t period = HOUR;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_ALL);
	size_t run;

	(void)state;
	assert_int_equal(plan(&rules, 5 * HOUR + 30 * MINUTE, &run), 5);
	assert_int_equal(run, 5);
	rules.max_age_ms = 2 * 3600 * 1000;
	assert_int_equal(plan(&rules, 5 * HOUR + 30 * MINUTE, &run), 5);
	assert_int_equal(run, 2);
	assert_int_equal(ticks[2].reason, TICK_TOO_OLD);
	assert_int_equal(ticks[3].reason, TICK_CAUGHT_UP);
}

static void
paused_ticks_are_recorded_and_do_not_run(void **state)
{
	static const int64_t period = HOUR;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_ALL);
	size_t run;

	(void)state;
	rules.paused = true;
	assert_int_equal(plan(&rules, 3 * HOUR, &run), 3);
	assert_int_equal(run, 0);
	assert_int_equal(ticks[2].reason, TICK_PAUSED);
}

/* The same decisions whether they are made at once or in small batches. */
static void
batches_decide_the_same(void **state)
{
	static const int64_t period = MINUTE;
	struct walltime cursor = at(0), now = at(400 * MINUTE + 5 * SEC);
	struct tick batch[7];
	size_t all, run, seen = 0, count;

	(void)state;
	for (int64_t c = CONF_CATCH_UP_SKIP; c <= CONF_CATCH_UP_ALL; c++) {
		struct tick_rules rules = rules_of(&period, c);

		rules.max_age_ms = 90 * 60 * 1000;
		all = plan(&rules, 400 * MINUTE + 5 * SEC, &run);
		cursor = at(0);
		for (seen = 0; (count = tick_plan(&rules, cursor, now, batch, 7)) > 0;) {
			for (size_t i = 0; i < count; i++, seen++) {
				assert_int_equal(batch[i].due_at.us, ticks[seen].due_at.us);
				assert_int_equal(batch[i].run, ticks[seen].run);
				assert_int_equal(batch[i].reason, ticks[seen].reason);
			}
			cursor = tick_end(&batch[count - 1]);
		}
		assert_int_equal(seen, all);
		assert_int_equal(all, 400);
	}
}

/* A year of seconds: bounded work, one record for the many, and the newest ones each. */
static void
a_long_absence_is_bounded(void **state)
{
	static const int64_t period = SEC;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_SKIP);
	size_t count, run;

	(void)state;
	count = plan(&rules, 365 * DAY, &run);
	assert_in_range(count, TICK_WINDOW / 2, TICK_WINDOW + 1);
	assert_int_equal(run, 1);
	assert_int_equal(ticks[0].due_at.us, START + SEC);
	assert_true(walltime_is_set(ticks[0].until));
	assert_true(ticks[1].due_at.us > ticks[0].until.us);
	assert_int_equal(ticks[1].due_at.us - ticks[0].until.us <= SEC, 1);
	assert_int_equal(ticks[count - 1].due_at.us, START + 365 * DAY);
	assert_true(ticks[count - 1].run);
}

static void
a_long_absence_runs_all_that_is_young_enough(void **state)
{
	static const int64_t period = SEC;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_ALL);
	size_t count, run;

	(void)state;
	rules.max_age_ms = 2000 * 1000;
	count = plan(&rules, 365 * DAY, &run);
	assert_int_equal(run, 2001);
	assert_int_equal(ticks[count - 1].due_at.us, START + 365 * DAY);
	assert_int_equal(ticks[0].reason, TICK_TOO_OLD);
	assert_true(walltime_is_set(ticks[0].until));
	rules.max_age_ms = -1;
	assert_int_equal(plan(&rules, 2500 * SEC, &run), 2500);
	assert_int_equal(run, 2500);
}

static void
jitter_is_spread_and_stays_the_same(void **state)
{
	static const int64_t period = HOUR;
	struct tick_rules rules = rules_of(&period, CONF_CATCH_UP_SKIP);
	int64_t least = INT64_MAX, most = 0, jitter, differ = 0;
	struct walltime fire;

	(void)state;
	rules.jitter_ms = 10000;
	for (int64_t i = 1; i <= 1000; i++) {
		jitter = tick_jitter_us("test", at(i * HOUR), 10000);
		assert_in_range(jitter, 0, 10000000);
		assert_int_equal(jitter, tick_jitter_us("test", at(i * HOUR), 10000));
		differ += jitter != tick_jitter_us("other", at(i * HOUR), 10000);
		least = jitter < least ? jitter : least;
		most = jitter > most ? jitter : most;
	}
	assert_true(least < 200000 && most > 9800000 && differ > 990);
	fire = tick_next_fire(&rules, at(0));
	assert_int_equal(fire.us, START + HOUR + tick_jitter_us("test", at(HOUR), 10000));
	assert_int_equal(tick_plan(&rules, at(0), (struct walltime){ fire.us - 1 }, ticks, 10), 0);
	assert_int_equal(tick_plan(&rules, at(0), fire, ticks, 10), 1);
	assert_int_equal(ticks[0].due_at.us, START + HOUR);
}

static void
overlaps_follow_the_rule(void **state)
{
	(void)state;
	for (int64_t rule = CONF_OVERLAP_SKIP; rule <= CONF_OVERLAP_REPLACE; rule++)
		assert_int_equal(tick_overlap(rule, 0, 0), TICK_START);
	assert_int_equal(tick_overlap(CONF_OVERLAP_SKIP, 1, 0), TICK_SKIP_OVERLAP);
	assert_int_equal(tick_overlap(CONF_OVERLAP_PARALLEL, 50, 0), TICK_START);
	assert_int_equal(tick_overlap(CONF_OVERLAP_REPLACE, 1, 0), TICK_REPLACE);
	assert_int_equal(tick_overlap(CONF_OVERLAP_QUEUE, 1, 0), TICK_BLOCK);
	assert_int_equal(tick_overlap(CONF_OVERLAP_QUEUE, 1, TICK_BACKLOG_MAX - 1), TICK_BLOCK);
	assert_int_equal(tick_overlap(CONF_OVERLAP_QUEUE, 1, TICK_BACKLOG_MAX), TICK_SKIP_BACKLOG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_due_before_its_time),
		cmocka_unit_test(a_short_absence_loses_no_tick),
		cmocka_unit_test(missed_ticks_are_skipped_on_skip),
		cmocka_unit_test(missed_ticks_run_once_on_once),
		cmocka_unit_test(missed_ticks_run_up_to_an_age_on_all),
		cmocka_unit_test(paused_ticks_are_recorded_and_do_not_run),
		cmocka_unit_test(batches_decide_the_same),
		cmocka_unit_test(a_long_absence_is_bounded),
		cmocka_unit_test(a_long_absence_runs_all_that_is_young_enough),
		cmocka_unit_test(jitter_is_spread_and_stays_the_same),
		cmocka_unit_test(overlaps_follow_the_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
