#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/slots.h"

static void
it_asks_at_first_and_when_a_slot_becomes_free(void **state)
{
	struct slots slots = { .size = 2 };

	(void)state;
	assert_true(slots_must_ask(&slots));
	slots_asked(&slots);
	assert_false(slots_must_ask(&slots));
	slots_answered(&slots); /* with a job */
	slots.running = 1;
	assert_true(slots_must_ask(&slots));
	slots_asked(&slots);
	assert_int_equal(slots.asked, 1);
	slots.running = 0;
	assert_true(slots_must_ask(&slots));
	slots_asked(&slots);
	assert_int_equal(slots.takes, 2);
	slots_answered(&slots); /* with nil: the later one took its place */
	assert_false(slots_must_ask(&slots));
}

static void
without_slots_it_asks_for_orders_only(void **state)
{
	struct slots slots = { .size = 1, .running = 1 };

	(void)state;
	assert_true(slots_must_ask(&slots));
	slots_asked(&slots);
	assert_int_equal(slots.asked, 0);
	assert_false(slots_must_ask(&slots));
	assert_false(slots_job_may_come(&slots));
}

static void
a_stop_takes_the_wish_for_jobs_back(void **state)
{
	struct slots slots = { .size = 3 };

	(void)state;
	slots_asked(&slots);
	slots.stopping = true;
	assert_true(slots_must_ask(&slots));
	assert_true(slots_job_may_come(&slots));
	slots_asked(&slots);
	assert_int_equal(slots_free(&slots), 0);
	assert_false(slots_must_ask(&slots));
	assert_true(slots_job_may_come(&slots));
	slots_answered(&slots);
	assert_false(slots_job_may_come(&slots));
}

static void
unsaid_results_end_the_taking(void **state)
{
	struct slots slots = { .size = 2, .unsaid = 1000 };

	(void)state;
	assert_int_equal(slots_free(&slots), 0);
	slots.unsaid = 3;
	assert_int_equal(slots_free(&slots), 2);
}

static void
a_smaller_size_leaves_none_free(void **state)
{
	struct slots slots = { .size = 2, .running = 5 };

	(void)state;
	assert_int_equal(slots_free(&slots), 0);
}

/*
 * A scheduler with endless jobs, replies that cross our requests, jobs that end at any time: there
 * are never more jobs than slots, and never a free slot that nobody asks for.
 */
static void
there_are_never_more_jobs_than_slots(void **state)
{
	uint32_t seed = 99;

	(void)state;
	for (int64_t size = 1; size <= 4; size++) {
		struct slots slots = { .size = size };
		int64_t wire[64]; /* TAKEs on their way: how many were free */
		size_t sent = 0, coming = 0;
		bool replies[64]; /* on their way to us: with a job or nil */
		int64_t pending = -1;

		for (int step = 0; step < 100000; step++) {
			seed = seed * 1664525 + 1013904223;
			if (slots_must_ask(&slots)) {
				wire[sent++] = slots_free(&slots);
				slots_asked(&slots);
				assert_true(sent < 60);
			}
			switch ((seed >> 16) % 4) {
			case 0: /* the scheduler reads one TAKE */
				if (sent == 0)
					break;
				if (pending != -1)
					replies[coming++] = false;
				pending = wire[0];
				memmove(wire, wire + 1, --sent * sizeof(wire[0]));
				break;
			case 1: /* it has a job */
				if (pending > 0) {
					replies[coming++] = true;
					pending = -1;
				}
				break;
			case 2: /* we read one reply */
				if (coming == 0)
					break;
				slots_answered(&slots);
				slots.running += replies[0];
				memmove(replies, replies + 1, --coming);
				break;
			default: /* a job ends */
				if (slots.running > 0)
					slots.running--;
				break;
			}
			assert_true(slots.running <= (size_t)size);
			assert_true(slots.takes == sent + coming + (pending != -1));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_asks_at_first_and_when_a_slot_becomes_free),
		cmocka_unit_test(without_slots_it_asks_for_orders_only),
		cmocka_unit_test(a_stop_takes_the_wish_for_jobs_back),
		cmocka_unit_test(unsaid_results_end_the_taking),
		cmocka_unit_test(a_smaller_size_leaves_none_free),
		cmocka_unit_test(there_are_never_more_jobs_than_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
