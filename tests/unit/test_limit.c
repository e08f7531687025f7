#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/limit.h"

#define START INT64_C(1795305600000000)

static void
no_rate_is_no_limit(void **unused)
{
	struct limit_rate none = { 0, 0 };
	struct walltime now = { START }, state = { 0 };

	(void)unused;
	for (int i = 0; i < 1000; i++) {
		assert_true(limit_has_token(&none, state, now));
		state = limit_take(&none, state, now);
	}
}

/* Fifty at once, then one every 20 ms, to the millisecond. */
static void
a_full_bucket_and_then_one_by_one(void **unused)
{
	struct limit_rate rate = { 50, 1000 };
	struct walltime now = { START }, state = { 0 };

	(void)unused;
	for (int i = 0; i < 50; i++) {
		assert_true(limit_has_token(&rate, state, now));
		state = limit_take(&rate, state, now);
	}
	for (int i = 1; i <= 100; i++) {
		struct walltime next = limit_next(&rate, state, now);

		assert_false(limit_has_token(&rate, state, now));
		assert_int_equal(next.us, START + i * 20000);
		now.us = next.us - 1;
		assert_false(limit_has_token(&rate, state, now));
		now = next;
		assert_true(limit_has_token(&rate, state, now));
		state = limit_take(&rate, state, now);
	}
}

/* Nobody waits for the time that the clock was set back. */
static void
a_clock_that_was_set_back_empties_no_bucket(void **unused)
{
	struct limit_rate rate = { 2, 1000 };
	struct walltime now = { START }, state = { 0 };

	(void)unused;
	assert_int_equal(limit_settle(&rate, state, now).us, 0);
	state = limit_take(&rate, state, now);
	state = limit_take(&rate, state, now);
	assert_int_equal(limit_settle(&rate, state, now).us, state.us);
	now.us -= INT64_C(3600) * 1000000;
	state = limit_settle(&rate, state, now);
	now.us += 499999;
	assert_false(limit_has_token(&rate, state, now));
	now.us += 1;
	assert_true(limit_has_token(&rate, state, now));
}

/* However the takes are spread, no more than bucket + rate x time get through. */
static void
the_rate_is_never_exceeded(void **unused)
{
	struct limit_rate rate = { 7, 1000 };
	struct walltime now = { START }, state = { 0 };
	unsigned chance = 7;
	int64_t taken = 0;

	(void)unused;
	for (int i = 0; i < 100000; i++) {
		chance = chance * 1103515245 + 12345;
		now.us += (chance >> 16) % 50000;
		if (limit_has_token(&rate, state, now)) {
			state = limit_take(&rate, state, now);
			taken++;
		}
		assert_true(taken <= 7 + (now.us - START) * 7 / 1000000 + 1);
	}
	assert_true(taken >= (now.us - START) * 7 / 1000000 - 7);
}

static void
a_clock_that_is_set_back_keeps_nobody_waiting(void **unused)
{
	struct limit_rate rate = { 2, 1000 };
	struct walltime now = { START }, state = { 0 };

	(void)unused;
	state = limit_take(&rate, state, now);
	state = limit_take(&rate, state, now);
	now.us -= INT64_C(3600) * CLOCK_US_PER_SEC;
	assert_false(limit_has_token(&rate, state, now));
	assert_true(limit_next(&rate, state, now).us <= now.us + 500000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_full_bucket_and_then_one_by_one),
		cmocka_unit_test(the_rate_is_never_exceeded),
		cmocka_unit_test(a_clock_that_was_set_back_empties_no_bucket),
		cmocka_unit_test(a_clock_that_is_set_back_keeps_nobody_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
