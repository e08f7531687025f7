#include <setjmp.h>
#include <signal.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exit_info.h"
#include "restart.h"

static int64_t good_codes[] = { 0, 3 };

static struct conf_program
program(int64_t restart)
{
	return (struct conf_program){ .restart = restart,
		.exit_codes = good_codes,
		.exit_code_count = 2,
		.exit_code = CONF_UNSET,
		.start_retries = 3,
		.backoff_min_ms = 1000,
		.backoff_max_ms = 10000,
		.backoff_factor = 2,
		.backoff_reset_ms = 60000 };
}

static struct restart_decision
decide(const struct conf_program *conf, int code, int signum, bool was_ready, int64_t uptime_ms,
    int64_t failures)
{
	struct exit_info exit = { .uptime_ms = uptime_ms };
	struct restart_facts facts = { .conf = conf,
		.exit = &exit,
		.was_ready = was_ready,
		.failures = failures,
		.random = UINT32_MAX / 2 };

	exit_info_from_status(&exit, signum != 0 ? signum : code << 8, conf);
	return restart_decide(&facts);
}

static void
one_that_ran_well_is_restarted_at_once(void **state)
{
	struct conf_program conf = program(CONF_RESTART_ON_FAILURE);

	(void)state;
	assert_int_equal(decide(&conf, 1, 0, true, 2000, 0).verdict, RESTART_NOW);
	assert_int_equal(decide(&conf, 0, SIGKILL, true, 2000, 0).verdict, RESTART_NOW);
	/* Ready, but dead within backoff_min: that is a failed start. */
	assert_int_equal(decide(&conf, 0, SIGKILL, true, 200, 0).verdict, RESTART_LATER);
}

static void
policy_and_expected_codes_decide(void **state)
{
	struct conf_program always = program(CONF_RESTART_ALWAYS),
			    never = program(CONF_RESTART_NEVER),
			    on_failure = program(CONF_RESTART_ON_FAILURE);

	(void)state;
	assert_int_equal(decide(&always, 0, 0, true, 5000, 0).verdict, RESTART_NOW);
	assert_int_equal(decide(&on_failure, 0, 0, true, 5000, 0).verdict, RESTART_FINISHED);
	assert_int_equal(decide(&on_failure, 3, 0, true, 5000, 0).verdict, RESTART_FINISHED);
	assert_int_equal(decide(&on_failure, 4, 0, true, 5000, 0).verdict, RESTART_NOW);
	assert_int_equal(decide(&never, 4, 0, true, 5000, 0).verdict, RESTART_FINISHED);
	assert_int_equal(decide(&never, 0, 0, false, 5, 0).verdict, RESTART_FINISHED);
	assert_int_equal(decide(&never, 4, 0, false, 5, 0).verdict, RESTART_GIVE_UP);
	/* Too quick is too quick, whatever the code, as supervisord has it. */
	assert_int_equal(decide(&on_failure, 0, 0, false, 5, 0).verdict, RESTART_LATER);
}

static void
a_oneshot_that_succeeds_has_finished(void **state)
{
	struct conf_program conf = program(CONF_RESTART_ALWAYS);

	(void)state;
	conf.oneshot = true;
	assert_int_equal(decide(&conf, 0, 0, false, 5, 0).verdict, RESTART_FINISHED);
	assert_int_equal(decide(&conf, 1, 0, false, 5, 0).verdict, RESTART_LATER);
	assert_int_equal(decide(&conf, 1, 0, false, 5, 3).verdict, RESTART_GIVE_UP);
}

static void
failed_starts_back_off_and_are_given_up(void **state)
{
	static const int64_t delays[] = { 1000, 2000, 4000 };
	struct conf_program conf = program(CONF_RESTART_ALWAYS);
	int64_t failures = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct restart_decision decision = decide(&conf, 1, 0, false, 10, failures);

		assert_int_equal(decision.verdict, RESTART_LATER);
		/* Without jitter, to the millisecond. */
		assert_in_range(decision.delay_ms, delays[i] - 1, delays[i]);
		failures = decision.failures;
	}
	assert_int_equal(decide(&conf, 1, 0, false, 10, failures).verdict, RESTART_GIVE_UP);
}

