#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/worker.h"

static struct workers workers;

static int
begin(void **state)
{
	(void)state;
	workers_init(&workers);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	workers_clear(&workers);
	return 0;
}

static void
hear(struct worker *worker, int64_t ms)
{
	worker_heard(worker, (struct monotime){ ms * 1000 }, (struct walltime){ ms * 1000 });
}

static void
connections_with_one_wid_are_one_worker(void **state)
{
	struct worker *worker = worker_connect(&workers, "w1", false);

	(void)state;
	assert_ptr_equal(worker_connect(&workers, "w1", false), worker);
	assert_int_equal(worker->connections, 2);
	assert_int_equal(workers.count, 1);
	worker_disconnect(&workers, worker);
	assert_ptr_equal(worker_find(&workers, "w1"), worker);
	worker_disconnect(&workers, worker);
	assert_null(worker_find(&workers, "w1"));
	assert_int_equal(workers.count, 0);
}

static void
silent_workers_are_found(void **state)
{
	struct worker *one = worker_connect(&workers, "one", false);
	struct worker *runner = worker_connect(&workers, "runner", true);

	(void)state;
	hear(one, 1000);
	hear(runner, 1000);
	assert_null(worker_silent(&workers, (struct monotime){ 61000 * 1000 }));
	assert_ptr_equal(worker_silent(&workers, (struct monotime){ 61001 * 1000 }), one);
	hear(one, 61001);
	assert_null(worker_silent(&workers, (struct monotime){ 121001 * 1000 }));
	assert_int_equal(one->started_at.us, 1000 * 1000);
	assert_int_equal(one->beat_at.us, INT64_C(61001) * 1000);
}

static void
queues_that_are_asked_for_are_remembered(void **state)
{
	struct worker *worker = worker_connect(&workers, "w1", false);
	char first[] = "critical", second[] = "default", *queues[] = { first, second };

	(void)state;
	assert_null(workers_asking(&workers, "default", false));
	worker_asks(worker, queues, 2);
	assert_ptr_equal(workers_asking(&workers, "default", false), worker);
	assert_ptr_equal(workers_asking(&workers, "critical", false), worker);
	assert_null(workers_asking(&workers, "crit", false));
	assert_null(workers_asking(&workers, "default", true));
	worker_asks(worker, queues, 1);
	assert_null(workers_asking(&workers, "default", false));
	worker->state = WORKER_QUIET;
	assert_null(workers_asking(&workers, "critical", false));
}

static void
what_does_not_fit_is_left_out(void **state)
{
	struct worker *worker = worker_connect(&workers, "w1", false);
	char name[JOB_NAME_MAX + 1], *queues[] = { name, name, name, name };

	(void)state;
	memset(name, 'q', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 10; i++)
		worker_label(worker, name);
	assert_in_range(worker->labels_len, 201, sizeof(worker->labels));
	worker_asks(worker, queues, 4);
	assert_true(strlen(worker->queues) < sizeof(worker->queues));
	assert_non_null(workers_asking(&workers, name, false));
}

static void
orders_of_a_lost_turn_are_undone(void **state)
{
	struct worker *worker = worker_connect(&workers, "w1", true);
	struct order order;
	struct job job;

	(void)state;
	job_init(&job);
	job.jid = "jid-00000001";
	job.order = "cancelled";
	worker_order(worker, &job);
	workers_turn_end(&workers, false);
	assert_false(worker_take_order(worker, &order));
	worker_order(worker, &job);
	worker_order(worker, &job);
	workers_turn_end(&workers, true);
	assert_true(worker_take_order(worker, &order));
	assert_string_equal(order.jid, "jid-00000001");
	assert_string_equal(order.reason, "cancelled");
	assert_false(worker_take_order(worker, &order));
	/* Who never takes orders is told in another way, and they do not pile up. */
	worker = worker_connect(&workers, "foreign", false);
	worker->may_have_orders = false;
	worker_order(worker, &job);
	assert_true(worker->may_have_orders);
	assert_false(worker_take_order(worker, &order));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    connections_with_one_wid_are_one_worker, begin, end),
		cmocka_unit_test_setup_teardown(silent_workers_are_found, begin, end),
		cmocka_unit_test_setup_teardown(
		    queues_that_are_asked_for_are_remembered, begin, end),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_left_out, begin, end),
		cmocka_unit_test_setup_teardown(orders_of_a_lost_turn_are_undone, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
