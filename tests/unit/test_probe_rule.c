#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/probe_rule.h"

static const struct probe_rule restarting = {
	.failures = 3, .successes = 1, .grace_ms = 1000, .interval_ms = 10000, .restarts = true
};

/* The verdict and what is to be done, after a result at this age of the program. */
static enum probe_action
take(struct probe_state *state, const struct probe_rule *rule, int64_t age_ms, bool good)
{
	struct probe_result result = { .good = good,
		.counts = true,
		.age_ms = age_ms,
		.now = { .us = (age_ms + 1) * CLOCK_US_PER_MS } };

	return probe_take(state, rule, &result);
}

static void
failures_in_the_grace_do_not_count(void **unused)
{
	struct probe_state state = { 0 };

	(void)unused;
	for (int64_t age_ms = 0; age_ms < 1000; age_ms += 10)
		assert_int_equal(take(&state, &restarting, age_ms, false), PROBE_NOTHING);
	assert_int_equal(state.verdict, PROBE_UNKNOWN);
	assert_int_equal(take(&state, &restarting, 1000, false), PROBE_NOTHING);
	assert_int_equal(take(&state, &restarting, 1001, false), PROBE_NOTHING);
	assert_int_equal(take(&state, &restarting, 1002, false), PROBE_RESTART);
}

static void
the_first_success_ends_the_grace(void **unused)
{
	struct probe_state state = { 0 };

	(void)unused;
	assert_int_equal(take(&state, &restarting, 1, false), PROBE_NOTHING);
	assert_int_equal(take(&state, &restarting, 2, true), PROBE_TELL);
	assert_int_equal(state.verdict, PROBE_PASSING);
	assert_int_equal(take(&state, &restarting, 3, false), PROBE_NOTHING);
	assert_int_equal(take(&state, &restarting, 4, false), PROBE_NOTHING);
	assert_int_equal(state.verdict, PROBE_PASSING);
	assert_int_equal(take(&state, &restarting, 5, false), PROBE_RESTART);
}

/* What a program that is not ready answers is nobody's concern but its start_timeout's. */
static void
what_does_not_count_never_fails(void **unused)
{
	struct probe_state state = { 0 };
	struct probe_result result = { .counts = false, .now = { .us = 1 } };

	(void)unused;
	for (int i = 0; i < 100; i++) {
		result.age_ms += 10000;
		assert_int_equal(probe_take(&state, &restarting, &result), PROBE_NOTHING);
	}
	assert_int_equal(state.verdict, PROBE_UNKNOWN);
}

static void
only_failures_in_a_row_count(void **unused)
{
	struct probe_state state = { 0 };

	(void)unused;
	take(&state, &restarting, 1, true);
	for (int64_t i = 0; i < 50; i++)
		assert_int_equal(take(&state, &restarting, 2 + i, i % 3 == 2), PROBE_NOTHING);
	assert_int_equal(state.verdict, PROBE_PASSING);
}

static void
a_reported_one_is_told_once_each_way(void **unused)
{
	const struct probe_rule rule = { .failures = 2, .successes = 3, .interval_ms = 10 };
	struct probe_state state = { 0 };

	(void)unused;
	assert_int_equal(take(&state, &rule, 1, false), PROBE_NOTHING);
	assert_int_equal(take(&state, &rule, 2, false), PROBE_TELL);
	assert_int_equal(state.verdict, PROBE_FAILING);
	assert_int_equal(take(&state, &rule, 3, false), PROBE_NOTHING);
	/* It flaps: no three successes in a row. */
	for (int64_t i = 0; i < 20; i++)
		assert_int_equal(take(&state, &rule, 4 + i, i % 3 != 2), PROBE_NOTHING);
	assert_int_equal(state.verdict, PROBE_FAILING);
	take(&state, &rule, 30, false);
	take(&state, &rule, 31, true);
	take(&state, &rule, 32, true);
	assert_int_equal(state.verdict, PROBE_FAILING);
	assert_int_equal(take(&state, &rule, 33, true), PROBE_TELL);
	assert_int_equal(state.verdict, PROBE_PASSING);
}

static void
news_and_old_verdicts_are_told_again(void **unused)
{
	struct probe_state state = { 0 };
	struct probe_result result = { .counts = true, .is_news = true, .now = { .us = 1 } };

	(void)unused;
	/* Why it is not there yet. */
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_TELL);
	result.is_news = false;
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_NOTHING);
	result.good = true;
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_TELL);
	result.now.us += 59 * CLOCK_US_PER_SEC;
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_NOTHING);
	result.now.us += CLOCK_US_PER_SEC;
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_TELL);
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_NOTHING);
	/* One failure of a passing one is not. */
	result.good = false;
	result.is_news = true;
	assert_int_equal(probe_take(&state, &restarting, &result), PROBE_NOTHING);
}

static void
a_start_is_watched_closely(void **unused)
{
	const struct probe_rule patient = { .failures = 1, .successes = 2, .interval_ms = 10000 };
	struct probe_state state = { 0 };

	(void)unused;
	assert_int_equal(probe_pause_ms(&state, &restarting), 100);
	for (int64_t want = 100; want < 10000; want *= 2) {
		take(&state, &restarting, 1, false);
		assert_int_equal(probe_pause_ms(&state, &restarting), want);
	}
	for (int i = 0; i < 100; i++)
		take(&state, &restarting, 1, false);
	assert_int_equal(probe_pause_ms(&state, &restarting), 10000);
	state = (struct probe_state){ 0 };
	take(&state, &restarting, 1, true);
	assert_int_equal(probe_pause_ms(&state, &restarting), 10000);
	/* Several successes are waited for in the same way. */
	state = (struct probe_state){ 0 };
	take(&state, &patient, 1, true);
	assert_int_equal(probe_pause_ms(&state, &patient), 100);
	take(&state, &patient, 1, true);
	assert_int_equal(probe_pause_ms(&state, &patient), 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_the_grace_do_not_count),
		cmocka_unit_test(the_first_success_ends_the_grace),
		cmocka_unit_test(what_does_not_count_never_fails),
		cmocka_unit_test(only_failures_in_a_row_count),
		cmocka_unit_test(a_reported_one_is_told_once_each_way),
		cmocka_unit_test(news_and_old_verdicts_are_told_again),
		cmocka_unit_test(a_start_is_watched_closely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
