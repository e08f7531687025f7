/* Which commits wait for the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobd-scheduler/durability.h"

enum { CLAIM = 1, END = 2, PUSH = 4, CHANGE = 8, ALL = 15 };

static struct durability
after(bool owed, int has)
{
	struct durability durability = { .owes = owed, .holds = owed };

	if (has & CLAIM)
		durability_claim(&durability);
	if (has & END)
		durability_end(&durability);
	if (has & PUSH)
		durability_push(&durability);
	if (has & CHANGE)
		durability_change(&durability);
	return durability;
}

/* Those that do not wait. */
static bool
is_swift(int has)
{
	return has == CLAIM || has == END || has == (CLAIM | END) || has == (CLAIM | PUSH);
}

/* All others do, also one that has nothing: whoever forgets to say what it changes is safe. */
static void
only_claims_ends_and_claimed_pushes_do_not_wait(void **state)
{
	(void)state;
	for (int owed = 0; owed < 2; owed++)
		for (int has = 0; has <= ALL; has++) {
			struct durability durability = after(owed, has);

			assert_int_equal(durability_waits(&durability), !is_swift(has));
		}
}

static void
what_did_not_wait_is_owed_until_something_does(void **state)
{
	(void)state;
	for (int owed = 0; owed < 2; owed++)
		for (int has = 0; has <= ALL; has++) {
			struct durability durability = after(owed, has);
			bool waited = has != 0 && !is_swift(has);

			durability_commit(&durability);
			assert_int_equal(durability.owes, !waited && (owed || has != 0));
			assert_int_equal(
			    durability.holds, !waited && (owed || (has & (END | PUSH)) != 0));
			durability_sync(&durability);
			assert_false(durability.owes);
			assert_false(durability.holds);
		}
}

static void
the_next_transaction_begins_anew(void **state)
{
	struct durability durability = after(false, ALL);

	(void)state;
	durability_commit(&durability);
	durability_claim(&durability);
	assert_false(durability_waits(&durability));
	durability_end(&durability);
	durability_change(&durability);
	durability_rollback(&durability);
	durability_claim(&durability);
	assert_false(durability_waits(&durability));
	durability_commit(&durability);
	assert_false(durability.holds);
}

/* What was forgotten is not owed; what was committed before it still is. */
static void
a_rollback_changes_nothing_of_what_is_owed(void **state)
{
	(void)state;
	for (int owed = 0; owed < 2; owed++)
		for (int has = 0; has <= ALL; has++) {
			struct durability durability = after(owed, has);

			durability_rollback(&durability);
			assert_int_equal(durability.owes, owed);
			assert_int_equal(durability.holds, owed);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_claims_ends_and_claimed_pushes_do_not_wait),
		cmocka_unit_test(what_did_not_wait_is_owed_until_something_does),
		cmocka_unit_test(the_next_transaction_begins_anew),
		cmocka_unit_test(a_rollback_changes_nothing_of_what_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
