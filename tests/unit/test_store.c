/* One behaviour test, run on every store; then what only the one on disk can show. */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "jobd-scheduler/store_sqlite.h"
#include "stores.h"

#define DO(call) assert_int_equal((call), STORE_OK)

static struct job
make_job(const char *jid, const char *type, const char *queue)
{
	struct job job;

	job_init(&job);
	assert_int_equal(job_set(&job, &job.jid, jid), 0);
	assert_int_equal(job_set(&job, &job.type, type), 0);
	assert_int_equal(job_set(&job, &job.queue, queue), 0);
	assert_int_equal(job_set(&job, &job.args, "[]"), 0);
	return job;
}

static void
put(struct store *store, const char *jid, const char *type, const char *queue, enum job_state state)
{
	struct job job = make_job(jid, type, queue);

	job.state = state;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
}

static bool
collect(void *arg, const struct job *job)
{
	char *list = arg;

	strlcat(list, job->jid, 2000);
	strlcat(list, " ", 2000);
	return true;
}

static const char *
list(struct store *store, struct job_filter filter)
{
	static char text[2000];

	text[0] = '\0';
	if (filter.limit == 0)
		filter.limit = 100;
	DO(store->ops->job_list(store, &filter, collect, text));
	return text;
}

static void
jobs_come_back_as_they_were(void **state)
{
	struct store *store = *state;
	struct job job = make_job("jid-0001", "Resize", "default"), got;

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
	struct job job = make_job("jid-0001", "A", "default");

	put(store, "jid-0001", "A", "default", JOB_READY);
	assert_int_equal(store->ops->job_add(store, &job), STORE_EXISTS);
	DO(store->ops->commit(store));
	assert_string_equal(list(store, (struct job_filter){ 0 }), "jid-0001 ");
	job_clear(&job);
}

static void
put_number(struct store *store, int number, const char *queue, int64_t priority)
{
	struct job job;
	char jid[16];

	snprintf(jid, sizeof(jid), "jid-%04d", number);
	job = make_job(jid, "A", queue);
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

	put(store, "jid-0001", "A", "default", JOB_READY);
	put(store, "jid-0002", "A", "default", JOB_READY);
	job = make_job("jid-0003", "A", "default");
	job.priority = 9;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	put(store, "jid-0004", "A", "other", JOB_READY);
	put(store, "jid-0005", "A", "default", JOB_BLOCKED);
	job = make_job("jid-0006", "B", "default");
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
		job = make_job(jid, "A", "default");
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

	job = make_job("jid-0001", "A", "default");
	job.wake_at.us = 5;
	DO(store->ops->job_add(store, &job));
	DO(store->ops->job_delete(store, &job));
	DO(store->ops->commit(store));
	assert_int_equal(store->ops->job_next_wake(store, &when), STORE_NONE);
	assert_string_equal(list(store, (struct job_filter){ 0 }), "");
	assert_int_equal(store->ops->job_delete(store, &job), STORE_NONE);
	store->ops->rollback(store);
	job_clear(&job);
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
}

static void
lists_are_filtered(void **state)
{
	struct store *store = *state;
	struct job job;

	put(store, "jid-0001", "A", "one", JOB_READY);
	put(store, "jid-0002", "B", "two", JOB_READY);
	put(store, "jid-0003", "A", "two", JOB_DONE);
	put(store, "jid-0004", "A", "one", JOB_DEAD);
	job = make_job("jid-0005", "B", "one");
	job.state = JOB_RUNNING;
	job_set(&job, &job.worker, "w1");
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	assert_string_equal(
	    list(store, (struct job_filter){ 0 }), "jid-0005 jid-0004 jid-0003 jid-0002 jid-0001 ");
	assert_string_equal(list(store, (struct job_filter){ .oldest_first = true, .limit = 2 }),
	    "jid-0001 jid-0002 ");
	assert_string_equal(
	    list(store, (struct job_filter){ .type = "A" }), "jid-0004 jid-0003 jid-0001 ");
	assert_string_equal(list(store, (struct job_filter){ .type = "never" }), "");
	assert_string_equal(list(store, (struct job_filter){ .queue = "never" }), "");
	assert_string_equal(list(store, (struct job_filter){ .type = "A",
					    .states = 1u << JOB_DONE | 1u << JOB_READY }),
	    "jid-0003 jid-0001 ");
	assert_string_equal(
	    list(store, (struct job_filter){ .states = 1u << JOB_READY }), "jid-0002 jid-0001 ");
	assert_string_equal(
	    list(store, (struct job_filter){ .states = 1u << JOB_READY, .queue = "one" }),
	    "jid-0001 ");
	assert_string_equal(list(store, (struct job_filter){ .worker = "w1" }), "jid-0005 ");
	assert_string_equal(list(store, (struct job_filter){ .worker = "w2" }), "");
}

