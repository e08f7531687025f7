/* What becomes of the jobs of a runner that crashes, comes back or stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/worker.h"
#include "queue_setup.h"

static struct workers workers;
static char home[] = "default", old_queue[] = "old", refusal[QUEUE_WHY_MAX];

static void
runner_comes(const char *wid, const char *const *names, size_t count)
{
	struct worker *worker = worker_connect(&workers, wid, true);

	DO(worker_came(worker, &queue, names, count));
}

static int
workers_setup(void **state)
{
	workers_init(&workers);
	return queue_setup(state);
}

static int
workers_teardown(void **state)
{
	workers_clear(&workers);
	return queue_teardown(state);
}

static void
a_crashed_runners_jobs_are_recorded(void **state)
{
	const char *jid = type_run(type_add(0, "one", ""));
	struct job job;

	(void)state;
	take("w1");
	runner_comes("w2", NULL, 0);
	job = job_of(jid);
	assert_int_equal(job.state, JOB_DEAD);
	assert_string_equal(job.reason, "runner crashed");
	job_clear(&job);
}

static void
a_crashed_runners_jobs_are_tried_again_but_not_for_ever(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);
	char wid[8] = "w0";
	struct job job;

	(void)state;
	type->on_crash = CONF_ON_CRASH_RETRY;
	for (int i = 0; i < 2; i++) {
		assert_string_equal(take(wid), jid);
		wid[1]++;
		runner_comes(wid, NULL, 0);
		assert_int_equal(state_of(jid), JOB_READY);
	}
	take(wid);
	runner_comes("w9", NULL, 0);
	job = job_of(jid);
	assert_int_equal(job.state, JOB_DEAD);
	assert_int_equal(job.attempts, 3);
	job_clear(&job);
}

static void
a_runner_that_comes_back_keeps_what_it_names(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *first, *second, *names[1];
	struct job job;

	(void)state;
	type->overlap = CONF_OVERLAP_PARALLEL;
	first = type_run(type);
	second = type_run(type);
	take("w1");
	take("w1");
	names[0] = first;
	runner_comes("w1", names, 1);
	assert_int_equal(state_of(first), JOB_RUNNING);
	job = job_of(second);
	assert_int_equal(job.state, JOB_READY);
	assert_int_equal(job.attempts, 0);
	job_clear(&job);
}

/* A job may be on its way over a connection that stands: another one's HELLO says nothing about it.
 */
static void
a_second_connection_loses_nothing(void **state)
{
	const char *jid = type_run(type_add(0, "one", ""));
	struct worker *worker = worker_connect(&workers, "w1", true);

	(void)state;
	worker->askers = 1;
	take("w1");
	DO(worker_came(worker, &queue, &jid, 0));
	assert_int_equal(state_of(jid), JOB_RUNNING);
}

static void
an_order_waits_for_the_runner_to_come_back(void **state)
{
	const char *jid = type_run(type_add(0, "one", ""));
	struct worker *worker;
	struct order order;

	(void)state;
	take("w1");
	queue_cancel(&queue, jid);
	runner_comes("w1", &jid, 1);
	worker = worker_find(&workers, "w1");
	runner_comes("w1", &jid, 1);
	assert_true(worker_take_order(worker, &order));
	assert_string_equal(order.jid, jid);
	assert_string_equal(order.reason, "cancelled");
	assert_false(worker_take_order(worker, &order));
}

static void
a_cancelled_job_of_a_dead_runner_is_cancelled(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);

	(void)state;
	type->on_crash = CONF_ON_CRASH_RETRY;
	take("w1");
	queue_cancel(&queue, jid);
	runner_comes("w2", NULL, 0);
	assert_int_equal(state_of(jid), JOB_CANCELLED);
}

static void
a_runner_that_stops_gives_its_jobs_back_by_policy(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);

	(void)state;
	take("w1");
	end_job(jid, "w1", "stopped", -1);
	assert_int_equal(state_of(jid), JOB_DEAD);
	type->on_crash = CONF_ON_CRASH_RETRY;
	jid = type_run(type);
	take("w1");
	end_job(jid, "w1", "stopped", -1);
	assert_int_equal(state_of(jid), JOB_READY);
}

static struct job
job_new_of(const struct conf_job *type, const char *jid)
{
	struct job job;

	job_init(&job);
	job.jid = jid;
	job.type = type->name;
	job.args = "[]";
	job.queue = type->queue;
	return job;
}

/* The section names another queue by now, and the runner asks for that one only. */
static void
jobs_follow_their_type_to_another_queue(void **state)
{
	struct conf_job *type = type_add(0, "one", ""), *gone = type_add(1, "two", "");
	struct job later = job_new_of(type, "jid-0001");
	struct job_change away = { .queue = old_queue };
	int64_t ready, running;
	const char *stays;

	(void)state;
	type->overlap = gone->overlap = CONF_OVERLAP_PARALLEL;
	type->queue = gone->queue = old_queue;
	for (int i = 0; i < 501; i++)
		type_run(type);
	stays = type_run(gone);
	later.run_at.us = MIDNIGHT + HOUR;
	assert_int_equal(queue_push(&queue, &later, refusal), QUEUE_OK);
	job_clear(&later);
	assert_string_equal(take("w1"), "");
	conf.job_count = 1;
	type->queue = home;
	DO(queue_load(&queue));
	DO(queue_due(&queue));
	/* In pieces. */
	assert_string_not_equal(take("w1"), "");
	assert_true(queue.is_away);
	assert_int_equal(queue.rate_wake.us, queue.now.us);
	DO(queue_due(&queue));
	assert_false(queue.is_away);
	DO(queue.store->ops->queue_size(queue.store, old_queue, true, &ready, &running));
	assert_int_equal(ready, 1);
	assert_int_equal(state_of(stays), JOB_READY);
	/* Nor is one sent where nobody asks. */
	assert_int_equal(queue_change(&queue, "jid-0001", &away), QUEUE_REFUSED);
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	later = job_of("jid-0001");
	assert_int_equal(later.state, JOB_READY);
	assert_string_equal(later.queue, home);
	job_clear(&later);
}

#define TEST(name)        cmocka_unit_test_setup_teardown(name, queue_setup, queue_teardown)
#define RUNNER_TEST(name) cmocka_unit_test_setup_teardown(name, workers_setup, workers_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(a_crashed_runners_jobs_are_recorded),
		RUNNER_TEST(a_crashed_runners_jobs_are_tried_again_but_not_for_ever),
		RUNNER_TEST(a_runner_that_comes_back_keeps_what_it_names),
		RUNNER_TEST(a_second_connection_loses_nothing),
		RUNNER_TEST(an_order_waits_for_the_runner_to_come_back),
		RUNNER_TEST(a_cancelled_job_of_a_dead_runner_is_cancelled),
		TEST(a_runner_that_stops_gives_its_jobs_back_by_policy),
		ON_EVERY(jobs_follow_their_type_to_another_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
