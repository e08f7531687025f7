/* Runs of what the configuration has: their ends, their overlap, and what people do to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue_setup.h"

static void
a_job_is_taken_once_and_ends(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);
	struct job job;

	(void)state;
	assert_true(queue.has_ready);
	assert_string_equal(take("w1"), jid);
	assert_string_equal(take("w1"), "");
	job = job_of(jid);
	assert_int_equal(job.state, JOB_RUNNING);
	assert_int_equal(job.attempts, 1);
	assert_int_equal(job.started_at.us, MIDNIGHT);
	assert_string_equal(job.worker, "w1");
	assert_false(walltime_is_set(job.wake_at));
	job_clear(&job);
	queue.now.us += SEC;
	assert_int_equal(end_job(jid, "w1", "exit", 0), QUEUE_OK);
	job = job_of(jid);
	assert_int_equal(job.state, JOB_DONE);
	assert_int_equal(job.finished_at.us, MIDNIGHT + SEC);
	assert_string_equal(job.reason, "exit");
	assert_string_equal(job.worker, "");
	job_clear(&job);
	assert_int_equal(queue.finished_count, 1);
	assert_int_equal(end_job(jid, "w1", "exit", 0), QUEUE_REFUSED);
	assert_int_equal(end_job("no-such-job", "w1", "exit", 0), QUEUE_NO_JOB);
}

static void
only_the_runner_that_has_it_ends_it(void **state)
{
	const char *jid = type_run(type_add(0, "one", ""));

	(void)state;
	take("w1");
	assert_int_equal(end_job(jid, "w0", "exit", 0), QUEUE_REFUSED);
	assert_int_equal(state_of(jid), JOB_RUNNING);
}

static void
expected_exit_codes_are_a_good_end(void **state)
{
	static int64_t codes[] = { 0, 3 };
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);

	(void)state;
	type->exit_codes = codes;
	type->exit_code_count = 2;
	take("w1");
	assert_int_equal(end_job(jid, "w1", "exit", 3), QUEUE_OK);
	assert_int_equal(state_of(jid), JOB_DONE);
}

static void
a_failed_run_is_kept_or_tried_again(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);
	struct job job;

	(void)state;
	take("w1");
	end_job(jid, "w1", "exit", 1);
	assert_int_equal(state_of(jid), JOB_DEAD);

	type->retries = 1;
	type->retry_delay_ms = 5000;
	jid = type_run(type);
	take("w1");
	end_job(jid, "w1", "exit", 1);
	job = job_of(jid);
	assert_int_equal(job.state, JOB_RETRY);
	assert_int_equal(job.run_at.us, MIDNIGHT + 5 * SEC);
	assert_int_equal(job.wake_at.us, MIDNIGHT + 5 * SEC);
	assert_non_null(strstr(job.failure, "\"retry_count\":0,\"remaining\":1"));
	job_clear(&job);
	DO(queue_due(&queue));
	assert_int_equal(state_of(jid), JOB_RETRY);
	queue.now.us += 5 * SEC;
	DO(queue_due(&queue));
	assert_string_equal(take("w1"), jid);
	end_job(jid, "w1", "timeout", -1);
	job = job_of(jid);
	assert_int_equal(job.state, JOB_DEAD);
	assert_int_equal(job.attempts, 2);
	assert_string_equal(job.reason, "timeout");
	job_clear(&job);
}

static void
overlap_skip_keeps_the_second_from_starting(void **state)
{
	struct conf_job *type = type_add(0, "one", "");

	(void)state;
	assert_string_not_equal(type_run(type), "");
	assert_string_equal(type_run(type), "");
	end_job(take("w1"), "w1", "exit", 0);
	assert_string_not_equal(type_run(type), "");
}

static void
overlap_queue_runs_them_one_after_the_other(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *first, *second, *third;

	(void)state;
	type->overlap = CONF_OVERLAP_QUEUE;
	first = type_run(type);
	second = type_run(type);
	third = type_run(type);
	assert_int_equal(state_of(second), JOB_BLOCKED);
	assert_string_equal(take("w1"), first);
	assert_string_equal(take("w1"), "");
	end_job(first, "w1", "exit", 1);
	assert_string_equal(take("w1"), second);
	assert_string_equal(take("w1"), "");
	assert_int_equal(queue_cancel(&queue, second), QUEUE_OK);
	end_job(second, "w1", "cancelled", -1);
	assert_int_equal(state_of(second), JOB_CANCELLED);
	assert_string_equal(take("w1"), third);
}

static void
overlap_parallel_runs_them_together(void **state)
{
	struct conf_job *type = type_add(0, "one", "");

	(void)state;
	type->overlap = CONF_OVERLAP_PARALLEL;
	type_run(type);
	type_run(type);
	assert_string_not_equal(take("w1"), "");
	assert_string_not_equal(take("w1"), "");
}

static void
overlap_replace_ends_what_was_before(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *first, *second, *third;
	char expected[100];

	(void)state;
	type->overlap = CONF_OVERLAP_REPLACE;
	first = type_run(type);
	take("w1");
	second = type_run(type);
	snprintf(expected, sizeof(expected), "%s ", first);
	assert_string_equal(ordered, expected);
	assert_int_equal(state_of(second), JOB_BLOCKED);
	third = type_run(type);
	assert_string_equal(ordered, expected);
	assert_int_equal(state_of(second), JOB_CANCELLED);
	assert_int_equal(state_of(third), JOB_BLOCKED);
	assert_string_equal(take("w1"), "");
	end_job(first, "w1", "replaced", -1);
	assert_int_equal(state_of(first), JOB_CANCELLED);
	assert_string_equal(take("w1"), third);
}

/* A retry that becomes due while another run is there waits for it. */
static void
a_retry_does_not_run_beside_another(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *first, *second;

	(void)state;
	type->overlap = CONF_OVERLAP_QUEUE;
	type->retries = 3;
	type->retry_delay_ms = 1000;
	first = type_run(type);
	end_job(take("w1"), "w1", "exit", 1);
	second = type_run(type);
	take("w1");
	queue.now.us += 2 * SEC;
	DO(queue_due(&queue));
	assert_int_equal(state_of(first), JOB_BLOCKED);
	end_job(second, "w1", "exit", 0);
	assert_string_equal(take("w1"), first);
}

