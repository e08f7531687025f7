/* What decides about a job beside its queue: limits, keys, links, batches; and what is told of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/batch.h"
#include "queue_setup.h"

static char why[QUEUE_WHY_MAX];

static struct job
new_job(const char *jid)
{
	struct job job;

	job_init(&job);
	job.jid = jid;
	job.type = "Resize";
	job.queue = "default";
	job.args = "[]";
	job.retries = 2;
	job.reserve_ms = 60000;
	return job;
}

static enum queue_answer
push(struct job job)
{
	enum queue_answer answer = queue_push(&queue, &job, why);

	job_clear(&job);
	return answer;
}

static void
put(const char *jid)
{
	assert_int_equal(push(new_job(jid)), QUEUE_OK);
}

static const char *
fetch_from(const char *const *queues, size_t count)
{
	static char jids[8][JOB_JID_MAX + 1];
	static unsigned turn;
	char *jid = jids[turn++ % 8];
	struct job job;

	if (queue_take(&queue, "w1", false, queues, count, &job) != STORE_OK)
		return "";
	snprintf(jid, sizeof(jids[0]), "%s", job.jid);
	job_clear(&job);
	return jid;
}

static const char *
fetch(void)
{
	static const char *const queues[] = { "default" };

	return fetch_from(queues, 1);
}

static enum queue_answer
finish(const char *jid, bool success)
{
	struct report report = {
		.jid = jid, .worker = "w1", .success = success, .retry_after_ms = -1
	};

	attempt_init(&report.attempt);
	report.attempt.reason = success ? "done" : "failed";
	return queue_report(&queue, &report);
}

static void
do_next(const char *jid)
{
	assert_string_equal(fetch(), jid);
	assert_int_equal(finish(jid, true), QUEUE_OK);
}

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
		job = new_job(jid);
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
		struct job job = new_job(jids[i]);

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

/* Unique jobs. */

static struct job
unique(const char *jid, int64_t until, int64_t on_conflict)
{
	struct job job = new_job(jid);

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
	assert_string_equal(why, "Job not unique");
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

/* Expiry. */

static void
what_has_expired_is_not_handed_out(void **state)
{
	struct job job = new_job("jid-0001"), got;
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
	job = new_job("jid-0003");
	job.expires_at.us = queue.now.us + MINUTE;
	assert_int_equal(push(job), QUEUE_OK);
	queue.now.us += MINUTE;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0003"), JOB_CANCELLED);
}

/* Leases and workers. */

static void
a_job_that_kills_its_workers_is_set_aside(void **state)
{
	struct job job;

	(void)state;
	conf.scheduler.crashes = 2;
	put("jid-0001");
	assert_string_equal(fetch(), "jid-0001");
	DO(queue_release(&queue, "w1"));
	assert_int_equal(state_of("jid-0001"), JOB_READY);
	assert_string_equal(fetch(), "jid-0001");
	DO(queue_release(&queue, "w1"));
	job = job_of("jid-0001");
	assert_int_equal(job.state, JOB_DEAD);
	assert_string_equal(job.reason, "crashes");
	assert_int_equal(job.attempts, 2);
	job_clear(&job);
}

static void
giving_back_costs_no_attempt(void **state)
{
	struct job job;

	(void)state;
	put("jid-0001");
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(queue_return(&queue, "jid-0001", "w2", 0, ""), QUEUE_REFUSED);
	assert_int_equal(queue_return(&queue, "jid-0001", "w1", 5000, "breaker"), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.state, JOB_SCHEDULED);
	assert_int_equal(job.attempts, 0);
	assert_int_equal(job.run_at.us, MIDNIGHT + 5 * SEC);
	job_clear(&job);
	queue.now.us += 5 * SEC;
	DO(queue_due(&queue));
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(queue_return(&queue, "jid-0001", "w1", 0, ""), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
}

static void
a_lease_is_only_lengthened(void **state)
{
	struct job job;

	(void)state;
	put("jid-0001");
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + HOUR }), QUEUE_REFUSED);
	fetch();
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + HOUR }), QUEUE_OK);
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + SEC }), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.wake_at.us, MIDNIGHT + HOUR);
	job_clear(&job);
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + 9 * DAY }), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.wake_at.us, MIDNIGHT + DAY);
	job_clear(&job);
}

