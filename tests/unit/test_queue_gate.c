/* What keeps a job from being handed out, or from coming in: limits, keys, its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue_jobs.h"

/* Limits of queues. */

static void
a_queues_concurrency_holds_over_all_workers(void **state)
{
	struct queue_limits limits = { CONF_UNSET, 2, CONF_UNSET, CONF_UNSET };

	(void)state;
	DO(queue_limit(&queue, "default", &limits));
	put("jid-0001");
	put("jid-0002");
	put("jid-0003");
	assert_string_equal(fetch(), "jid-0001");
	assert_string_equal(fetch(), "jid-0002");
	assert_string_equal(fetch(), "");
	queue.has_ready = false;
	assert_int_equal(finish("jid-0001", true), QUEUE_OK);
	/* Those who wait are asked again. */
	assert_true(queue.has_ready);
	assert_string_equal(fetch(), "jid-0003");
	limits.concurrency = QUEUE_LIMIT_RESET;
	DO(queue_limit(&queue, "default", &limits));
	put("jid-0004");
	assert_string_equal(fetch(), "jid-0004");
}

static void
a_dropped_job_makes_room_in_its_queue(void **state)
{
	struct queue_limits limits = { CONF_UNSET, 1, CONF_UNSET, CONF_UNSET };
	struct job job = job_new("jid-0001");

	(void)state;
	DO(queue_limit(&queue, "default", &limits));
	job.retries = 0;
	assert_int_equal(push(job), QUEUE_OK);
	put("jid-0002");
	assert_string_equal(fetch(), "jid-0001");
	assert_string_equal(fetch(), "");
	queue.has_ready = false;
	assert_int_equal(finish("jid-0001", false), QUEUE_OK);
	assert_true(queue.has_ready);
	assert_string_equal(fetch(), "jid-0002");
}

static void
a_rate_wakes_those_who_wait(void **state)
{
	struct queue_limits limits = { CONF_UNSET, CONF_UNSET, 2, 1000 };
	struct walltime when;

	(void)state;
	DO(queue_limit(&queue, "default", &limits));
	put("jid-0001");
	put("jid-0002");
	put("jid-0003");
	assert_string_not_equal(fetch(), "");
	assert_string_not_equal(fetch(), "");
	assert_string_equal(fetch(), "");
	DO(queue_next_wake(&queue, &when));
	assert_int_equal(when.us, MIDNIGHT + SEC / 2);
	/* A restart gives no token for free. */
	DO(queue.store->ops->commit(queue.store));
	queue.rate_wake.us = 0;
	DO(queue_load(&queue));
	assert_string_equal(fetch(), "");
	queue.has_ready = false;
	queue.now.us = MIDNIGHT + SEC / 2;
	DO(queue_due(&queue));
	assert_true(queue.has_ready);
	assert_string_equal(fetch(), "jid-0003");
}

static void
weights_share_and_nobody_starves(void **state)
{
	static const char *const queues[] = { "heavy", "light" };
	struct queue_limits limits = { 3, CONF_UNSET, CONF_UNSET, CONF_UNSET };
	int heavy = 0, light = 0;
	char jid[32];

	(void)state;
	DO(queue_limit(&queue, "heavy", &limits));
	for (int i = 0; i < 40; i++) {
		struct job job;

		snprintf(jid, sizeof(jid), "%s-%04d", i % 2 == 0 ? "heavy" : "light", i);
		job = job_new(jid);
		job.queue = queues[i % 2];
		assert_int_equal(push(job), QUEUE_OK);
	}
	for (int i = 0; i < 20; i++) {
		const char *got = fetch_from(queues, 2);

		heavy += got[0] == 'h';
		light += got[0] == 'l';
	}
	assert_int_equal(heavy, 15);
	assert_int_equal(light, 5);
}

/* Gates. */

static void
jobs_with_a_key_run_one_at_a_time(void **state)
{
	static const char *const jids[] = { "jid-0001", "jid-0002", "jid-0003", "jid-0004" };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct job job = job_new(jids[i]);

		job.concurrency_key = i < 3 ? "account 7" : "account 8";
		assert_int_equal(push(job), QUEUE_OK);
	}
	assert_int_equal(state_of("jid-0001"), JOB_READY);
	assert_int_equal(state_of("jid-0002"), JOB_BLOCKED);
	assert_string_equal(fetch(), "jid-0001");
	assert_string_equal(fetch(), "jid-0004");
	assert_string_equal(fetch(), "");
	/* A failure frees the key, too; and the one that failed queues up again. */
	finish("jid-0001", false);
	assert_string_equal(fetch(), "jid-0002");
	queue.now.us += 50 * SEC;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_BLOCKED);
	assert_int_equal(queue_cancel(&queue, "jid-0003"), QUEUE_OK);
}

