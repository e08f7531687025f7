#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/pick.h"

static void
without_weights_the_first_that_is_able_wins(void **unused)
{
	int64_t credit[3] = { 0 };
	struct pick picks[3] = {
		{false, 0, &credit[0]},
                { true, 0, &credit[1]},
                { true, 0, &credit[2]}
	};

	(void)unused;
	for (int i = 0; i < 10; i++)
		assert_int_equal(pick_queue(picks, 3), 1);
	picks[1].able = picks[2].able = false;
	assert_true(pick_queue(picks, 3) == PICK_NONE);
	assert_true(pick_queue(picks, 0) == PICK_NONE);
}

/* In every row of `sum of the weights` turns each one has exactly its weight. */
static void
turns_are_by_weight(void **unused)
{
	int64_t credit[3] = { 0 };
	struct pick picks[3] = {
		{true,  5, &credit[0]},
                { true, 0, &credit[1]},
                { true, 3, &credit[2]}
	};
	size_t turns[9000];

	(void)unused;
	for (size_t i = 0; i < 9000; i++)
		turns[i] = pick_queue(picks, 3);
	for (size_t start = 0; start + 9 <= 9000; start++) {
		int counts[3] = { 0 };

		for (size_t i = start; i < start + 9; i++)
			counts[turns[i]]++;
		assert_int_equal(counts[0], 5);
		assert_int_equal(counts[1], 1);
		assert_int_equal(counts[2], 3);
	}
}

static void
the_same_questions_give_the_same_answers(void **unused)
{
	int64_t one[2] = { 0 }, other[2] = { 0 };
	struct pick first[2] = {
		{true,  7, &one[0]},
                { true, 2, &one[1]}
	};
	struct pick second[2] = {
		{true,  7, &other[0]},
                { true, 2, &other[1]}
	};

	(void)unused;
	for (int i = 0; i < 1000; i++) {
		first[1].able = second[1].able = i % 3 != 0;
		assert_int_equal(pick_queue(first, 2), pick_queue(second, 2));
	}
}

/* Whatever the others weigh and whenever they are able: nobody who is able waits longer than a
 * bounded number of turns. */
static void
nobody_starves(void **unused)
{
	int64_t credit[4] = { 0 };
	struct pick picks[4] = {
		{true,  1000, &credit[0]},
                { true, 1000, &credit[1]},
                { true, 1000, &credit[2]},
		{ true, 1,    &credit[3]}
	};
	unsigned chance = 1;
	int waited = 0, longest = 0;

	(void)unused;
	for (int i = 0; i < 200000; i++) {
		for (int k = 0; k < 3; k++) {
			chance = chance * 1103515245 + 12345;
			picks[k].able = (chance >> 16) % 4 != 0;
		}
		if (pick_queue(picks, 4) == 3)
			waited = 0;
		else if (++waited > longest)
			longest = waited;
	}
	assert_true(longest <= 3 * 3001);
}

/* A queue that was empty for long has not saved up turns that shut the others out. */
static void
absence_earns_nothing(void **unused)
{
	int64_t credit[2] = { 0 };
	struct pick picks[2] = {
		{true,   1, &credit[0]},
                { false, 1, &credit[1]}
	};
	int in_a_row = 0, longest = 0;

	(void)unused;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(pick_queue(picks, 2), 0);
	picks[1].able = true;
	for (int i = 0; i < 100; i++) {
		in_a_row = pick_queue(picks, 2) == 1 ? in_a_row + 1 : 0;
		longest = in_a_row > longest ? in_a_row : longest;
	}
	assert_true(longest <= 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_weights_the_first_that_is_able_wins),
		cmocka_unit_test(turns_are_by_weight),
		cmocka_unit_test(the_same_questions_give_the_same_answers),
		cmocka_unit_test(nobody_starves),
		cmocka_unit_test(absence_earns_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
