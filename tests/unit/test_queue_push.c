/* Jobs that others push, for themselves or for what the configuration has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue_jobs.h"

static void
a_lease_runs_out(void **state)
{
	static const char *const queues[] = { "default" };
	struct job job = job_new("jid-0001"), got;

	(void)state;
	assert_int_equal(push(job), QUEUE_OK);
	assert_string_equal(take("runner"), "");
	DO(queue_take(&queue, "w1", false, queues, 1, &got));
	assert_int_equal(got.wake_at.us, MIDNIGHT + 60 * SEC);
	job_clear(&got);
	queue.now.us += 59 * SEC;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_RUNNING);
	queue.now.us += SEC;
	DO(queue_due(&queue));
	got = job_of("jid-0001");
	assert_int_equal(got.state, JOB_RETRY);
	assert_non_null(strstr(got.failure, "ReservationExpired"));
	job_clear(&got);
}

static void
a_pushed_job_of_a_configured_type_goes_to_the_runner(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	struct job job = job_new("jid-0001");
	const char *first;

	(void)state;
	job.type = "one";
	type->overlap = CONF_OVERLAP_QUEUE;
	first = type_run(type);
	assert_int_equal(push(job), QUEUE_OK);
	/* It was acknowledged, so it is not skipped: it waits. */
	assert_int_equal(state_of("jid-0001"), JOB_BLOCKED);
	assert_string_equal(take("w1"), first);
	end_job(first, "w1", "exit", 0);
	assert_string_equal(take("w1"), "jid-0001");
}

/* A client that lost its connection pushes once more: that is refused, and ends nothing of what it
 * would end if it were another one, itself included. */
static void
a_push_that_comes_again_replaces_nothing(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	struct job job = job_new("jid-0001"), other = job_new("jid-0002");

	(void)state;
	type->overlap = CONF_OVERLAP_REPLACE;
	job.type = other.type = "one";
	assert_int_equal(push(job), QUEUE_OK);
	assert_int_equal(push(job), QUEUE_REFUSED);
	assert_non_null(strstr(refusal, "there is a job with the jid jid-0001"));
	assert_int_equal(state_of("jid-0001"), JOB_READY);
	assert_string_equal(take("w1"), "jid-0001");
	assert_int_equal(push(job), QUEUE_REFUSED);
	assert_string_equal(ordered, "");
	assert_int_equal(state_of("jid-0001"), JOB_RUNNING);
	assert_int_equal(push(other), QUEUE_OK);
	assert_string_equal(ordered, "jid-0001 ");
	/* Nor once it has ended, and another one runs in its place. */
	end_job("jid-0001", "w1", "replaced", -1);
	assert_string_equal(take("w1"), "jid-0002");
	assert_int_equal(push(job), QUEUE_REFUSED);
	assert_string_equal(ordered, "jid-0001 ");
}

static void
a_pushed_priority_counts_also_for_the_runner(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	struct job usual = job_new("jid-0001"), urgent = job_new("jid-0002"), got;

	(void)state;
	type->overlap = CONF_OVERLAP_PARALLEL;
	type->priority = 3;
	usual.type = urgent.type = "one";
	urgent.priority = 9;
	assert_int_equal(push(usual), QUEUE_OK);
	assert_int_equal(push(urgent), QUEUE_OK);
	assert_string_equal(take("w1"), "jid-0002");
	/* What libraries always send is no wish: it is the section's. */
	got = job_of("jid-0001");
	assert_int_equal(got.priority, 3);
	job_clear(&got);
}

static void
a_pushed_job_waits_for_its_time(void **state)
{
	struct job job = job_new("jid-0001");

	(void)state;
	job.run_at.us = MIDNIGHT + MINUTE;
	assert_int_equal(push(job), QUEUE_OK);
	assert_int_equal(push(job_new("jid-0001")), QUEUE_REFUSED);
	assert_int_equal(state_of("jid-0001"), JOB_SCHEDULED);
	queue.now.us += MINUTE;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_READY);
}

static void
a_job_without_retries_is_dropped_when_it_fails(void **state)
{
	struct job job = job_new("jid-0001"), got;

	(void)state;
	job.retries = 0;
	assert_int_equal(push(job), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(finish("jid-0001", false), QUEUE_OK);
	assert_int_equal(queue.store->ops->job_get(queue.store, "jid-0001", &got), STORE_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, queue_setup, queue_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lease_runs_out),
		TEST(a_pushed_job_of_a_configured_type_goes_to_the_runner),
		TEST(a_push_that_comes_again_replaces_nothing),
		TEST(a_pushed_priority_counts_also_for_the_runner),
		TEST(a_pushed_job_waits_for_its_time),
		TEST(a_job_without_retries_is_dropped_when_it_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
