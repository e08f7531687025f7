/* Which commits wait for the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobd-scheduler/durability.h"

enum { CLAIM = 1, CHANGE = 2 };

static struct durability
after(bool owes, int has)
{
	struct durability durability = { .owes = owes };

	if (has & CLAIM)
		durability_claim(&durability);
	if (has & CHANGE)
		durability_change(&durability);
	return durability;
}

/* Also one that has nothing: whoever forgets to say what it changes is safe. */
static void
only_claims_do_not_wait(void **state)
{
	(void)state;
	for (int owes = 0; owes < 2; owes++)
		for (int has = 0; has <= (CLAIM | CHANGE); has++) {
			struct durability durability = after(owes, has);

			assert_int_equal(durability_waits(&durability), has != CLAIM);
		}
}

static void
claims_are_owed_until_something_waits(void **state)
{
	(void)state;
	for (int owes = 0; owes < 2; owes++)
		for (int has = 0; has <= (CLAIM | CHANGE); has++) {
			struct durability durability = after(owes, has);

			durability_commit(&durability);
			/* Nothing was written: what was owed still is. */
			assert_int_equal(durability.owes, has == 0 ? owes : (has & CHANGE) == 0);
			durability_sync(&durability);
			assert_false(durability.owes);
		}
}

static void
the_next_transaction_begins_anew(void **state)
{
	struct durability durability = after(false, CLAIM | CHANGE);

	(void)state;
	durability_commit(&durability);
	durability_claim(&durability);
	assert_false(durability_waits(&durability));
	durability_change(&durability);
	durability_rollback(&durability);
	durability_claim(&durability);
	assert_false(durability_waits(&durability));
}

/* What was forgotten is not owed; what was committed before it still is. */
static void
a_rollback_changes_nothing_of_what_is_owed(void **state)
{
	(void)state;
	for (int owes = 0; owes < 2; owes++)
		for (int has = 0; has <= (CLAIM | CHANGE); has++) {
			struct durability durability = after(owes, has);

			durability_rollback(&durability);
			assert_int_equal(durability.owes, owes);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_claims_do_not_wait),
		cmocka_unit_test(claims_are_owed_until_something_waits),
		cmocka_unit_test(the_next_transaction_begins_anew),
		cmocka_unit_test(a_rollback_changes_nothing_of_what_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
