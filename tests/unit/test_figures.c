/* Histograms of how long attempts wait and run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/figures.h"

#define DO(result) assert_int_equal(result, STORE_OK)

static void
nothing_has_no_percentile(void **state)
{
	const int64_t steps[HISTOGRAM_STEPS] = { 0 };

	(void)state;
	assert_int_equal(histogram_percentile(steps, 50, 0), -1);
}

static void
percentiles_are_near(void **state)
{
	struct figure figure = { .done = 0 };
	int64_t p50, p99;

	(void)state;
	for (int64_t ms = 1; ms <= 1000; ms++)
		figure_add(&figure, ms % 4 != 0, ms, 0);
	p50 = histogram_percentile(figure.run, 50, figure.run_ms_max);
	p99 = histogram_percentile(figure.run, 99, figure.run_ms_max);
	assert_in_range(p50, 450, 550);
	assert_in_range(p99, 950, 1000);
	assert_int_equal(figure.done, 750);
	assert_int_equal(figure.failed, 250);
	assert_int_equal(histogram_percentile(figure.run, 100, figure.run_ms_max), 1000);
	assert_int_equal(histogram_percentile(figure.wait, 99, figure.wait_ms_max), 0);
}

static void
percentiles_never_fall_nor_exceed_the_longest(void **state)
{
	(void)state;
	for (int64_t longest = 1; longest < 100000000; longest = longest * 7 / 2 + 1) {
		struct figure figure = { .done = 0 };
		int64_t before = 0;

		for (int64_t ms = longest; ms > 0; ms /= 2)
			figure_add(&figure, true, ms, ms / 3);
		for (int percent = 1; percent <= 100; percent++) {
			int64_t now = histogram_percentile(figure.run, percent, longest);

			assert_true(now >= before && now <= longest);
			before = now;
		}
	}
}

static void
late_is_more_than_a_minute(void **state)
{
	struct figure figure = { .done = 0 }, sum = { .done = 0 };

	(void)state;
	figure_add(&figure, true, 1, 60000);
	figure_add(&figure, true, 1, 60001);
	figure_sum(&sum, &figure);
	figure_sum(&sum, &figure);
	assert_int_equal(sum.late, 2);
	assert_int_equal(sum.done, 4);
	assert_int_equal(sum.wait_ms_max, 60001);
}

static bool
collect(void *arg, const struct figure *figure)
{
	figure_sum(arg, figure);
	return true;
}

static void
what_is_written_twice_adds_up(void **state)
{
	struct store *store = store_memory_open();
	struct figures figures = { .list = NULL };
	struct job job = { .type = "mail", .queue = "default" };
	const struct walltime now = { INT64_C(1700000000) * CLOCK_US_PER_SEC };
	struct figure sum = { .done = 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		figures_count(&figures, &job, now, true, 10, 20);
		assert_true(figures_owe(&figures));
		DO(figures_flush(&figures, store));
		assert_false(figures_owe(&figures));
	}
	DO(store->ops->figure_list(store, FIGURE_TYPE, (struct walltime){ 0 }, collect, &sum));
	assert_int_equal(sum.done, 3);
	assert_int_equal(sum.run_ms, 30);
	DO(store->ops->figure_trim(store, (struct walltime){ now.us + 1 }, 100));
	sum = (struct figure){ .done = 0 };
	DO(store->ops->figure_list(store, FIGURE_QUEUE, (struct walltime){ 0 }, collect, &sum));
	assert_int_equal(sum.done, 0);
	figures_clear(&figures);
	store->ops->close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_no_percentile),
		cmocka_unit_test(percentiles_are_near),
		cmocka_unit_test(percentiles_never_fall_nor_exceed_the_longest),
		cmocka_unit_test(late_is_more_than_a_minute),
		cmocka_unit_test(what_is_written_twice_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