/* Every filter, in both directions, page by page. */
static void
pages_are_by_seq(void **state)
{
	static const enum job_state states[] = { JOB_READY, JOB_DEAD, JOB_SCHEDULED, JOB_READY,
		JOB_DONE, JOB_DEAD, JOB_CANCELLED, JOB_READY };
	struct store *store = *state;
	struct job_filter filter = { .oldest_first = true, .limit = 3 };
	int64_t counts[JOB_STATE_COUNT], ids[8];
	struct job job;

	for (int i = 0; i < 8; i++) {
		char jid[] = "jid-000x";

		jid[7] = (char)('0' + i);
		job = make_job(jid, i % 2 == 0 ? "A" : "B", i < 4 ? "one" : "two");
		job.state = states[i];
		job.created_at.us = 100 * (i + 1);
		job.finished_at.us = 5;
		job.tags = i % 3 == 0 ? "[\"red\",\"big\"]" : "";
		job.parent = i > 5 ? "jid-0000" : "";
		job.bid = i == 1 || i == 2 ? "b-1" : "";
		DO(store->ops->job_add(store, &job));
		ids[i] = job.id;
		job_clear(&job);
	}
	DO(store->ops->commit(store));
	assert_string_equal(list(store, filter), "jid-0000 jid-0001 jid-0002 ");
	filter.after = ids[2];
	assert_string_equal(list(store, filter), "jid-0003 jid-0004 jid-0005 ");
	filter.after = ids[5];
	assert_string_equal(list(store, filter), "jid-0006 jid-0007 ");
	filter = (struct job_filter){ .limit = 3, .after = ids[3] };
	assert_string_equal(list(store, filter), "jid-0002 jid-0001 jid-0000 ");
	filter = (struct job_filter){ .states = 1u << JOB_DEAD | 1u << JOB_DONE };
	assert_string_equal(list(store, filter), "jid-0005 jid-0004 jid-0001 ");
	filter.after = ids[5];
	filter.limit = 1;
	assert_string_equal(list(store, filter), "jid-0004 ");
	assert_string_equal(
	    list(store, (struct job_filter){ .tag = "red" }), "jid-0006 jid-0003 jid-0000 ");
	assert_string_equal(
	    list(store, (struct job_filter){ .tag = "red", .states = 1u << JOB_READY }),
	    "jid-0003 jid-0000 ");
	assert_string_equal(list(store, (struct job_filter){ .tag = "re" }), "");
	assert_string_equal(
	    list(store, (struct job_filter){ .parent = "jid-0000" }), "jid-0007 jid-0006 ");
	assert_string_equal(list(store, (struct job_filter){ .bid = "b-1", .oldest_first = true }),
	    "jid-0001 jid-0002 ");
	assert_string_equal(list(store, (struct job_filter){ .since = { 300 }, .until = { 500 } }),
	    "jid-0003 jid-0002 ");
	assert_string_equal(
	    list(store, (struct job_filter){ .type = "B", .queue = "two" }), "jid-0007 jid-0005 ");
	filter = (struct job_filter){ .type = "B", .queue = "two" };
	DO(store->ops->job_count(store, &filter, counts));
	assert_int_equal(counts[JOB_READY], 1);
	assert_int_equal(counts[JOB_DEAD], 1);
	filter = (struct job_filter){ .queue = "one" };
	DO(store->ops->job_count(store, &filter, counts));
	assert_int_equal(counts[JOB_READY], 2);
	assert_int_equal(counts[JOB_SCHEDULED], 1);
	filter = (struct job_filter){ .tag = "big" };
	DO(store->ops->job_count(store, &filter, counts));
	assert_int_equal(counts[JOB_CANCELLED], 1);
	DO(store->ops->job_get(store, "jid-0006", &job));
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	assert_string_equal(list(store, (struct job_filter){ .tag = "big" }), "jid-0003 jid-0000 ");
}

