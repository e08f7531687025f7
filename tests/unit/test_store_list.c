/* Which jobs a store lists, counts and forgets: the same test on every store. */
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
lists_are_filtered(void **state)
{
	struct store *store = *state;
	struct job job;

	store_job_put(store, "jid-0001", "A", "one", JOB_READY);
	store_job_put(store, "jid-0002", "B", "two", JOB_READY);
	store_job_put(store, "jid-0003", "A", "two", JOB_DONE);
	store_job_put(store, "jid-0004", "A", "one", JOB_DEAD);
	job = store_job_make("jid-0005", "B", "one");
	job.state = JOB_RUNNING;
	job_set(&job, &job.worker, "w1");
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	assert_string_equal(store_job_list(store, (struct job_filter){ 0 }),
	    "jid-0005 jid-0004 jid-0003 jid-0002 jid-0001 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .oldest_first = true, .limit = 2 }),
	    "jid-0001 jid-0002 ");
	assert_string_equal(store_job_list(store, (struct job_filter){ .type = "A" }),
	    "jid-0004 jid-0003 jid-0001 ");
	assert_string_equal(store_job_list(store, (struct job_filter){ .type = "never" }), "");
	assert_string_equal(store_job_list(store, (struct job_filter){ .queue = "never" }), "");
	assert_string_equal(store_job_list(store, (struct job_filter){ .type = "A",
						      .states = 1u << JOB_DONE | 1u << JOB_READY }),
	    "jid-0003 jid-0001 ");
	assert_string_equal(store_job_list(store, (struct job_filter){ .states = 1u << JOB_READY }),
	    "jid-0002 jid-0001 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .states = 1u << JOB_READY, .queue = "one" }),
	    "jid-0001 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .worker = "w1" }), "jid-0005 ");
	assert_string_equal(store_job_list(store, (struct job_filter){ .worker = "w2" }), "");
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
		job = store_job_make(jid, i % 2 == 0 ? "A" : "B", i < 4 ? "one" : "two");
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
	assert_string_equal(store_job_list(store, filter), "jid-0000 jid-0001 jid-0002 ");
	filter.after = ids[2];
	assert_string_equal(store_job_list(store, filter), "jid-0003 jid-0004 jid-0005 ");
	filter.after = ids[5];
	assert_string_equal(store_job_list(store, filter), "jid-0006 jid-0007 ");
	filter = (struct job_filter){ .limit = 3, .after = ids[3] };
	assert_string_equal(store_job_list(store, filter), "jid-0002 jid-0001 jid-0000 ");
	filter = (struct job_filter){ .states = 1u << JOB_DEAD | 1u << JOB_DONE };
	assert_string_equal(store_job_list(store, filter), "jid-0005 jid-0004 jid-0001 ");
	filter.after = ids[5];
	filter.limit = 1;
	assert_string_equal(store_job_list(store, filter), "jid-0004 ");
	assert_string_equal(store_job_list(store, (struct job_filter){ .tag = "red" }),
	    "jid-0006 jid-0003 jid-0000 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .tag = "red", .states = 1u << JOB_READY }),
	    "jid-0003 jid-0000 ");
	assert_string_equal(store_job_list(store, (struct job_filter){ .tag = "re" }), "");
	assert_string_equal(store_job_list(store, (struct job_filter){ .parent = "jid-0000" }),
	    "jid-0007 jid-0006 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .bid = "b-1", .oldest_first = true }),
	    "jid-0001 jid-0002 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .since = { 300 }, .until = { 500 } }),
	    "jid-0003 jid-0002 ");
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .type = "B", .queue = "two" }),
	    "jid-0007 jid-0005 ");
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
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ .tag = "big" }), "jid-0003 jid-0000 ");
}

static void
jobs_are_counted_by_state(void **state)
{
	struct store *store = *state;
	int64_t counts[JOB_STATE_COUNT];

	store_job_put(store, "jid-0001", "A", "one", JOB_READY);
	store_job_put(store, "jid-0002", "A", "one", JOB_READY);
	store_job_put(store, "jid-0003", "A", "one", JOB_DEAD);
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
		store_job_put(store, jid, "A", "default", states[i]);
	}
	store_job_put(store, "jid-0008", "B", "default", JOB_READY);
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
		job = store_job_make(jid, "A", "default");
		job.state = JOB_DONE;
		job.finished_at.us = i * 100;
		DO(store->ops->job_add(store, &job));
		DO(store->ops->attempt_add(store, &job, &attempt));
		job_clear(&job);
	}
	store_job_put(store, "jid-0007", "A", "default", JOB_DEAD);
	store_job_put(store, "jid-0008", "B", "default", JOB_DONE);
	DO(store->ops->commit(store));
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 2);
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 1);
	assert_string_equal(store_job_list(store, (struct job_filter){ .type = "A" }),
	    "jid-0007 jid-0006 jid-0005 jid-0004 ");
	trim.older_than.us = 501;
	trim.limit = 10;
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 2);
	assert_string_equal(
	    store_job_list(store, (struct job_filter){ 0 }), "jid-0008 jid-0007 jid-0006 ");
	DO(store->ops->job_get(store, "jid-0006", &job));
	DO(store->ops->attempt_list(store, &job, count_attempts, &seen));
	assert_int_equal(seen, 1);
	job_clear(&job);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(lists_are_filtered),
		ON_EVERY(pages_are_by_seq),
		ON_EVERY(jobs_are_counted_by_state),
		ON_EVERY(active_jobs_are_counted),
		ON_EVERY(finished_jobs_are_forgotten_by_count_and_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