static void
progress_and_results_are_kept(void **state)
{
	struct report report = { .jid = "jid-0001",
		.worker = "w1",
		.success = true,
		.retry_after_ms = -1,
		.result = "{\"url\":\"x\"}" };
	struct job job;

	(void)state;
	put("jid-0001");
	fetch();
	assert_int_equal(queue_progress(&queue, "jid-0001", 40, "resizing"), QUEUE_OK);
	assert_int_equal(queue_progress(&queue, "jid-0001", 50, NULL), QUEUE_OK);
	attempt_init(&report.attempt);
	report.attempt.reason = "done";
	assert_int_equal(queue_report(&queue, &report), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.state, JOB_DONE);
	assert_int_equal(job.percent, 50);
	assert_string_equal(job.desc, "resizing");
	assert_string_equal(job.result, "{\"url\":\"x\"}");
	job_clear(&job);
}

/* Links. */

static struct job
after(const char *jid, const char *list)
{
	struct job job = new_job(jid);

	job.after = list;
	return job;
}

static void
a_job_waits_for_others_to_be_done(void **state)
{
	(void)state;
	put("jid-0001");
	put("jid-0002");
	assert_int_equal(
	    push(after("jid-0003", "[\"jid-0001\",\"jid-0002\",\"forgotten\"]")), QUEUE_OK);
	assert_int_equal(push(after("jid-0004", "[\"jid-0003\"]")), QUEUE_OK);
	assert_int_equal(state_of("jid-0003"), JOB_BLOCKED);
	do_next("jid-0001");
	assert_int_equal(state_of("jid-0003"), JOB_BLOCKED);
	do_next("jid-0002");
	do_next("jid-0003");
	do_next("jid-0004");
	assert_int_equal(push(after("jid-0005", "[\"jid-0004\"]")), QUEUE_OK);
	assert_int_equal(state_of("jid-0005"), JOB_READY);
	assert_int_equal(push(after("jid-0006", "[\"jid-0006\"]")), QUEUE_REFUSED);
}

static void
what_waits_is_cancelled_with_what_it_waits_for(void **state)
{
	struct job job;

	(void)state;
	put("jid-0001");
	assert_int_equal(push(after("jid-0002", "[\"jid-0001\"]")), QUEUE_OK);
	assert_int_equal(push(after("jid-0003", "[\"jid-0002\"]")), QUEUE_OK);
	assert_int_equal(queue_bury(&queue, "jid-0001"), QUEUE_OK);
	job = job_of("jid-0002");
	assert_int_equal(job.state, JOB_CANCELLED);
	assert_string_equal(job.reason, "jid-0001 is dead");
	job_clear(&job);
	job = job_of("jid-0003");
	assert_int_equal(job.state, JOB_CANCELLED);
	assert_string_equal(job.reason, "jid-0002 is cancelled");
	job_clear(&job);
	assert_int_equal(push(after("jid-0004", "[\"jid-0001\"]")), QUEUE_OK);
	assert_int_equal(state_of("jid-0004"), JOB_CANCELLED);
}