static void
a_flush_leaves_nothing(void **state)
{
	struct store *store = *state;
	struct walltime until;
	struct job job;
	int64_t id, counts[JOB_STATE_COUNT];

	put(store, "jid-0001", "A", "default", JOB_READY);
	put(store, "jid-0002", "A", "default", JOB_RUNNING);
	DO(store->ops->unique_put(store, "key", 1, (struct walltime){ 0 }));
	DO(store->ops->commit(store));
	DO(store->ops->flush(store));
	DO(store->ops->commit(store));
	DO(store->ops->job_count(store, NULL, counts));
	assert_int_equal(counts[JOB_READY] + counts[JOB_RUNNING], 0);
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
	assert_int_equal(store->ops->job_get(store, "jid-0002", &job), STORE_NONE);
	assert_int_equal(store->ops->unique_get(store, "key", &id, &until), STORE_NONE);
	put(store, "jid-0001", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
}

static void
jobs_are_counted_by_state(void **state)
{
	struct store *store = *state;
	int64_t counts[JOB_STATE_COUNT];

	put(store, "jid-0001", "A", "one", JOB_READY);
	put(store, "jid-0002", "A", "one", JOB_READY);
	put(store, "jid-0003", "A", "one", JOB_DEAD);
	DO(store->ops->job_count(store, NULL, counts));
	assert_int_equal(counts[JOB_READY], 2);
	assert_int_equal(counts[JOB_DEAD], 1);
	assert_int_equal(counts[JOB_DONE], 0);
}

static void
active_jobs_are_counted(void **state)
{
	static const enum job_state states[] = { JOB_READY, JOB_RUNNING, JOB_BLOCKED, JOB_BLOCKED,
		JOB_DONE, JOB_RETRY, JOB_SCHEDULED };
	struct store *store = *state;
	int64_t active, waiting;

	DO(store->ops->job_active(store, "A", &active, &waiting));
	assert_int_equal(active + waiting, 0);
	for (int i = 0; i < 7; i++) {
		char jid[] = "jid-000x";

		jid[7] = (char)('0' + i);
		put(store, jid, "A", "default", states[i]);
	}
	put(store, "jid-0008", "B", "default", JOB_READY);
	DO(store->ops->job_active(store, "A", &active, &waiting));
	assert_int_equal(active, 2);
	assert_int_equal(waiting, 2);
}

static bool
count_attempts(void *arg, const struct attempt *attempt)
{
	*(int64_t *)arg += attempt->number;
	return true;
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
	struct job job = make_job("jid-0001", "A", "default");
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

static void
finished_jobs_are_forgotten_by_count_and_age(void **state)
{
	struct store *store = *state;
	struct job_trim trim = { .type = "A", .state = JOB_DONE, .keep = 3, .limit = 2 };
	struct attempt attempt;
	int64_t removed, seen = 0;
	struct job job;

	attempt_init(&attempt);
	attempt.number = 1;
	for (int i = 1; i <= 6; i++) {
		char jid[] = "jid-000x";

		jid[7] = (char)('0' + i);
		job = make_job(jid, "A", "default");
		job.state = JOB_DONE;
		job.finished_at.us = i * 100;
		DO(store->ops->job_add(store, &job));
		DO(store->ops->attempt_add(store, &job, &attempt));
		job_clear(&job);
	}
	put(store, "jid-0007", "A", "default", JOB_DEAD);
	put(store, "jid-0008", "B", "default", JOB_DONE);
	DO(store->ops->commit(store));
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 2);
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 1);
	assert_string_equal(list(store, (struct job_filter){ .type = "A" }),
	    "jid-0007 jid-0006 jid-0005 jid-0004 ");
	trim.older_than.us = 501;
	trim.limit = 10;
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 2);
	assert_string_equal(list(store, (struct job_filter){ 0 }), "jid-0008 jid-0007 jid-0006 ");
	DO(store->ops->job_get(store, "jid-0006", &job));
	DO(store->ops->attempt_list(store, &job, count_attempts, &seen));
	assert_int_equal(seen, 1);
	job_clear(&job);
}

static void
a_schedule_keeps_its_state(void **state)
{
	struct store *store = *state;
	struct schedule_state schedule = { { 1 }, { 2 }, true, "x" }, got;
	static const char *const keep[] = { "b" };

	assert_int_equal(store->ops->schedule_get(store, "a", &got), STORE_NONE);
	DO(store->ops->schedule_put(store, "a", &schedule));
	DO(store->ops->schedule_put(store, "b", &schedule));
	schedule.cursor.us = 3;
	DO(store->ops->schedule_put(store, "a", &schedule));
	DO(store->ops->schedule_retire(store, keep, 1));
	DO(store->ops->commit(store));
	DO(store->ops->schedule_get(store, "a", &got));
	assert_int_equal(got.since.us, 1);
	assert_int_equal(got.cursor.us, 3);
	assert_true(got.paused);
	assert_string_equal(got.fingerprint, "");
	DO(store->ops->schedule_get(store, "b", &got));
	assert_string_equal(got.fingerprint, "x");
}

static bool
collect_tick(void *arg, const struct tick_record *tick)
{
	char text[40];

	snprintf(text, sizeof(text), "%d ", (int)tick->due_at.us);
	strlcat(arg, text, 2000);
	return true;
}

static const char *
ticks_of(struct store *store, const char *schedule, int64_t limit)
{
	static char text[2000];

	text[0] = '\0';
	DO(store->ops->tick_list(store, schedule, limit, collect_tick, text));
	return text;
}

static void
a_tick_is_recorded_once(void **state)
{
	struct store *store = *state;
	struct tick_record tick = { .due_at = { 100 }, .ran = true, .jid = "jid-0001" };

	DO(store->ops->tick_add(store, "a", &tick));
	assert_int_equal(store->ops->tick_add(store, "a", &tick), STORE_EXISTS);
	DO(store->ops->tick_add(store, "b", &tick));
	tick.due_at.us = 300;
	DO(store->ops->tick_add(store, "a", &tick));
	tick.due_at.us = 200;
	DO(store->ops->tick_add(store, "a", &tick));
	DO(store->ops->commit(store));
	assert_string_equal(ticks_of(store, "a", 10), "300 200 100 ");
	assert_string_equal(ticks_of(store, "a", 2), "300 200 ");
	assert_string_equal(ticks_of(store, "never", 2), "");
}

