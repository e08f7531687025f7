#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobd-scheduler/retention.h"

static void
a_section_has_its_own_word(void **unused)
{
	struct conf_scheduler scheduler = {
		.keep = 5, .keep_age_ms = 50, .dead_keep = 6, .dead_keep_age_ms = 60
	};
	struct conf_job type = {
		.keep = 0, .keep_age_ms = 70, .dead_keep = 8, .dead_keep_age_ms = 80
	};

	(void)unused;
	assert_int_equal(retention_of(&scheduler, &type, JOB_DONE).keep, 0);
	assert_int_equal(retention_of(&scheduler, &type, JOB_CANCELLED).age_ms, 70);
	assert_int_equal(retention_of(&scheduler, &type, JOB_DEAD).keep, 8);
	assert_int_equal(retention_of(&scheduler, &type, JOB_DEAD).age_ms, 80);
	assert_int_equal(retention_of(&scheduler, NULL, JOB_DONE).keep, 5);
	assert_int_equal(retention_of(&scheduler, NULL, JOB_DEAD).age_ms, 60);
}

/* Nothing said is no word for keeping nothing. */
static void
silence_is_the_usual(void **unused)
{
	struct conf_scheduler scheduler = { .keep = 0 };

	(void)unused;
	assert_true(retention_of(&scheduler, NULL, JOB_DONE).keep > 0);
	assert_true(retention_of(&scheduler, NULL, JOB_DEAD).age_ms >
		    retention_of(&scheduler, NULL, JOB_DONE).age_ms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_has_its_own_word),
		cmocka_unit_test(silence_is_the_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
