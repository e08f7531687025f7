/* What a store does with jobs: the same test on every store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_jobs.h"

static void
jobs_come_back_as_they_were(void **state)
{
	struct store *store = *state;
	struct job job = store_job_make("jid-0001", "Resize", "default"), got;

	job.priority = 7;
	job.retries = 25;
	job.attempts = 1;
	job.failures = 2;
	job.crashes = 3;
	job.reserve_ms = 1800000;
	job.created_at.us = 11;
	job.enqueued_at.us = 12;
	job.run_at.us = 13;
	job.started_at.us = 14;
	job.finished_at.us = 15;
	job.due_at.us = 16;
	job.wake_at.us = 17;
	job_set(&job, &job.worker, "w1");
	job_set(&job, &job.order, "cancelled");
	job_set(&job, &job.reason, "exit");
	job_set(&job, &job.args, "[9007199254740993]");
	job_set(&job, &job.extra, ",\"custom\":{\"a\":1}");
	job_set(&job, &job.failure, "{}");
	job.state = JOB_RUNNING;
	DO(store->ops->job_add(store, &job));
	assert_true(job.id > 0);
	DO(store->ops->commit(store));
	DO(store->ops->job_get(store, "jid-0001", &got));
	assert_int_equal(got.id, job.id);
	assert_string_equal(got.type, "Resize");
	assert_string_equal(got.queue, "default");
	assert_int_equal(got.state, JOB_RUNNING);
	assert_int_equal(got.priority, 7);
	assert_int_equal(got.retries, 25);
	assert_int_equal(got.attempts, 1);
	assert_int_equal(got.failures, 2);
	assert_int_equal(got.crashes, 3);
	assert_int_equal(got.reserve_ms, 1800000);
	assert_int_equal(got.created_at.us, 11);
	assert_int_equal(got.enqueued_at.us, 12);
	assert_int_equal(got.run_at.us, 13);
	assert_int_equal(got.started_at.us, 14);
	assert_int_equal(got.finished_at.us, 15);
	assert_int_equal(got.due_at.us, 16);
	assert_int_equal(got.wake_at.us, 17);
	assert_string_equal(got.worker, "w1");
	assert_string_equal(got.order, "cancelled");
	assert_string_equal(got.reason, "exit");
	assert_string_equal(got.args, "[9007199254740993]");
	assert_string_equal(got.extra, ",\"custom\":{\"a\":1}");
	assert_string_equal(got.failure, "{}");
	job_clear(&got);
	job_clear(&job);
	assert_int_equal(store->ops->job_get(store, "jid-none", &got), STORE_NONE);
}

static void
a_jid_is_used_once(void **state)
{
	struct store *store = *state;
	struct job job = store_job_make("jid-0001", "A", "default");

	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	assert_int_equal(store->ops->job_add(store, &job), STORE_EXISTS);
	DO(store->ops->commit(store));
	assert_string_equal(store_job_list(store, (struct job_filter){ 0 }), "jid-0001 ");
	job_clear(&job);
}

static void
put_number(struct store *store, int number, const char *queue, int64_t priority)
{
	struct job job;
	char jid[16];

	snprintf(jid, sizeof(jid), "jid-%04d", number);
	job = store_job_make(jid, "A", queue);
	job.state = JOB_READY;
	job.priority = priority;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
}

static void
take_number(struct store *store, const char *queue, int number)
{
	struct job job;
	char jid[16];

	snprintf(jid, sizeof(jid), "jid-%04d", number);
	DO(store->ops->job_first(store, queue, false, &job));
	assert_string_equal(job.jid, jid);
	assert_int_equal(job_move(&job, JOB_EVENT_TAKE), 0);
	DO(store->ops->job_start(store, &job));
	job_clear(&job);
}

/* Fewer and more of them than are written at once, those of before among them. */
static void
jobs_are_taken_in_the_transaction_that_brings_them(void **state)
{
	struct store *store = *state;
	struct job job;

	put_number(store, 1, "a", 5);
	DO(store->ops->commit(store));
	put_number(store, 2, "a", 5);
	put_number(store, 3, "a", 9);
	put_number(store, 4, "b", 1);
	take_number(store, "b", 4);
	take_number(store, "a", 3);
	take_number(store, "a", 1);
	take_number(store, "a", 2);
	assert_int_equal(store->ops->job_first(store, "a", false, &job), STORE_NONE);
	for (int i = 100; i < 150; i++)
		put_number(store, i, i % 2 == 0 ? "a" : "b", 5);
	take_number(store, "a", 100);
	put_number(store, 150, "a", 9);
	take_number(store, "a", 150);
	store->ops->rollback(store);
	take_number(store, "a", 1);
	assert_int_equal(store->ops->job_first(store, "a", false, &job), STORE_NONE);
	for (int i = 200; i < 250; i++)
		put_number(store, i, i % 2 == 0 ? "a" : "b", 5);
	take_number(store, "b", 201);
	DO(store->ops->job_get(store, "jid-0249", &job));
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	for (int i = 200; i < 250; i++)
		if (i != 201 && i != 249)
			take_number(store, i % 2 == 0 ? "a" : "b", i);
	DO(store->ops->commit(store));
	assert_int_equal(store->ops->job_first(store, "a", false, &job), STORE_NONE);
	assert_int_equal(store->ops->job_first(store, "b", false, &job), STORE_NONE);
}

