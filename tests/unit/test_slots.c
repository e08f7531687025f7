#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/slots.h"

static void
it_asks_at_first_and_when_a_list_has_ended(void **state)
{
	struct slots slots = { .size = 3 };

	(void)state;
	assert_true(slots_must_ask(&slots));
	assert_int_equal(slots_grant(&slots), 3);
	slots_asked(&slots);
	assert_false(slots_must_ask(&slots));
	slots_job_came(&slots);
	slots.running = 1;
	assert_false(slots_must_ask(&slots));
	slots.running = 0; /* a free slot changes nothing while the list goes on */
	assert_false(slots_must_ask(&slots));
	slots_answered(&slots);
	assert_true(slots_must_ask(&slots));
	assert_int_equal(slots_grant(&slots), 3);
}

static void
a_slot_that_becomes_free_is_asked_for(void **state)
{
	struct slots slots = { .size = 2, .running = 2 };

	(void)state;
	slots_asked(&slots);
	assert_false(slots_must_ask(&slots));
	slots.running = 1;
	assert_true(slots_must_ask(&slots));
	slots_asked(&slots);
	assert_int_equal(slots.granted[1], 1);
	/* The second one: it waits until the list of the first one has come. */
	slots.running = 0;
	assert_false(slots_must_ask(&slots));
	slots_answered(&slots);
	assert_false(slots_must_ask(&slots));
	slots_job_came(&slots);
	slots.running = 1;
	slots_answered(&slots);
	assert_true(slots_must_ask(&slots));
	assert_int_equal(slots_grant(&slots), 1);
}

static void
what_was_granted_is_not_granted_again(void **state)
{
	struct slots slots = { .size = 4 };

	(void)state;
	slots_asked(&slots);
	slots.ask_anew = true;
	assert_true(slots_must_ask(&slots));
	assert_int_equal(slots_grant(&slots), 0);
	slots_asked(&slots);
	assert_false(slots_must_ask(&slots));
	slots_answered(&slots); /* nothing: the second one took its place */
	assert_true(slots_must_ask(&slots));
	assert_int_equal(slots_grant(&slots), 4);
}

static void
without_slots_it_asks_for_orders_only(void **state)
{
	struct slots slots = { .size = 1, .running = 1 };

	(void)state;
	assert_true(slots_must_ask(&slots));
	slots_asked(&slots);
	assert_int_equal(slots.granted[0], 0);
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
		int64_t wire[SLOTS_TAKES_MAX]; /* TAKEs on their way: what they grant */
		size_t sent = 0, coming = 0;
		int64_t replies[64]; /* lists on their way to us: how many jobs are in each */
		int64_t pending = -1;

		for (int step = 0; step < 100000; step++) {
			seed = seed * 1664525 + 1013904223;
			if (slots_must_ask(&slots)) {
				wire[sent++] = slots_grant(&slots);
				slots_asked(&slots);
				assert_true(sent <= SLOTS_TAKES_MAX);
			}
			switch ((seed >> 16) % 4) {
			case 0: /* the scheduler reads one TAKE */
				if (sent == 0)
					break;
				if (pending != -1)
					replies[coming++] = 0;
				pending = wire[0];
				memmove(wire, wire + 1, --sent * sizeof(wire[0]));
				break;
			case 1: /* it has jobs */
				if (pending > 0) {
					replies[coming++] = 1 + (seed >> 20) % pending;
					pending = -1;
				}
				break;
			case 2: /* we read one of a list, or its end */
				if (coming == 0)
					break;
				if (replies[0]-- > 0) {
					slots_job_came(&slots);
					slots.running++;
					break;
				}
				slots_answered(&slots);
				memmove(replies, replies + 1, --coming * sizeof(replies[0]));
				break;
			default: /* a job ends */
				if (slots.running > 0)
					slots.running--;
				break;
			}
			assert_true(slots.running <= (size_t)size);
			assert_true(slots.takes == sent + coming + (pending != -1));
			/* When nothing is on its way, whoever has a free slot asks for jobs. */
			if (sent == 0 && coming == 0 && pending == 0 && slots_free(&slots) > 0)
				assert_true(slots_must_ask(&slots));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_asks_at_first_and_when_a_list_has_ended),
		cmocka_unit_test(a_slot_that_becomes_free_is_asked_for),
		cmocka_unit_test(what_was_granted_is_not_granted_again),
		cmocka_unit_test(without_slots_it_asks_for_orders_only),
		cmocka_unit_test(a_stop_takes_the_wish_for_jobs_back),
		cmocka_unit_test(unsaid_results_end_the_taking),
		cmocka_unit_test(a_smaller_size_leaves_none_free),
		cmocka_unit_test(there_are_never_more_jobs_than_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