static void
a_healthy_time_forgives_former_failures(void **state)
{
	struct conf_program conf = program(CONF_RESTART_ALWAYS);
	struct restart_decision decision = decide(&conf, 1, 0, true, 2000, 2);

	(void)state;
	assert_int_equal(decision.verdict, RESTART_LATER);
	assert_int_equal(decision.failures, 2);
	decision = decide(&conf, 1, 0, true, 60000, 2);
	assert_int_equal(decision.verdict, RESTART_NOW);
	assert_int_equal(decision.failures, 0);
}

static void
delays_stay_within_maximum_and_jitter(void **state)
{
	struct conf_program conf = program(CONF_RESTART_ALWAYS);

	(void)state;
	conf.backoff_jitter_percent = 10;
	for (int64_t failures = 1; failures < 100; failures++) {
		for (uint64_t random = 0; random <= UINT32_MAX; random += UINT32_MAX / 8) {
			int64_t delay = restart_delay_ms(&conf, failures, (uint32_t)random);

			assert_in_range(delay, 899, 11000);
		}
	}
	assert_in_range(restart_delay_ms(&conf, 1000000, UINT32_MAX / 2), 9999, 10000);
}

static void
the_budget_covers_a_sliding_window(void **state)
{
	struct restart_budget budget;
	struct monotime now = { 1000 * CLOCK_US_PER_SEC };
	int64_t wait_ms;

	(void)state;
	restart_budget_init(&budget, 5, 16000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(restart_budget_take(&budget, now), 0);
	wait_ms = restart_budget_take(&budget, now);
	assert_true(wait_ms > 0 && wait_ms <= 1001);
	/* Asking again after the wait that was told must lead to a restart within the window. */
	for (int64_t waited = 0; wait_ms > 0; waited += wait_ms) {
		assert_true(waited <= 17000);
		now = monotime_add_ms(now, wait_ms);
		wait_ms = restart_budget_take(&budget, now);
	}
	restart_budget_init(&budget, 0, 16000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(restart_budget_take(&budget, now), 0);
}

static void
the_exit_code_of_jobd_follows_the_table(void **state)
{
	struct conf_program conf = program(CONF_RESTART_ALWAYS);
	struct exit_info exit = { 0 };

	(void)state;
	exit_info_from_status(&exit, 7 << 8, &conf);
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 7);
	exit_info_from_status(&exit, 0, &conf);
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 0);
	exit_info_from_status(&exit, SIGSEGV, &conf);
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 128 + SIGSEGV);
	exit.reason = EXIT_REASON_OUT_OF_MEMORY;
	exit.signal = SIGKILL;
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 137);
	exit = (struct exit_info){
		.reason = EXIT_REASON_START_TIMEOUT, .signal = SIGTERM, .code = -1
	};
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 124);
	exit = (struct exit_info){
		.reason = EXIT_REASON_SPAWN_FAILED, .spawn_errno = ENOENT, .code = -1
	};
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 127);
	exit.spawn_errno = EACCES;
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 126);
	exit.spawn_errno = EAGAIN;
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 125);
	conf.exit_code = 42;
	assert_int_equal(exit_info_jobd_code(&exit, &conf), 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_ran_well_is_restarted_at_once),
		cmocka_unit_test(policy_and_expected_codes_decide),
		cmocka_unit_test(a_oneshot_that_succeeds_has_finished),
		cmocka_unit_test(failed_starts_back_off_and_are_given_up),
		cmocka_unit_test(a_healthy_time_forgives_former_failures),
		cmocka_unit_test(delays_stay_within_maximum_and_jitter),
		cmocka_unit_test(the_budget_covers_a_sliding_window),
		cmocka_unit_test(the_exit_code_of_jobd_follows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