/* The ticks of users' schedules are none of the configuration's. */
static void
routines_have_ticks_of_their_own(void **state)
{
	struct store *store = *state;
	struct tick_record tick = { .ran = true, .jid = "jid-0001" };
	struct routine routine;
	char text[2000] = "";

	routine_init(&routine);
	routine.name = "user-1";
	routine.job = "Digest";
	routine.schedule = "0 * * * *";
	routine.cursor.us = 500;
	routine.next_at.us = 600;
	routine.enabled = true;
	DO(store->ops->routine_put(store, &routine));
	for (int i = 1; i <= 5; i++) {
		tick.due_at.us = i * 100;
		DO(store->ops->routine_tick_add(store, "user-1", &tick));
	}
	assert_int_equal(store->ops->routine_tick_add(store, "user-1", &tick), STORE_EXISTS);
	DO(store->ops->routine_tick_trim(store, "user-1", 2, (struct walltime){ 200 }));
	DO(store->ops->commit(store));
	DO(store->ops->routine_tick_list(store, "user-1", 2, collect_tick, text));
	assert_string_equal(text, "500 400 ");
	text[0] = '\0';
	DO(store->ops->routine_tick_list(store, "user-1", 10, collect_tick, text));
	assert_string_equal(text, "500 400 300 ");
	/* The clock was set back. */
	DO(store->ops->routine_rewind(store, (struct walltime){ 600 }));
	DO(store->ops->routine_get(store, "user-1", &routine));
	assert_int_equal(routine.cursor.us, 500);
	routine_clear(&routine);
	DO(store->ops->routine_rewind(store, (struct walltime){ 250 }));
	DO(store->ops->routine_get(store, "user-1", &routine));
	assert_int_equal(routine.cursor.us, 250);
	assert_int_equal(routine.next_at.us, 250);
	routine_clear(&routine);
	DO(store->ops->routine_delete(store, "user-1"));
	text[0] = '\0';
	DO(store->ops->routine_tick_list(store, "user-1", 10, collect_tick, text));
	assert_string_equal(text, "");
}

static void
ticks_ahead_of_the_cursor_are_not_forgotten(void **state)
{
	struct store *store = *state;

	for (int i = 1; i <= 6; i++) {
		struct tick_record tick = { .due_at = { i * 100 } };

		DO(store->ops->tick_add(store, "a", &tick));
	}
	DO(store->ops->tick_trim(
	    store, "a", 1, (struct walltime){ 0 }, (struct walltime){ 300 }, 100));
	assert_string_equal(ticks_of(store, "a", 10), "600 500 400 ");
	DO(store->ops->tick_trim(
	    store, "a", 10, (struct walltime){ 501 }, (struct walltime){ 600 }, 1));
	assert_string_equal(ticks_of(store, "a", 10), "600 500 ");
}

static bool
collect_exit(void *arg, const struct exit_record *record)
{
	char text[160];

	snprintf(text, sizeof(text), "%d:%s:%d:%d ", (int)record->pid, record->reason,
	    (int)record->code, (int)record->uptime_ms);
	strlcat(arg, text, 2000);
	return true;
}

static void
exits_are_kept_once_and_bounded(void **state)
{
	struct store *store = *state;
	char text[2000] = "";
	struct exit_record record = {
		.name = "web", .reason = "exit", .code = 7, .signal = -1, .uptime_ms = 9
	};

	for (int i = 1; i <= 5; i++) {
		record.pid = i;
		record.at.us = i * 10;
		DO(store->ops->exit_add(store, &record));
	}
	assert_int_equal(store->ops->exit_add(store, &record), STORE_EXISTS);
	DO(store->ops->exit_trim(store, "web", 3));
	DO(store->ops->commit(store));
	DO(store->ops->exit_list(store, "web", 2, collect_exit, text));
	assert_string_equal(text, "5:exit:7:9 4:exit:7:9 ");
	text[0] = '\0';
	DO(store->ops->exit_list(store, "web", 10, collect_exit, text));
	assert_string_equal(text, "5:exit:7:9 4:exit:7:9 3:exit:7:9 ");
}

static bool
collect_bid(void *arg, const struct batch *batch)
{
	strlcat(arg, batch->bid, 2000);
	return true;
}

static const char *
batches_of(struct store *store, const char *before, const char *tag, int64_t limit)
{
	static char text[2000];
	struct batch_filter filter = { .before = before, .tag = tag, .limit = limit };

	text[0] = '\0';
	DO(store->ops->batch_list(store, &filter, collect_bid, text));
	return text;
}

static void
batches_are_listed_newest_first(void **state)
{
	static const char *const bids[] = { "a", "c", "b", "d" };
	struct store *store = *state;

	for (int i = 0; i < 4; i++) {
		struct batch batch;

		batch_init(&batch);
		batch.bid = bids[i];
		batch.tag = i == 1 ? "" : "tenant:1";
		batch.created_at.us = i < 3 ? 10 : 20;
		DO(store->ops->batch_put(store, &batch));
		batch_clear(&batch);
	}
	DO(store->ops->commit(store));
	assert_string_equal(batches_of(store, NULL, NULL, 10), "dcba");
	assert_string_equal(batches_of(store, NULL, "tenant:1", 10), "dba");
	assert_string_equal(batches_of(store, "c", NULL, 1), "b");
	assert_string_equal(batches_of(store, "none", NULL, 10), "");
}

static bool
collect_audit(void *arg, const struct audit_record *record)
{
	char text[400];

	snprintf(text, sizeof(text), "%d:%s:%s:%d ", (int)record->id, record->who, record->verb,
	    (int)record->count);
	strlcat(arg, text, 2000);
	return true;
}