static void
a_parent_is_done_with_its_last_child(void **state)
{
	struct job child = new_job("jid-0002"), other = new_job("jid-0003"), late;
	struct queue_because because[QUEUE_BECAUSE_MAX];
	struct job job;
	size_t count;

	(void)state;
	put("jid-0001");
	fetch();
	child.parent = other.parent = "jid-0001";
	assert_int_equal(push(child), QUEUE_OK);
	assert_int_equal(push(other), QUEUE_OK);
	assert_int_equal(finish("jid-0001", true), QUEUE_OK);
	assert_int_equal(state_of("jid-0001"), JOB_BLOCKED);
	assert_int_equal(queue_why(&queue, "jid-0001", because, &count, &job), QUEUE_OK);
	job_clear(&job);
	assert_string_equal(because[0].what, "parent");
	do_next("jid-0002");
	assert_int_equal(state_of("jid-0001"), JOB_BLOCKED);
	do_next("jid-0003");
	assert_int_equal(state_of("jid-0001"), JOB_DONE);
	late = new_job("jid-0004");
	late.parent = "jid-0001";
	assert_int_equal(push(late), QUEUE_REFUSED);
	assert_string_equal(why, "the parent jid-0001 has ended");
}

/* Batches. */

static const char callback[] =
    "{\"jid\":\"%s\",\"jobtype\":\"Call\",\"args\":[],\"custom\":{\"x\":1}}";

static char *
new_batch(const char *parent, const char *complete, const char *success)
{
	static char bids[4][BATCH_BID_MAX];
	static unsigned turn;
	char *bid = bids[turn++ % 4], texts[2][200] = { "", "" };
	struct batch batch;

	batch_init(&batch);
	batch.parent = parent;
	if (complete != NULL)
		snprintf(texts[0], sizeof(texts[0]), callback, complete);
	if (success != NULL)
		snprintf(texts[1], sizeof(texts[1]), callback, success);
	batch.complete = texts[0];
	batch.success = texts[1];
	assert_int_equal(batch_new(&queue, &batch, why), QUEUE_OK);
	snprintf(bid, BATCH_BID_MAX, "%s", batch.bid);
	batch_clear(&batch);
	return bid;
}

static struct job
member(const char *jid, const char *bid)
{
	struct job job = new_job(jid);

	job.bid = bid;
	return job;
}

static void
check_batch(
    const char *bid, int64_t total, int64_t pending, int64_t failed, int complete, int success)
{
	struct batch batch;

	DO(queue.store->ops->batch_get(queue.store, bid, &batch));
	assert_int_equal(batch.total, total);
	assert_int_equal(batch.pending, pending);
	assert_int_equal(batch.failed, failed);
	assert_int_equal(batch.complete_state, complete);
	assert_int_equal(batch.success_state, success);
	batch_clear(&batch);
}

static void
callbacks_come_in_order(void **state)
{
	const char *bid = new_batch("", "complete-1", "success-1");
	struct job job;

	(void)state;
	assert_int_equal(push(member("jid-0001", bid)), QUEUE_OK);
	assert_int_equal(push(member("jid-0002", bid)), QUEUE_OK);
	check_batch(bid, 2, 2, 0, BATCH_WAITING, BATCH_WAITING);
	do_next("jid-0001");
	do_next("jid-0002");
	/* Never before the commit. */
	assert_string_equal(fetch(), "");
	assert_int_equal(batch_commit(&queue, bid, why), QUEUE_OK);
	check_batch(bid, 2, 0, 0, BATCH_PUSHED, BATCH_WAITING);
	assert_string_equal(fetch(), "complete-1");
	job = job_of("complete-1");
	assert_non_null(strstr(job.extra, "\"custom\":{\"_bid\":\"b-"));
	assert_non_null(strstr(job.extra, "\"_cb\":\"complete\",\"x\":1}"));
	job_clear(&job);
	assert_string_equal(fetch(), "");
	finish("complete-1", true);
	do_next("success-1");
	check_batch(bid, 2, 0, 0, BATCH_DONE, BATCH_DONE);
	assert_int_equal(push(member("jid-0003", bid)), QUEUE_REFUSED);
	assert_int_equal(push(member("jid-0004", "b-nothing")), QUEUE_REFUSED);
}

static void
a_batch_is_complete_with_failures_but_no_success(void **state)
{
	const char *bid = new_batch("", "complete-2", "success-2");

	(void)state;
	assert_int_equal(push(member("jid-0001", bid)), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, bid, why), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	finish("jid-0001", false);
	check_batch(bid, 1, 1, 1, BATCH_PUSHED, BATCH_WAITING);
	do_next("complete-2");
	assert_string_equal(fetch(), "");
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	do_next("jid-0001");
	check_batch(bid, 1, 0, 0, BATCH_DONE, BATCH_PUSHED);
	do_next("success-2");
}