static void
the_first_job_is_by_priority_then_arrival(void **state)
{
	struct store *store = *state;
	static const char *const order[] = { "jid-0003", "jid-0001", "jid-0002" };
	struct job job;

	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	store_job_put(store, "jid-0002", "A", "default", JOB_READY);
	job = store_job_make("jid-0003", "A", "default");
	job.priority = 9;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	store_job_put(store, "jid-0004", "A", "other", JOB_READY);
	store_job_put(store, "jid-0005", "A", "default", JOB_BLOCKED);
	job = store_job_make("jid-0006", "B", "default");
	job.builtin = true;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	for (int i = 0; i < 3; i++) {
		DO(store->ops->job_first(store, "default", false, &job));
		assert_string_equal(job.jid, order[i]);
		assert_int_equal(job_move(&job, JOB_EVENT_TAKE), 0);
		DO(store->ops->job_save(store, &job));
		job_clear(&job);
	}
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
	assert_int_equal(store->ops->job_first(store, "never-heard-of", false, &job), STORE_NONE);
	DO(store->ops->commit(store));
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
	DO(store->ops->job_first(store, "default", true, &job));
	assert_string_equal(job.jid, "jid-0006");
	assert_true(job.builtin);
	job_clear(&job);
}

static void
due_jobs_come_by_time(void **state)
{
	struct store *store = *state;
	struct walltime when;
	struct job job;

	assert_int_equal(store->ops->job_next_wake(store, &when), STORE_NONE);
	for (int i = 0; i < 3; i++) {
		char jid[] = "jid-000x";

		jid[7] = (char)('0' + i);
		job = store_job_make(jid, "A", "default");
		job.state = JOB_SCHEDULED;
		job.run_at.us = job.wake_at.us = 300 - i * 100;
		DO(store->ops->job_add(store, &job));
		job_clear(&job);
	}
	DO(store->ops->commit(store));
	DO(store->ops->job_next_wake(store, &when));
	assert_int_equal(when.us, 100);
	assert_int_equal(store->ops->job_due(store, (struct walltime){ 99 }, &job), STORE_NONE);
	DO(store->ops->job_due(store, (struct walltime){ 100 }, &job));
	assert_string_equal(job.jid, "jid-0002");
	assert_int_equal(job_move(&job, JOB_EVENT_DUE), 0);
	job.wake_at.us = 0;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->job_next_wake(store, &when));
	assert_int_equal(when.us, 200);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-0002");
	job_clear(&job);
}