static const char *
audit_of(struct store *store, int64_t before, const char *who, int64_t limit)
{
	static char text[2000];
	struct audit_filter filter = { .before = before, .who = who, .limit = limit };

	text[0] = '\0';
	DO(store->ops->audit_list(store, &filter, collect_audit, text));
	return text;
}

static void
audit_is_kept_in_order_and_bounded(void **state)
{
	struct store *store = *state;
	struct audit_record record = { .count = 1, .verb = "STOP", .from = "local" };

	for (int i = 1; i <= 5; i++) {
		snprintf(record.who, sizeof(record.who), "%s", i == 3 ? "ann" : "bob");
		record.at.us = record.until.us = i * 10;
		DO(store->ops->audit_add(store, &record));
		assert_int_equal(record.id, i);
	}
	record.count = 7;
	record.until.us = 90;
	DO(store->ops->audit_save(store, &record));
	DO(store->ops->commit(store));
	assert_string_equal(audit_of(store, 0, NULL, 3), "5:bob:STOP:7 4:bob:STOP:1 3:ann:STOP:1 ");
	assert_string_equal(audit_of(store, 3, NULL, 10), "2:bob:STOP:1 1:bob:STOP:1 ");
	assert_string_equal(audit_of(store, 0, "ann", 10), "3:ann:STOP:1 ");
	DO(store->ops->audit_trim(store, 4, (struct walltime){ 0 }, 100));
	assert_string_equal(audit_of(store, 3, NULL, 10), "2:bob:STOP:1 ");
	DO(store->ops->audit_trim(store, 100, (struct walltime){ 40 }, 1));
	assert_string_equal(audit_of(store, 4, NULL, 10), "3:ann:STOP:1 ");
	DO(store->ops->audit_trim(store, 100, (struct walltime){ 41 }, 100));
	assert_string_equal(audit_of(store, 0, NULL, 10), "5:bob:STOP:7 ");
}

static void
pause_queue(struct store *store, const char *name, bool paused)
{
	struct queue_record record = {
		.paused = paused, .limits = {CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET}
	};

	snprintf(record.name, sizeof(record.name), "%s", name);
	DO(store->ops->queue_put(store, &record));
}

static bool
collect_queue(void *arg, const struct queue_record *record)
{
	char text[300];

	if (!record->paused && record->size == 0)
		return true;
	snprintf(text, sizeof(text), "%s:%d:%d:%d ", record->name, record->paused,
	    (int)record->size, (int)record->oldest.us);
	strlcat(arg, text, 2000);
	return true;
}

static void
queues_are_listed(void **state)
{
	struct store *store = *state;
	char text[2000] = "";
	struct job job = make_job("jid-0001", "A", "two");

	job.enqueued_at.us = 44;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	put(store, "jid-0002", "A", "two", JOB_READY);
	put(store, "jid-0003", "A", "three", JOB_DONE);
	pause_queue(store, "one", true);
	pause_queue(store, "two", true);
	pause_queue(store, "two", true);
	pause_queue(store, "four", true);
	pause_queue(store, "four", false);
	DO(store->ops->commit(store));
	DO(store->ops->queue_list(store, collect_queue, text));
	assert_string_equal(text, "one:1:0:0 two:1:2:44 ");
}

static bool
collect_stat(void *arg, const struct stat_record *stat)
{
	char text[100];

	snprintf(text, sizeof(text), "%d:%d:%d:%d:%d:%d ", (int)stat->at.us, (int)stat->pushed,
	    (int)stat->done, (int)stat->failed, (int)stat->run_ms, (int)stat->run_ms_max);
	strlcat(arg, text, 2000);
	return true;
}

static void
statistics_add_up(void **state)
{
	struct store *store = *state;
	struct stat_record one = {
		.at = { 3600 }, .pushed = 1, .done = 2, .run_ms = 5, .run_ms_max = 5
	};
	struct stat_record two = { .at = { 3600 }, .failed = 3, .run_ms = 7, .run_ms_max = 4 };
	struct stat_record other = { .at = { 7200 }, .done = 1 };
	int64_t processed, failures;
	char text[2000] = "";

	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 0);
	DO(store->ops->stat_add(store, &one));
	DO(store->ops->stat_add(store, &two));
	DO(store->ops->stat_add(store, &other));
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &two));
	store->ops->rollback(store);
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:1:2:3:12:5 7200:0:1:0:0:0 ");
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 6);
	assert_int_equal(failures, 3);
	text[0] = '\0';
	DO(store->ops->stat_list(store, (struct walltime){ 3601 }, collect_stat, text));
	assert_string_equal(text, "7200:0:1:0:0:0 ");
}