static void
a_batch_whose_job_was_dropped_never_succeeds(void **state)
{
	const char *bid = new_batch("", "complete-5", "success-5");
	struct job job = member("jid-0001", bid);

	(void)state;
	job.retries = 0;
	assert_int_equal(push(job), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, bid, why), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	finish("jid-0001", false);
	do_next("complete-5");
	assert_string_equal(fetch(), "");
	check_batch(bid, 1, 1, 1, BATCH_DONE, BATCH_WAITING);
}

static void
an_inner_batch_succeeds_before_the_outer_one(void **state)
{
	const char *outer = new_batch("", NULL, "success-3"), *inner;

	(void)state;
	inner = new_batch(outer, NULL, "success-4");
	assert_int_equal(push(member("jid-0001", inner)), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, inner, why), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, outer, why), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_string_equal(fetch(), "");
	finish("jid-0001", true);
	assert_string_equal(fetch(), "success-4");
	assert_string_equal(fetch(), "");
	finish("success-4", true);
	do_next("success-3");
	check_batch(outer, 0, 0, 0, BATCH_DONE, BATCH_DONE);
}

/* Wishes. */

static void
a_waiting_job_can_be_changed(void **state)
{
	struct job_change change = { .priority = 9 };
	struct job_change later = { .run_at = { MIDNIGHT + HOUR } };
	struct job_change other = { .queue = "other" };

	(void)state;
	put("jid-0001");
	put("jid-0002");
	put("jid-0003");
	assert_int_equal(queue_change(&queue, "jid-0002", &change), QUEUE_OK);
	assert_int_equal(queue_change(&queue, "jid-0001", &later), QUEUE_OK);
	assert_int_equal(queue_change(&queue, "jid-0003", &other), QUEUE_OK);
	assert_int_equal(state_of("jid-0001"), JOB_SCHEDULED);
	assert_string_equal(fetch(), "jid-0002");
	assert_string_equal(fetch(), "");
	assert_int_equal(queue_change(&queue, "jid-0002", &change), QUEUE_REFUSED);
	later.run_at.us = MIDNIGHT;
	assert_int_equal(queue_change(&queue, "jid-0001", &later), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
}

static void
many_are_changed_in_bounded_steps(void **state)
{
	struct job_filter filter = { .states = 1u << JOB_READY, .limit = 4 };
	int64_t changed, last, removed;
	char jid[16];
	bool more;

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(jid, sizeof(jid), "jid-%04d", i);
		put(jid);
	}
	DO(queue_bulk(&queue, queue_cancel, &filter, &changed, &last, &more));
	assert_int_equal(changed, 4);
	assert_true(more);
	assert_int_equal(state_of("jid-0003"), JOB_CANCELLED);
	assert_int_equal(state_of("jid-0004"), JOB_READY);
	DO(queue_clear_ready(&queue, "default", &removed));
	assert_int_equal(removed, 6);
	assert_string_equal(fetch(), "");
}

static bool
collect_event(void *arg, const struct queue_event *event)
{
	char text[100];

	snprintf(text, sizeof(text), "%d:%s:%s>%s ", (int)event->seq, event->jid, event->from,
	    event->to);
	strlcat(arg, text, 1000);
	return true;
}

static void
events_of_lost_turns_never_happened(void **state)
{
	char text[1000] = "";

	(void)state;
	put("jid-0001");
	queue_settle(&queue, true);
	put("jid-0002");
	queue_settle(&queue, false);
	fetch();
	finish("jid-0001", true);
	queue_settle(&queue, true);
	queue_events_list(&queue, 1, collect_event, text);
	assert_string_equal(
	    text, "1:jid-0001:>ready 2:jid-0001:ready>running 3:jid-0001:running>done ");
	assert_int_equal(queue_events_last(&queue), 3);
	text[0] = '\0';
	queue_events_list(&queue, 3, collect_event, text);
	assert_string_equal(text, "3:jid-0001:running>done ");
}

