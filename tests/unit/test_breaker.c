#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/breaker.h"

static const struct breaker_rule rule = { .failures = 3, .pause_ms = 1000 };

static struct monotime
at(int64_t ms)
{
	return (struct monotime){ .us = ms * 1000 };
}

static bool
admit(struct breaker *breaker, int64_t ms)
{
	int64_t delay_ms = -1;
	bool admitted = breaker_admit(breaker, at(ms), &delay_ms);

	assert_true(admitted ? delay_ms == 0 : delay_ms > 0);
	return admitted;
}

static void
note(struct breaker *breaker, int64_t ms, enum breaker_outcome outcome)
{
	breaker_note(breaker, &rule, at(ms), outcome);
}

static struct breaker
opened(int64_t ms)
{
	struct breaker breaker = { .state = BREAKER_CLOSED };

	for (int64_t i = 0; i < rule.failures; i++) {
		assert_int_equal(breaker.state, BREAKER_CLOSED);
		note(&breaker, ms, BREAKER_FAILED);
	}
	assert_int_equal(breaker.state, BREAKER_OPEN);
	return breaker;
}

static void
only_failures_in_a_row_open_it(void **state)
{
	struct breaker breaker = { .state = BREAKER_CLOSED };

	(void)state;
	for (int i = 0; i < 10; i++) {
		note(&breaker, i, BREAKER_FAILED);
		note(&breaker, i, BREAKER_FAILED);
		note(&breaker, i, BREAKER_UNKNOWN);
		note(&breaker, i, BREAKER_ANSWERED);
		assert_int_equal(breaker.failures, 0);
	}
	assert_int_equal(breaker.state, BREAKER_CLOSED);
	assert_true(admit(&breaker, 100));
	opened(0);
}

static void
nobody_is_admitted_before_the_pause_is_over(void **state)
{
	struct breaker breaker = opened(5000);
	int64_t delay_ms;

	(void)state;
	for (int64_t ms = 5000; ms < 6000; ms += 7)
		assert_false(admit(&breaker, ms));
	assert_false(breaker_admit(&breaker, at(5400), &delay_ms));
	assert_in_range(delay_ms, 600, 601);
	/* What was on its way when it opened changes nothing. */
	note(&breaker, 5500, BREAKER_ANSWERED);
	note(&breaker, 5500, BREAKER_FAILED);
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_int_equal(breaker.until.us, at(6000).us);
	assert_true(admit(&breaker, 6000));
}

static void
one_tries_it_and_decides(void **state)
{
	struct breaker breaker = opened(0);

	(void)state;
	assert_true(admit(&breaker, 1000));
	assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
	assert_false(admit(&breaker, 1000));
	assert_false(admit(&breaker, 9000));
	note(&breaker, 9000, BREAKER_FAILED);
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_int_equal(breaker.failures, 4);
	assert_false(admit(&breaker, 9999));
	assert_true(admit(&breaker, 10000));
	note(&breaker, 10000, BREAKER_ANSWERED);
	assert_int_equal(breaker.state, BREAKER_CLOSED);
	assert_int_equal(breaker.failures, 0);
	assert_true(admit(&breaker, 10000));
	assert_true(admit(&breaker, 10000));
}

static void
who_tried_without_an_answer_leaves_it_to_the_next(void **state)
{
	struct breaker breaker = opened(0);

	(void)state;
	assert_true(admit(&breaker, 1000));
	note(&breaker, 1100, BREAKER_UNKNOWN);
	assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
	assert_true(admit(&breaker, 1100));
	assert_false(admit(&breaker, 1100));
}

/* The law behind all: between two pauses one job and no more gets through. */
static void
at_random_at_most_one_gets_through_while_it_does_not_answer(void **state)
{
	struct breaker breaker = { .state = BREAKER_CLOSED };
	int64_t last = -rule.pause_ms;
	uint32_t seed = 1;

	(void)state;
	breaker = opened(0);
	for (int64_t ms = 0; ms < 100000; ms++) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 30 != 0 || !admit(&breaker, ms))
			continue;
		assert_true(ms - last >= rule.pause_ms);
		last = ms;
		note(&breaker, ms, BREAKER_FAILED);
	}
	assert_true(last > 90000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_failures_in_a_row_open_it),
		cmocka_unit_test(nobody_is_admitted_before_the_pause_is_over),
		cmocka_unit_test(one_tries_it_and_decides),
		cmocka_unit_test(who_tried_without_an_answer_leaves_it_to_the_next),
		cmocka_unit_test(at_random_at_most_one_gets_through_while_it_does_not_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