static void
a_rollback_forgets_everything(void **state)
{
	struct store *store = *state;
	struct schedule_state schedule = { .fingerprint = "x" }, got;
	struct tick_record tick = { .due_at = { 100 } };
	struct walltime when;
	struct job job;

	put(store, "jid-0001", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
	put(store, "jid-0002", "New", "new", JOB_READY);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_int_equal(job_move(&job, JOB_EVENT_TAKE), 0);
	job.wake_at.us = 77;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->tick_add(store, "a", &tick));
	DO(store->ops->schedule_put(store, "a", &schedule));
	pause_queue(store, "default", true);
	store->ops->rollback(store);
	assert_string_equal(list(store, (struct job_filter){ 0 }), "jid-0001 ");
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-0001");
	assert_int_equal(job.state, JOB_READY);
	job_clear(&job);
	assert_int_equal(store->ops->job_next_wake(store, &when), STORE_NONE);
	assert_int_equal(store->ops->schedule_get(store, "a", &got), STORE_NONE);
	assert_string_equal(ticks_of(store, "a", 10), "");
	/* Names that were new in what was rolled back can be used again. */
	put(store, "jid-0003", "New", "new", JOB_READY);
	DO(store->ops->commit(store));
	DO(store->ops->job_first(store, "new", false, &job));
	assert_string_equal(job.type, "New");
	job_clear(&job);
	store->ops->rollback(store);
}

/* What only a file can show. */

static struct store *
reopen(struct store *store, char *error)
{
	if (store != NULL)
		store->ops->close(store);
	return store_sqlite_open(stores_path, 100, error);
}

/* Another connection sees what is written. */
static const char *
written_stats(void)
{
	static char text[2000];
	char error[STORE_ERROR_MAX];
	struct store *other = store_sqlite_open(stores_path, 100, error);

	assert_non_null(other);
	text[0] = '\0';
	DO(other->ops->stat_list(other, (struct walltime){ 0 }, collect_stat, text));
	other->ops->close(other);
	return text;
}

static void
statistics_are_written_when_they_are_settled(void **state)
{
	struct store *store = *state;
	struct stat_record one = { .at = { 3600 }, .done = 1 };
	int64_t processed, failures;
	char text[2000] = "", error[STORE_ERROR_MAX];

	DO(store->ops->stat_add(store, &one));
	DO(store->ops->commit(store));
	assert_true(store->owes);
	assert_string_equal(written_stats(), "");
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:0:1:0:0:0 ");
	DO(store->ops->settle(store));
	store->ops->rollback(store);
	assert_string_equal(written_stats(), "");
	DO(store->ops->settle(store));
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 1);
	DO(store->ops->commit(store));
	assert_false(store->owes);
	assert_string_equal(written_stats(), "3600:0:1:0:0:0 ");
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 1);
	DO(store->ops->stat_add(store, &one));
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &one)); /* never committed */
	*state = store = reopen(store, error);
	assert_non_null(store);
	assert_string_equal(written_stats(), "3600:0:2:0:0:0 ");
}

static void
statistics_of_two_hours_do_not_mix(void **state)
{
	struct store *store = *state;
	struct stat_record one = { .at = { 3600 }, .done = 1 };
	struct stat_record two = { .at = { 7200 }, .done = 1 };
	char text[2000] = "";

	DO(store->ops->stat_add(store, &one));
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &two));
	store->ops->rollback(store);
	DO(store->ops->stat_add(store, &two));
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:0:1:0:0:0 7200:0:1:0:0:0 ");
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &one)); /* the clock was set back */
	DO(store->ops->commit(store));
	text[0] = '\0';
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:0:2:0:0:0 7200:0:1:0:0:0 ");
	DO(store->ops->settle(store));
	DO(store->ops->commit(store));
	assert_string_equal(written_stats(), text);
}

static void
what_was_committed_is_there_after_opening_again(void **state)
{
	struct store *store = *state;
	char error[STORE_ERROR_MAX];
	struct job job;

	put(store, "jid-0001", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
	put(store, "jid-0002", "A", "default", JOB_READY);
	*state = store = reopen(store, error);
	assert_non_null(store);
	assert_string_equal(list(store, (struct job_filter){ 0 }), "jid-0001 ");
	/* Ids are never used again. */
	DO(store->ops->job_get(store, "jid-0001", &job));
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	job = make_job("jid-0003", "A", "default");
	DO(store->ops->job_add(store, &job));
	assert_true(job.id > 1);
	job_clear(&job);
}

/* More jobs than there are jids in memory: those in the table, those on their way and those that
 * are new are all found, once, before and after opening again. */
static void
many_jids_are_found_wherever_they_stand(void **state)
{
	struct store *store = *state;
	char error[STORE_ERROR_MAX], jid[32];
	struct job job;

	for (int i = 0; i < 300000; i++) {
		snprintf(jid, sizeof(jid), "jid-%08x", (unsigned)i * 2654435761u);
		put(store, jid, "A", "default", JOB_READY);
		if (i % 10000 == 0)
			DO(store->ops->commit(store));
		if (i % 7 == 3) {
			DO(store->ops->job_get(store, jid, &job));
			DO(store->ops->job_delete(store, &job));
			job_clear(&job);
		}
	}
	DO(store->ops->commit(store));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 300000; i += 997) {
			enum store_result expected = i % 7 == 3 ? STORE_NONE : STORE_OK;

			snprintf(jid, sizeof(jid), "jid-%08x", (unsigned)i * 2654435761u);
			assert_int_equal(store->ops->job_get(store, jid, &job), expected);
			if (expected == STORE_NONE)
				continue;
			assert_string_equal(job.jid, jid);
			assert_int_equal(store->ops->job_add(store, &job), STORE_EXISTS);
			job_clear(&job);
		}
		*state = store = reopen(store, error);
		assert_non_null(store);
	}
}