static void
a_type_has_a_limit_of_its_own(void **state)
{
	struct conf_job *type = type_add(0, "Resize", "");
	struct queue_because because[QUEUE_BECAUSE_MAX];
	struct job job;
	size_t count;
	static char none[] = "";

	(void)state;
	type->command = none;
	type->overlap = CONF_OVERLAP_PARALLEL;
	type->concurrency = 2;
	put("jid-0001");
	put("jid-0002");
	put("jid-0003");
	assert_int_equal(state_of("jid-0002"), JOB_READY);
	assert_int_equal(state_of("jid-0003"), JOB_BLOCKED);
	assert_int_equal(queue_why(&queue, "jid-0003", because, &count, &job), QUEUE_OK);
	job_clear(&job);
	assert_int_equal(count, 1);
	assert_string_equal(because[0].what, "concurrency");
	do_next("jid-0001");
	assert_int_equal(state_of("jid-0003"), JOB_READY);
}

static void
what_has_begun_does_not_expire(void **state)
{
	struct job job = job_new("jid-0001");

	(void)state;
	job.expires_at.us = MIDNIGHT + SEC;
	assert_int_equal(push(job), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(finish("jid-0001", false), QUEUE_OK);
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	DO(queue_due(&queue));
	assert_string_equal(fetch(), "jid-0001");
}

static void
one_that_is_put_off_makes_room(void **state)
{
	static const char *const jids[] = { "jid-0001", "jid-0002", "jid-0003" };
	struct job_change later = { .run_at = { MIDNIGHT + 30 * SEC } };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct job job = job_new(jids[i]);

		job.concurrency_key = "account 7";
		assert_int_equal(push(job), QUEUE_OK);
	}
	/* One that is blocked has no place to give. */
	assert_int_equal(queue_change(&queue, "jid-0002", &later), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_string_equal(fetch(), "");
	assert_int_equal(queue_return(&queue, "jid-0001", "w1", 0, ""), QUEUE_OK);
	queue.has_ready = false;
	assert_int_equal(queue_change(&queue, "jid-0001", &later), QUEUE_OK);
	assert_true(queue.has_ready);
	assert_string_equal(fetch(), "jid-0003");
	queue.now.us += 30 * SEC;
	DO(queue_due(&queue));
	assert_string_equal(fetch(), "");
	finish("jid-0003", true);
	assert_string_not_equal(fetch(), "");
	assert_string_equal(fetch(), "");
}

/* Unique jobs. */

static struct job
unique(const char *jid, int64_t until, int64_t on_conflict)
{
	struct job job = job_new(jid);

	job.unique_for_ms = 60000;
	job.unique_until = until;
	job.on_conflict = on_conflict;
	return job;
}

static void
a_second_one_is_refused_until_success(void **state)
{
	struct job other = unique("jid-0003", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT);

	(void)state;
	assert_int_equal(
	    push(unique("jid-0001", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)),
	    QUEUE_NOT_UNIQUE);
	assert_string_equal(refusal, "Job not unique");
	other.args = "[1]";
	assert_int_equal(push(other), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)),
	    QUEUE_NOT_UNIQUE);
	finish("jid-0001", true);
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	queue.now.us += 61 * SEC;
	assert_int_equal(
	    push(unique("jid-0004", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
}

static void
a_key_ends_at_the_start_or_with_its_time(void **state)
{
	struct job job = unique("jid-0001", CONF_UNIQUE_UNTIL_START, CONF_ON_CONFLICT_REJECT);

	(void)state;
	assert_int_equal(push(job), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_TIME, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	do_next("jid-0002");
	assert_int_equal(push(unique("jid-0003", CONF_UNIQUE_UNTIL_TIME, CONF_ON_CONFLICT_REJECT)),
	    QUEUE_NOT_UNIQUE);
	queue.now.us += 60 * SEC;
	assert_int_equal(
	    push(unique("jid-0003", CONF_UNIQUE_UNTIL_TIME, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
}

static void
a_conflict_keeps_or_replaces(void **state)
{
	struct job got;

	(void)state;
	assert_int_equal(
	    push(unique("jid-0001", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_KEEP)), QUEUE_OK);
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_KEEP)), QUEUE_OK);
	assert_int_equal(queue.store->ops->job_get(queue.store, "jid-0002", &got), STORE_NONE);
	assert_int_equal(
	    push(unique("jid-0003", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REPLACE)),
	    QUEUE_OK);
	assert_int_equal(state_of("jid-0001"), JOB_CANCELLED);
	assert_string_equal(fetch(), "jid-0003");
}

/* It is refused for its jid; what it would have replaced, itself included, stays. */
static void
a_job_that_comes_again_replaces_nothing(void **state)
{
	(void)state;
	assert_int_equal(
	    push(unique("jid-0001", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REPLACE)),
	    QUEUE_OK);
	assert_int_equal(
	    push(unique("jid-0001", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REPLACE)),
	    QUEUE_REFUSED);
	assert_int_equal(state_of("jid-0001"), JOB_READY);
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REPLACE)),
	    QUEUE_OK);
	assert_int_equal(state_of("jid-0001"), JOB_CANCELLED);
	assert_int_equal(
	    push(unique("jid-0001", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REPLACE)),
	    QUEUE_REFUSED);
	assert_string_equal(fetch(), "jid-0002");
}

