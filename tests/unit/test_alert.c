/* When alerts are told: the pure rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/alert_rule.h"
#include "jobd-scheduler/alert_window.h"

#define SEC CLOCK_US_PER_SEC

static struct walltime
at(int64_t seconds)
{
	return (struct walltime){ (1000000 + seconds) * SEC };
}

static void
it_is_told_once_and_resolved_once(void **state)
{
	struct alert_rule rule = { 0, 0 };
	struct alert_progress progress = { .state = ALERT_OK };

	(void)state;
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS_NOT, at(0)), ALERT_SAY_NOTHING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(1)), ALERT_SAY_FIRING);
	assert_int_equal(progress.since.us, at(1).us);
	for (int i = 2; i < 100; i++)
		assert_int_equal(
		    alert_step(&rule, &progress, ALERT_HOLDS, at(i * 1000)), ALERT_SAY_NOTHING);
	assert_false(walltime_is_set(alert_due(&rule, &progress)));
	assert_int_equal(
	    alert_step(&rule, &progress, ALERT_HOLDS_NOT, at(200000)), ALERT_SAY_RESOLVED);
	assert_int_equal(
	    alert_step(&rule, &progress, ALERT_HOLDS_NOT, at(200001)), ALERT_SAY_NOTHING);
	assert_int_equal(progress.state, ALERT_OK);
	assert_int_equal(progress.fired, 1);
}

static void
it_must_hold_all_the_time(void **state)
{
	struct alert_rule rule = { 300000, 0 };
	struct alert_progress progress = { .state = ALERT_OK };

	(void)state;
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(0)), ALERT_SAY_NOTHING);
	assert_int_equal(progress.state, ALERT_PENDING);
	assert_int_equal(alert_due(&rule, &progress).us, at(300).us);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS_NOT, at(299)), ALERT_SAY_NOTHING);
	assert_false(walltime_is_set(alert_due(&rule, &progress)));
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(301)), ALERT_SAY_NOTHING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(600)), ALERT_SAY_NOTHING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(601)), ALERT_SAY_FIRING);
	assert_int_equal(progress.since.us, at(301).us);
	assert_int_equal(progress.fired_at.us, at(601).us);
}

static void
it_is_told_again_at_its_times(void **state)
{
	struct alert_rule rule = { 0, 3600000 };
	struct alert_progress progress = { .state = ALERT_OK };

	(void)state;
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(0)), ALERT_SAY_FIRING);
	assert_int_equal(alert_due(&rule, &progress).us, at(3600).us);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(3599)), ALERT_SAY_NOTHING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(3600)), ALERT_SAY_FIRING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(3601)), ALERT_SAY_NOTHING);
	assert_int_equal(progress.fired, 1);
}

/* What nobody knows changes nothing, from every state. */
static void
the_unknown_changes_nothing(void **state)
{
	struct alert_rule rule = { 1000, 1000 };

	(void)state;
	for (int i = ALERT_OK; i <= ALERT_FIRING; i++) {
		struct alert_progress progress = {
			.state = (enum alert_state)i, .since = at(0), .told_at = at(0)
		};

		assert_int_equal(
		    alert_step(&rule, &progress, ALERT_UNKNOWN, at(9999)), ALERT_SAY_NOTHING);
		assert_int_equal(progress.state, i);
	}
}

static void
a_clock_that_is_set_back_does_not_silence_it(void **state)
{
	struct alert_rule rule = { 60000, 60000 };
	struct alert_progress progress = { .state = ALERT_OK };

	(void)state;
	alert_step(&rule, &progress, ALERT_HOLDS, at(100000));
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(0)), ALERT_SAY_NOTHING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(60)), ALERT_SAY_FIRING);
	progress.told_at = at(100000);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(61)), ALERT_SAY_NOTHING);
	assert_int_equal(alert_step(&rule, &progress, ALERT_HOLDS, at(121)), ALERT_SAY_FIRING);
}

static void
progress_is_written_and_read(void **state)
{
	struct alert_progress one = { ALERT_FIRING, at(1), at(2), at(3), 7 }, other;
	char text[200];

	(void)state;
	alert_progress_write(&one, text, sizeof(text));
	assert_int_equal(alert_progress_read(text, &other), 0);
	assert_int_equal(other.state, ALERT_FIRING);
	assert_int_equal(other.since.us, one.since.us);
	assert_int_equal(other.fired_at.us, one.fired_at.us);
	assert_int_equal(other.told_at.us, one.told_at.us);
	assert_int_equal(other.fired, 7);
	assert_int_equal(alert_progress_read("3 1 2 3 4", &other), -1);
	assert_int_equal(alert_progress_read("nonsense", &other), -1);
	assert_int_equal(other.state, ALERT_OK);
}

static void
a_window_forgets_by_and_by(void **state)
{
	struct alert_window window;
	int64_t all, bad;

	(void)state;
	alert_window_init(&window, 60000);
	assert_false(walltime_is_set(alert_window_next(&window, at(0))));
	alert_window_add(&window, at(0), 10, 1);
	alert_window_add(&window, at(30), 10, 9);
	alert_window_sum(&window, at(59), &all, &bad);
	assert_int_equal(all, 20);
	assert_int_equal(bad, 10);
	assert_int_equal(alert_window_next(&window, at(59)).us, at(60).us);
	alert_window_sum(&window, at(60), &all, &bad);
	assert_int_equal(all, 10);
	assert_int_equal(bad, 9);
	assert_int_equal(alert_window_next(&window, at(60)).us, at(90).us);
	alert_window_sum(&window, at(90), &all, &bad);
	assert_int_equal(all, 0);
	alert_window_add(&window, at(100000), 1, 1);
	alert_window_add(&window, at(5), 1, 1); /* set back: it counts as now */
	alert_window_sum(&window, at(100000), &all, &bad);
	assert_int_equal(all, 2);
	alert_window_init(&window, 0);
	alert_window_add(&window, at(0), 1, 1);
	alert_window_sum(&window, at(0), &all, &bad);
	assert_int_equal(all, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_told_once_and_resolved_once),
		cmocka_unit_test(it_must_hold_all_the_time),
		cmocka_unit_test(it_is_told_again_at_its_times),
		cmocka_unit_test(the_unknown_changes_nothing),
		cmocka_unit_test(a_clock_that_is_set_back_does_not_silence_it),
		cmocka_unit_test(progress_is_written_and_read),
		cmocka_unit_test(a_window_forgets_by_and_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