static void
overwrite(const char *data, off_t offset)
{
	int fd = open(stores_path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, strlen(data), offset), (ssize_t)strlen(data));
	close(fd);
}

/* What a running job is stands in memory and in a row of its own. */
static void
a_running_job_is_still_running_after_opening_again(void **state)
{
	struct store *store = *state;
	char error[STORE_ERROR_MAX];
	int64_t ready, running;
	struct walltime when;
	struct job job;

	put(store, "jid-0001", "A", "default", JOB_READY);
	put(store, "jid-0002", "A", "default", JOB_READY);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_int_equal(job_move(&job, JOB_EVENT_TAKE), 0);
	job.worker = "w1";
	job.attempts = 3;
	job.started_at.us = 50;
	job.wake_at.us = 70;
	DO(store->ops->job_start(store, &job));
	job.order = "cancelled";
	job.percent = 40;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	*state = store = reopen(store, error);
	assert_non_null(store);
	DO(store->ops->queue_size(store, "default", false, &ready, &running));
	assert_int_equal(ready, 1);
	assert_int_equal(running, 1);
	DO(store->ops->job_next_wake(store, &when));
	assert_int_equal(when.us, 70);
	DO(store->ops->job_get_brief(store, "jid-0001", &job));
	assert_int_equal(job.state, JOB_RUNNING);
	assert_string_equal(job.worker, "w1");
	assert_string_equal(job.order, "cancelled");
	assert_int_equal(job.attempts, 3);
	assert_int_equal(job.percent, 40);
	job_clear(&job);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-0002");
	job_clear(&job);
}

static void
a_backup_can_be_opened(void **state)
{
	struct store *store = *state, *copy;
	char error[STORE_ERROR_MAX], file[128], jid[32];
	enum store_result result;
	int steps = 0;

	for (int i = 0; i < 60000; i++) {
		snprintf(jid, sizeof(jid), "jid-%06d", i);
		put(store, jid, "A", "default", JOB_READY);
	}
	DO(store->ops->commit(store));
	snprintf(file, sizeof(file), "%s/copy", stores_dir);
	unlink(file);
	DO(store->ops->backup_begin(store, file));
	while ((result = store->ops->backup_step(store)) == STORE_OK) {
		/* Work goes on meanwhile. */
		snprintf(jid, sizeof(jid), "new-%06d", steps++);
		put(store, jid, "A", "default", JOB_READY);
		DO(store->ops->commit(store));
	}
	assert_int_equal(result, STORE_NONE);
	assert_true(steps >= 2);
	store->ops->backup_end(store);
	assert_int_equal(store->ops->backup_begin(store, file), STORE_FAILED);
	copy = store_sqlite_open(file, 100, error);
	assert_non_null(copy);
	DO(copy->ops->inspect(copy));
	assert_string_equal(
	    list(copy, (struct job_filter){ .oldest_first = true, .limit = 1 }), "jid-000000 ");
	copy->ops->close(copy);
	unlink(file);
	DO(store->ops->vacuum(store));
	DO(store->ops->inspect(store));
}

/* A database as the first version left it. */
static void
the_first_version_is_taken_over(void **state)
{
	static const char *const fill[] = {
		"INSERT INTO name(id, text) VALUES(1, 'A'), (2, 'default')",
		"INSERT INTO job VALUES(7, 'jid-ready', 1, 2, 0, 1, 5, 25, 0, 0, 0, 1800000, 10, "
		"11, "
		"11, 0, 0, 0, 0, '', '', '', '[1]', ',\"x\":1', '')",
		"INSERT INTO job VALUES(8, 'jid-running', 1, 2, 0, 3, 5, 25, 1, 0, 0, 1800000, 10, "
		"11, 11, 20, 0, 0, 99, 'w1', 'cancelled', '', '[]', '', '')",
		"INSERT INTO job VALUES(9, 'jid-dead', 1, 2, 0, 6, 5, 0, 1, 1, 0, 1800000, 10, 11, "
		"11, 20, 30, 0, 0, '', '', 'failed', '[]', '', '{}')",
		"INSERT INTO ready VALUES(2, 0, -5, 7)",
		"INSERT INTO later VALUES(99, 8)",
		"INSERT INTO paused_queue VALUES(2)",
		"INSERT INTO counter VALUES(0, 12), (1, 3)",
	};
	struct store *store = *state;
	char error[STORE_ERROR_MAX];
	int64_t processed, failures;
	struct job job;
	struct db *db;

	store->ops->close(store);
	unlink(stores_path);
	db = db_open(
	    stores_path, 100, store_migrations, 1, fill, sizeof(fill) / sizeof(fill[0]), error);
	assert_non_null(db);
	assert_int_equal(db_begin(db), DB_DONE);
	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++)
		assert_int_equal(db_run(db, i, ""), DB_DONE);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	*state = store = store_sqlite_open(stores_path, 100, error);
	assert_non_null(store);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-ready");
	assert_string_equal(job.args, "[1]");
	assert_string_equal(job.extra, ",\"x\":1");
	assert_int_equal(job.run_at.us, 11);
	job_clear(&job);
	DO(store->ops->job_get(store, "jid-running", &job));
	assert_int_equal(job.state, JOB_RUNNING);
	assert_string_equal(job.worker, "w1");
	assert_string_equal(job.order, "cancelled");
	assert_int_equal(job.wake_at.us, 99);
	job_clear(&job);
	DO(store->ops->job_get(store, "jid-dead", &job));
	assert_int_equal(job.state, JOB_DEAD);
	assert_string_equal(job.reason, "failed");
	job_clear(&job);
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 12);
	assert_int_equal(failures, 3);
	put(store, "jid-new", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
	DO(store->ops->job_get(store, "jid-new", &job));
	assert_true(job.id > 9);
	job_clear(&job);
}