/* Expiry. */

static void
what_has_expired_is_not_handed_out(void **state)
{
	struct job job = job_new("jid-0001"), got;
	struct walltime when;

	(void)state;
	job.expires_at.us = MIDNIGHT + MINUTE;
	assert_int_equal(push(job), QUEUE_OK);
	put("jid-0002");
	DO(queue_next_wake(&queue, &when));
	assert_int_equal(when.us, MIDNIGHT + MINUTE);
	queue.now.us += MINUTE;
	assert_string_equal(fetch(), "jid-0002");
	got = job_of("jid-0001");
	assert_int_equal(got.state, JOB_CANCELLED);
	assert_string_equal(got.reason, "expired");
	job_clear(&got);
	job = job_new("jid-0003");
	job.expires_at.us = queue.now.us + MINUTE;
	assert_int_equal(push(job), QUEUE_OK);
	queue.now.us += MINUTE;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0003"), JOB_CANCELLED);
}

static void
one_that_is_tried_again_takes_its_key_again(void **state)
{
	(void)state;
	assert_int_equal(
	    push(unique("jid-0001", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	assert_int_equal(queue_cancel(&queue, "jid-0001"), QUEUE_OK);
	assert_int_equal(queue_retry(&queue, "jid-0001"), QUEUE_OK);
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)),
	    QUEUE_NOT_UNIQUE);
	/* Not beside another one that has come meanwhile. */
	assert_int_equal(queue_bury(&queue, "jid-0001"), QUEUE_OK);
	assert_int_equal(
	    push(unique("jid-0002", CONF_UNIQUE_UNTIL_SUCCESS, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	assert_int_equal(queue_retry(&queue, "jid-0001"), QUEUE_NOT_UNIQUE);
	assert_int_equal(state_of("jid-0001"), JOB_DEAD);
	do_next("jid-0002");
	assert_int_equal(queue_retry(&queue, "jid-0001"), QUEUE_OK);
	do_next("jid-0001");
	/* What had it until its start does not have it again. */
	assert_int_equal(
	    push(unique("jid-0003", CONF_UNIQUE_UNTIL_START, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0003");
	assert_int_equal(finish("jid-0003", false), QUEUE_OK);
	assert_int_equal(
	    push(unique("jid-0004", CONF_UNIQUE_UNTIL_START, CONF_ON_CONFLICT_REJECT)), QUEUE_OK);
	assert_int_equal(queue_retry(&queue, "jid-0003"), QUEUE_OK);
}

static void
one_that_never_runs_takes_no_key(void **state)
{
	struct job job = job_new("jid-0002");

	(void)state;
	put("jid-0001");
	assert_int_equal(queue_bury(&queue, "jid-0001"), QUEUE_OK);
	job.unique_key = "user-7";
	job.after = "[\"jid-0001\"]";
	assert_int_equal(push(job), QUEUE_OK);
	assert_int_equal(state_of("jid-0002"), JOB_CANCELLED);
	job = job_new("jid-0003");
	job.unique_key = "user-7";
	assert_int_equal(push(job), QUEUE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_queues_concurrency_holds_over_all_workers),
		ON_EVERY(a_dropped_job_makes_room_in_its_queue),
		ON_EVERY(a_rate_wakes_those_who_wait),
		ON_EVERY(weights_share_and_nobody_starves),
		ON_EVERY(jobs_with_a_key_run_one_at_a_time),
		ON_EVERY(a_type_has_a_limit_of_its_own),
		ON_EVERY(a_second_one_is_refused_until_success),
		ON_EVERY(a_key_ends_at_the_start_or_with_its_time),
		ON_EVERY(a_conflict_keeps_or_replaces),
		ON_EVERY(a_job_that_comes_again_replaces_nothing),
		ON_EVERY(what_has_expired_is_not_handed_out),
		ON_EVERY(what_has_begun_does_not_expire),
		ON_EVERY(one_that_is_put_off_makes_room),
		ON_EVERY(one_that_is_tried_again_takes_its_key_again),
		ON_EVERY(one_that_never_runs_takes_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
