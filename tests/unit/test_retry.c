#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobd-scheduler/retry.h"

static int64_t
delay_sec(int64_t failures, uint32_t chance)
{
	int64_t ms = -1;

	assert_int_equal(
	    retry_decide(1000, failures, RETRY_DELAY_FORMULA, chance, &ms), RETRY_LATER);
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
	assert_int_equal(retry_decide(25, 24, 0, 0, &ms), RETRY_LATER);
	assert_int_equal(retry_decide(25, 25, 0, 0, &ms), RETRY_DEAD);
	assert_int_equal(retry_decide(1, 0, 0, 0, &ms), RETRY_LATER);
	assert_int_equal(retry_decide(1, 1, 0, 0, &ms), RETRY_DEAD);
	assert_int_equal(retry_decide(0, 0, 0, 0, &ms), RETRY_DROP);
	assert_int_equal(retry_decide(-1, 0, 0, 0, &ms), RETRY_DEAD);
}

static void
a_configured_delay_wins(void **state)
{
	int64_t ms;

	(void)state;
	assert_int_equal(retry_decide(3, 2, 5000, 7, &ms), RETRY_LATER);
	assert_int_equal(ms, 5000);
	assert_int_equal(retry_decide(3, 2, 0, 7, &ms), RETRY_LATER);
	assert_int_equal(ms, 0);
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
		cmocka_unit_test(only_expected_exit_codes_are_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