static void
a_newer_version_is_refused_in_words(void **state)
{
	char error[STORE_ERROR_MAX] = "";
	struct store *store = *state;

	store->ops->close(store);
	*state = NULL;
	/* The file's user_version is at offset 60, big-endian. */
	overwrite("\x01", 62);
	assert_null(reopen(NULL, error));
	assert_non_null(strstr(error, "newer jobd"));
	assert_non_null(strstr(error, stores_path));
}

static void
a_file_that_is_no_database_is_refused_and_left_alone(void **state)
{
	char error[STORE_ERROR_MAX] = "", line[64] = "";
	struct store *store = *state;
	FILE *file;

	store->ops->close(store);
	*state = NULL;
	overwrite("this is a text file, honestly", 0);
	assert_null(reopen(NULL, error));
	assert_non_null(strstr(error, "is no database"));
	file = fopen(stores_path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_int_equal(strncmp(line, "this is a text file", 19), 0);
}

static void
a_lock_of_another_is_told_and_goes_by_itself(void **state)
{
	struct store *store = *state, *other;
	char error[STORE_ERROR_MAX] = "";
	struct job job = make_job("jid-0002", "A", "default");

	other = store_sqlite_open(stores_path, 100, error);
	assert_non_null(other);
	DO(other->ops->unique_put(other, "key", 1, (struct walltime){ 0 }));
	assert_int_equal(store->ops->job_add(store, &job), STORE_FAILED);
	assert_non_null(strstr(store->error, "locked by another process"));
	assert_false(store->broken);
	store->ops->rollback(store);
	DO(other->ops->commit(other));
	DO(store->ops->job_add(store, &job));
	DO(store->ops->commit(store));
	assert_string_equal(list(store, (struct job_filter){ 0 }), "jid-0002 ");
	other->ops->close(other);
	job_clear(&job);
}

static void
a_removed_file_is_noticed(void **state)
{
	struct store *store = *state;

	DO(store->ops->check(store));
	assert_int_equal(unlink(stores_path), 0);
	assert_int_equal(store->ops->check(store), STORE_FAILED);
	assert_true(store->broken);
}

static void
a_missing_directory_is_told(void **state)
{
	char error[STORE_ERROR_MAX] = "";

	(void)state;
	assert_null(store_sqlite_open("/nonexistent/x.db", 100, error));
	assert_non_null(strstr(error, "/nonexistent/x.db can't be opened: No such file"));
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
		ON_EVERY(lists_are_filtered),
		ON_EVERY(pages_are_by_seq),
		ON_EVERY(a_flush_leaves_nothing),
		ON_EVERY(jobs_are_counted_by_state),
		ON_EVERY(active_jobs_are_counted),
		ON_EVERY(attempts_keep_their_output),
		ON_EVERY(finished_jobs_are_forgotten_by_count_and_age),
		ON_EVERY(a_schedule_keeps_its_state),
		ON_EVERY(a_tick_is_recorded_once),
		ON_EVERY(routines_have_ticks_of_their_own),
		ON_EVERY(ticks_ahead_of_the_cursor_are_not_forgotten),
		ON_EVERY(exits_are_kept_once_and_bounded),
		ON_EVERY(audit_is_kept_in_order_and_bounded),
		ON_EVERY(batches_are_listed_newest_first),
		ON_EVERY(queues_are_listed),
		ON_EVERY(statistics_add_up),
		ON_EVERY(a_rollback_forgets_everything),
		ON_SQLITE(statistics_are_written_when_they_are_settled),
		ON_SQLITE(statistics_of_two_hours_do_not_mix),
		ON_SQLITE(what_was_committed_is_there_after_opening_again),
		ON_SQLITE(many_jids_are_found_wherever_they_stand),
		ON_SQLITE(a_running_job_is_still_running_after_opening_again),
		ON_SQLITE(a_backup_can_be_opened),
		ON_SQLITE(the_first_version_is_taken_over),
		ON_SQLITE(a_newer_version_is_refused_in_words),
		ON_SQLITE(a_file_that_is_no_database_is_refused_and_left_alone),
		ON_SQLITE(a_lock_of_another_is_told_and_goes_by_itself),
		ON_SQLITE(a_removed_file_is_noticed),
		ON_SQLITE(a_missing_directory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