static bool
collect_attempt(void *arg, const struct attempt *attempt)
{
	char text[100];

	snprintf(text, sizeof(text), "%d:%s:%s ", (int)attempt->number, attempt->worker,
	    attempt->reason);
	strlcat(arg, text, 1000);
	return true;
}

static void
a_good_end_is_told_though_it_is_not_kept_twice(void **state)
{
	char text[1000] = "";
	struct job job;

	(void)state;
	put("jid-0001");
	fetch();
	finish("jid-0001", false);
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	do_next("jid-0001");
	job = job_of("jid-0001");
	DO(queue_attempts(&queue, &job, collect_attempt, text));
	assert_string_equal(text, "1:w1:failed 2:w1:done ");
	job_clear(&job);
}

static void
nothing_is_kept_where_nothing_is_wanted(void **state)
{
	struct job got;

	(void)state;
	conf.scheduler.keep = 0;
	conf.scheduler.keep_age_ms = 1000;
	put("jid-0001");
	do_next("jid-0001");
	assert_int_equal(queue.store->ops->job_get(queue.store, "jid-0001", &got), STORE_NONE);
	conf.scheduler.keep_age_ms = 0;
}

/* Jobs of a type that nobody pushes any more. */
static void
old_jobs_are_forgotten_though_no_others_end(void **state)
{
	struct job got;

	(void)state;
	conf.scheduler.keep = 1000;
	conf.scheduler.keep_age_ms = 3600000;
	put("jid-0001");
	do_next("jid-0001");
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_DONE);
	queue.now.us += MINUTE;
	DO(queue_due(&queue));
	assert_int_equal(queue.store->ops->job_get(queue.store, "jid-0001", &got), STORE_NONE);
}

#define ON_EVERY(test)                                                                             \
	{ "memory: " #test, test, queue_setup, queue_teardown, NULL },                             \
	{                                                                                          \
		"sqlite: " #test, test, queue_setup_sqlite, queue_teardown, NULL                   \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_queues_concurrency_holds_over_all_workers),
		ON_EVERY(a_rate_wakes_those_who_wait),
		ON_EVERY(weights_share_and_nobody_starves),
		ON_EVERY(jobs_with_a_key_run_one_at_a_time),
		ON_EVERY(a_type_has_a_limit_of_its_own),
		ON_EVERY(a_second_one_is_refused_until_success),
		ON_EVERY(a_key_ends_at_the_start_or_with_its_time),
		ON_EVERY(a_conflict_keeps_or_replaces),
		ON_EVERY(what_has_expired_is_not_handed_out),
		ON_EVERY(a_job_that_kills_its_workers_is_set_aside),
		ON_EVERY(giving_back_costs_no_attempt),
		ON_EVERY(a_lease_is_only_lengthened),
		ON_EVERY(progress_and_results_are_kept),
		ON_EVERY(a_job_waits_for_others_to_be_done),
		ON_EVERY(what_waits_is_cancelled_with_what_it_waits_for),
		ON_EVERY(a_parent_is_done_with_its_last_child),
		ON_EVERY(callbacks_come_in_order),
		ON_EVERY(a_batch_is_complete_with_failures_but_no_success),
		ON_EVERY(a_batch_whose_job_was_dropped_never_succeeds),
		ON_EVERY(an_inner_batch_succeeds_before_the_outer_one),
		ON_EVERY(a_waiting_job_can_be_changed),
		ON_EVERY(many_are_changed_in_bounded_steps),
		ON_EVERY(events_of_lost_turns_never_happened),
		ON_EVERY(a_good_end_is_told_though_it_is_not_kept_twice),
		ON_EVERY(nothing_is_kept_where_nothing_is_wanted),
		ON_EVERY(old_jobs_are_forgotten_though_no_others_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
