#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobd-runner/memory_pause.h"

static int64_t
settled(int64_t used, int64_t limit)
{
	int64_t pause_ms = 0;

	for (int i = 0; i < 40; i++)
		pause_ms = memory_pause_ms(pause_ms, used, limit);
	return pause_ms;
}

static void
a_start_is_looked_at_closely(void **state)
{
	static const int64_t want[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	int64_t pause_ms = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		pause_ms = memory_pause_ms(pause_ms, 1, 1000);
		assert_int_equal(pause_ms, want[i]);
	}
}

static void
near_the_limit_it_is_looked_at_often(void **state)
{
	(void)state;
	assert_int_equal(settled(499, 1000), 30000);
	assert_int_equal(settled(500, 1000), 10000);
	assert_int_equal(settled(899, 1000), 10000);
	assert_int_equal(settled(900, 1000), 2000);
	assert_int_equal(settled(5000, 1000), 2000);
	/* It gets rarer again when memory was given back. */
	assert_int_equal(memory_pause_ms(2000, 1, 1000), 4000);
	assert_int_equal(settled(INT64_C(1) << 49, INT64_C(1) << 50), 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_is_looked_at_closely),
		cmocka_unit_test(near_the_limit_it_is_looked_at_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