static void
cancelling_ends_every_kind_of_job(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);

	(void)state;
	assert_int_equal(queue_cancel(&queue, jid), QUEUE_OK);
	assert_int_equal(state_of(jid), JOB_CANCELLED);
	assert_int_equal(queue_cancel(&queue, jid), QUEUE_REFUSED);
	assert_int_equal(queue_cancel(&queue, "no-such-job"), QUEUE_NO_JOB);
	jid = type_run(type);
	take("w1");
	assert_int_equal(queue_cancel(&queue, jid), QUEUE_OK);
	assert_int_equal(state_of(jid), JOB_RUNNING);
	assert_int_equal(queue_cancel(&queue, jid), QUEUE_OK);
	/* It ended by itself before the order came. */
	end_job(jid, "w1", "exit", 0);
	assert_int_equal(state_of(jid), JOB_DONE);
}

static void
a_dead_job_is_tried_again_by_hand(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	const char *jid = type_run(type);

	(void)state;
	assert_int_equal(queue_retry(&queue, jid), QUEUE_REFUSED);
	end_job(take("w1"), "w1", "exit", 1);
	assert_int_equal(queue_retry(&queue, jid), QUEUE_OK);
	assert_string_equal(take("w1"), jid);
	end_job(jid, "w1", "exit", 0);
	assert_int_equal(queue_retry(&queue, jid), QUEUE_REFUSED);
}

static void
a_paused_queue_hands_out_nothing(void **state)
{
	struct conf_job *type = type_add(0, "one", "");

	(void)state;
	type_run(type);
	DO(queue_pause(&queue, "default", true));
	assert_string_equal(take("w1"), "");
	DO(queue_pause(&queue, "default", false));
	assert_string_not_equal(take("w1"), "");
}

static void
a_run_of_a_workers_type_has_the_rules_of_its_section(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	struct job job;

	(void)state;
	type->command = NULL;
	type->overlap = CONF_OVERLAP_PARALLEL;
	type->priority = 7;
	type->retries = 4;
	job = job_of(type_run(type));
	assert_false(job.builtin);
	assert_int_equal(job.priority, 7);
	assert_int_equal(job.retries, 4);
	assert_int_equal(job.reserve_ms, 1800000);
	job_clear(&job);
	type->retries = 0;
	job = job_of(type_run(type));
	/* Kept when it fails, not dropped. */
	assert_int_equal(job.retries, -1);
	job_clear(&job);
}

static void
old_runs_are_forgotten(void **state)
{
	struct conf_job *type = type_add(0, "one", "");
	int64_t counts[JOB_STATE_COUNT];

	(void)state;
	type->keep = 5;
	for (int i = 0; i < 20; i++) {
		type_run(type);
		end_job(take("w1"), "w1", "exit", 0);
		queue.now.us += SEC;
	}
	DO(queue.store->ops->job_count(queue.store, NULL, counts));
	assert_int_equal(counts[JOB_DONE], 5);
	type->keep_age_ms = 10000;
	queue.now.us += HOUR;
	type_run(type);
	end_job(take("w1"), "w1", "exit", 0);
	DO(queue.store->ops->job_count(queue.store, NULL, counts));
	assert_int_equal(counts[JOB_DONE], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, queue_setup, queue_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_is_taken_once_and_ends),
		TEST(only_the_runner_that_has_it_ends_it),
		TEST(expected_exit_codes_are_a_good_end),
		TEST(a_failed_run_is_kept_or_tried_again),
		TEST(overlap_skip_keeps_the_second_from_starting),
		TEST(overlap_queue_runs_them_one_after_the_other),
		TEST(overlap_parallel_runs_them_together),
		TEST(overlap_replace_ends_what_was_before),
		TEST(a_retry_does_not_run_beside_another),
		TEST(cancelling_ends_every_kind_of_job),
		TEST(a_dead_job_is_tried_again_by_hand),
		TEST(a_paused_queue_hands_out_nothing),
		TEST(a_run_of_a_workers_type_has_the_rules_of_its_section),
		TEST(old_runs_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
