#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobd-scheduler/retry.h"

static enum retry_verdict
decide(const struct conf_job *type, int64_t retries, int64_t failures, uint32_t chance, int64_t *ms)
{
	struct retry_question question = { .retries = retries,
		.failures = failures,
		.code = -1,
		.retry_after_ms = -1,
		.chance = chance };

	return retry_decide(type, &question, ms);
}

static int64_t
delay_sec(int64_t failures, uint32_t chance)
{
	int64_t ms = -1;

	assert_int_equal(decide(NULL, 1000, failures, chance, &ms), RETRY_LATER);
	assert_int_equal(ms % 1000, 0);
	return ms / 1000;
}

static void
delays_follow_faktorys_formula(void **state)
{
	static const struct {
		int64_t failures, least, most;
	} rows[] = {
		{0,   15,    44   },
		{ 1,  16,    74   },
		{ 2,  31,    118  },
		{ 3,  96,    212  },
		{ 4,  271,   416  },
		{ 5,  640,   814  },
		{ 10, 10015, 10334},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(delay_sec(rows[i].failures, 0), rows[i].least);
		assert_int_equal(delay_sec(rows[i].failures, 29), rows[i].most);
		assert_int_equal(delay_sec(rows[i].failures, 30), rows[i].least);
		assert_in_range(
		    delay_sec(rows[i].failures, UINT32_MAX), rows[i].least, rows[i].most);
	}
	assert_true(delay_sec(900, UINT32_MAX) > 0);
}

static void
a_job_is_tried_as_often_as_allowed(void **state)
{
	int64_t ms;

	(void)state;
	assert_int_equal(decide(NULL, 25, 24, 0, &ms), RETRY_LATER);
	assert_int_equal(decide(NULL, 25, 25, 0, &ms), RETRY_DEAD);
	assert_int_equal(decide(NULL, 1, 0, 0, &ms), RETRY_LATER);
	assert_int_equal(decide(NULL, 1, 1, 0, &ms), RETRY_DEAD);
	assert_int_equal(decide(NULL, 0, 0, 0, &ms), RETRY_DROP);
	assert_int_equal(decide(NULL, -1, 0, 0, &ms), RETRY_DEAD);
}

static void
a_configured_delay_wins(void **state)
{
	struct conf_job type = { .retry_delay_ms = 5000, .retry_factor = 1 };
	int64_t ms;

	(void)state;
	assert_int_equal(decide(&type, 3, 2, 7, &ms), RETRY_LATER);
	assert_int_equal(ms, 5000);
	type.retry_delay_ms = 0;
	assert_int_equal(decide(&type, 3, 2, 7, &ms), RETRY_LATER);
	assert_int_equal(ms, 0);
	type.retry_delay_ms = CONF_UNSET;
	assert_int_equal(decide(&type, 3, 2, 0, &ms), RETRY_LATER);
	assert_int_equal(ms, 31000);
}

static void
delays_grow_up_to_a_maximum_with_jitter(void **state)
{
	struct conf_job type = {
		.retry_delay_ms = 1000, .retry_factor = 2, .retry_delay_max_ms = 10000
	};
	static const int64_t delays[] = { 1000, 2000, 4000, 8000, 10000, 10000 };
	int64_t ms, least = INT64_MAX, most = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		decide(&type, 100, i, 0, &ms);
		assert_int_equal(ms, delays[i]);
	}
	decide(&type, 1000000, 999999, 0, &ms);
	assert_int_equal(ms, 10000);
	type.retry_jitter_percent = 10;
	for (uint32_t chance = 0; chance < 5000; chance++) {
		decide(&type, 100, 0, chance, &ms);
		assert_in_range(ms, 900, 1100);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, 900);
	assert_int_equal(most, 1100);
}

static void
a_list_of_delays_repeats_its_last_one(void **state)
{
	char first[] = "1s", second[] = "1min";
	char *list[] = { first, second, NULL };
	struct conf_job type = { .retry_delays = list, .retry_delay_ms = 7 };
	static const int64_t delays[] = { 1000, 60000, 60000 };
	int64_t ms;

	(void)state;
	for (int i = 0; i < 3; i++) {
		decide(&type, 100, i, 0, &ms);
		assert_int_equal(ms, delays[i]);
	}
}

static void
the_worker_has_a_say(void **state)
{
	int64_t final[] = { 2, 404 }, ms;
	struct conf_job type = { .retry_delay_ms = 1000, .no_retry = final, .no_retry_count = 2 };
	struct retry_question question = { .retries = 5, .code = 1, .retry_after_ms = 90000 };

	(void)state;
	assert_int_equal(retry_decide(&type, &question, &ms), RETRY_LATER);
	assert_int_equal(ms, 90000);
	question.retry_after_ms = 10;
	assert_int_equal(retry_decide(&type, &question, &ms), RETRY_LATER);
	assert_int_equal(ms, 1000);
	question.code = 404;
	assert_int_equal(retry_decide(&type, &question, &ms), RETRY_DEAD);
	question.code = 1;
	question.no_retry = true;
	assert_int_equal(retry_decide(&type, &question, &ms), RETRY_DEAD);
}

static void
only_expected_exit_codes_are_success(void **state)
{
	static const int64_t codes[] = { 0, 3 };

	(void)state;
	assert_true(retry_is_success("exit", 0, NULL, 0));
	assert_false(retry_is_success("exit", 1, NULL, 0));
	assert_true(retry_is_success("exit", 3, codes, 2));
	assert_false(retry_is_success("exit", 1, codes, 2));
	assert_false(retry_is_success("exit", 0, codes + 1, 1));
	assert_false(retry_is_success("timeout", 0, NULL, 0));
	assert_false(retry_is_success("signal", 0, NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_follow_faktorys_formula),
		cmocka_unit_test(a_job_is_tried_as_often_as_allowed),
		cmocka_unit_test(a_configured_delay_wins),
		cmocka_unit_test(delays_grow_up_to_a_maximum_with_jitter),
		cmocka_unit_test(a_list_of_delays_repeats_its_last_one),
		cmocka_unit_test(the_worker_has_a_say),
		cmocka_unit_test(only_expected_exit_codes_are_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