static void
a_deleted_job_leaves_nothing(void **state)
{
	struct store *store = *state;
	struct walltime when;
	struct job job;

	job = store_job_make("jid-0001", "A", "default");
	job.wake_at.us = 5;
	DO(store->ops->job_add(store, &job));
	DO(store->ops->job_delete(store, &job));
	DO(store->ops->commit(store));
	assert_int_equal(store->ops->job_next_wake(store, &when), STORE_NONE);
	assert_string_equal(store_job_list(store, (struct job_filter){ 0 }), "");
	assert_int_equal(store->ops->job_delete(store, &job), STORE_NONE);
	store->ops->rollback(store);
	job_clear(&job);
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
}

static void
a_flush_leaves_nothing(void **state)
{
	struct store *store = *state;
	struct walltime until;
	struct job job;
	int64_t id, counts[JOB_STATE_COUNT];

	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	store_job_put(store, "jid-0002", "A", "default", JOB_RUNNING);
	DO(store->ops->unique_put(store, "key", 1, (struct walltime){ 0 }));
	DO(store->ops->commit(store));
	DO(store->ops->flush(store));
	DO(store->ops->commit(store));
	DO(store->ops->job_count(store, NULL, counts));
	assert_int_equal(counts[JOB_READY] + counts[JOB_RUNNING], 0);
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
	assert_int_equal(store->ops->job_get(store, "jid-0002", &job), STORE_NONE);
	assert_int_equal(store->ops->unique_get(store, "key", &id, &until), STORE_NONE);
	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
}

static bool
check_attempt(void *arg, const struct attempt *attempt)
{
	assert_int_equal(attempt->number, 2);
	assert_int_equal(attempt->started_at.us, 10);
	assert_int_equal(attempt->ended_at.us, 20);
	assert_int_equal(attempt->duration_ms, 30);
	assert_string_equal(attempt->worker, "w1");
	assert_string_equal(attempt->reason, "signal");
	assert_int_equal(attempt->code, -1);
	assert_int_equal(attempt->signal, 9);
	assert_string_equal(attempt->error, "killed");
	assert_int_equal(attempt->output_bytes, 1000);
	assert_int_equal(attempt->head_len, 5);
	assert_memory_equal(attempt->output_head, "he\0ad", 5);
	assert_int_equal(attempt->tail_len, 4);
	assert_memory_equal(attempt->output_tail, "tail", 4);
	*(int *)arg = 1;
	return true;
}

static void
attempts_keep_their_output(void **state)
{
	struct store *store = *state;
	struct job job = store_job_make("jid-0001", "A", "default");
	struct attempt attempt;
	int seen = 0;

	DO(store->ops->job_add(store, &job));
	attempt_init(&attempt);
	attempt.number = 2;
	attempt.started_at.us = 10;
	attempt.ended_at.us = 20;
	attempt.duration_ms = 30;
	attempt.signal = 9;
	attempt.output_bytes = 1000;
	attempt.worker = "w1";
	attempt.reason = "signal";
	attempt.error = "killed";
	attempt.output_head = "he\0ad";
	attempt.head_len = 5;
	attempt.output_tail = "tail";
	attempt.tail_len = 4;
	DO(store->ops->attempt_add(store, &job, &attempt));
	DO(store->ops->commit(store));
	DO(store->ops->attempt_list(store, &job, check_attempt, &seen));
	assert_int_equal(seen, 1);
	job_clear(&job);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(jobs_come_back_as_they_were),
		ON_EVERY(a_jid_is_used_once),
		ON_EVERY(the_first_job_is_by_priority_then_arrival),
		ON_EVERY(jobs_are_taken_in_the_transaction_that_brings_them),
		ON_EVERY(due_jobs_come_by_time),
		ON_EVERY(a_deleted_job_leaves_nothing),
		ON_EVERY(a_flush_leaves_nothing),
		ON_EVERY(attempts_keep_their_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
