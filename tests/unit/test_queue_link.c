/* What jobs have to do with each other: links, parents, batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/batch.h"
#include "queue_jobs.h"

/* Links. */

static struct job
after(const char *jid, const char *list)
{
	struct job job = job_new(jid);

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
	struct job child = job_new("jid-0002"), other = job_new("jid-0003"), late;
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
	late = job_new("jid-0004");
	late.parent = "jid-0001";
	assert_int_equal(push(late), QUEUE_REFUSED);
	assert_string_equal(refusal, "the parent jid-0001 has ended");
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
	assert_int_equal(batch_new(&queue, &batch, refusal), QUEUE_OK);
	snprintf(bid, BATCH_BID_MAX, "%s", batch.bid);
	batch_clear(&batch);
	return bid;
}

static struct job
member(const char *jid, const char *bid)
{
	struct job job = job_new(jid);

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
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
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
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
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
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	finish("jid-0001", false);
	do_next("complete-5");
	assert_string_equal(fetch(), "");
	check_batch(bid, 1, 1, 1, BATCH_DONE, BATCH_WAITING);
}

static void
a_batch_is_complete_with_jobs_that_were_set_aside(void **state)
{
	const char *bid = new_batch("", "complete-8", "success-8");

	(void)state;
	conf.scheduler.crashes = 1;
	assert_int_equal(push(member("jid-0001", bid)), QUEUE_OK);
	assert_int_equal(push(member("jid-0002", bid)), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	/* One that takes its worker with it, and one that somebody declares dead. */
	assert_string_equal(fetch(), "jid-0001");
	DO(queue_release(&queue, "w1"));
	assert_int_equal(state_of("jid-0001"), JOB_DEAD);
	check_batch(bid, 2, 2, 1, BATCH_WAITING, BATCH_WAITING);
	assert_int_equal(queue_bury(&queue, "jid-0002"), QUEUE_OK);
	do_next("complete-8");
	assert_string_equal(fetch(), "");
	check_batch(bid, 2, 2, 2, BATCH_DONE, BATCH_WAITING);
}

/* One that is not there any more can't be tried again: nobody waits for that. */
static void
a_callback_that_is_gone_holds_up_nobody(void **state)
{
	const char *bid = new_batch("", "complete-a", "success-a");

	(void)state;
	assert_int_equal(push(member("jid-0001", bid)), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	do_next("jid-0001");
	assert_int_equal(queue_cancel(&queue, "complete-a"), QUEUE_OK);
	check_batch(bid, 1, 0, 0, BATCH_PUSHED, BATCH_WAITING);
	assert_int_equal(queue_delete(&queue, "complete-a"), QUEUE_OK);
	check_batch(bid, 1, 0, 0, BATCH_DONE, BATCH_PUSHED);
	assert_int_equal(queue_delete(&queue, "success-a"), QUEUE_OK);
	check_batch(bid, 1, 0, 0, BATCH_DONE, BATCH_DONE);
}

static void
a_callback_that_is_dropped_holds_up_nobody(void **state)
{
	static const char drop[] =
	    "{\"jid\":\"complete-b\",\"jobtype\":\"Call\",\"args\":[],\"retry\":0}";
	static const char last[] = "{\"jid\":\"success-b\",\"jobtype\":\"Call\",\"args\":[]}";
	struct batch batch;

	(void)state;
	batch_init(&batch);
	batch.complete = drop;
	batch.success = last;
	assert_int_equal(batch_new(&queue, &batch, refusal), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, batch.bid, refusal), QUEUE_OK);
	assert_string_equal(fetch(), "complete-b");
	assert_int_equal(finish("complete-b", false), QUEUE_OK);
	do_next("success-b");
	check_batch(batch.bid, 0, 0, 0, BATCH_DONE, BATCH_DONE);
	batch_clear(&batch);
}

static struct job
member_after(const char *jid, const char *bid, const char *list)
{
	struct job job = member(jid, bid);

	job.after = list;
	return job;
}

/* A chain whose first job is dead is no batch that went well without the others. */
static void
a_batch_waits_for_what_a_dead_job_took_along(void **state)
{
	const char *bid = new_batch("", "complete-6", "success-6");

	(void)state;
	assert_int_equal(push(member("jid-0001", bid)), QUEUE_OK);
	assert_int_equal(push(member_after("jid-0002", bid, "[\"jid-0001\"]")), QUEUE_OK);
	assert_int_equal(push(member_after("jid-0003", bid, "[\"jid-0002\"]")), QUEUE_OK);
	assert_int_equal(queue_bury(&queue, "jid-0001"), QUEUE_OK);
	assert_int_equal(state_of("jid-0003"), JOB_CANCELLED);
	assert_int_equal(push(member_after("jid-0004", bid, "[\"jid-0001\"]")), QUEUE_OK);
	check_batch(bid, 4, 4, 4, BATCH_WAITING, BATCH_WAITING);
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	assert_int_equal(queue_retry(&queue, "jid-0001"), QUEUE_OK);
	do_next("jid-0001");
	do_next("complete-6");
	assert_string_equal(fetch(), "");
	assert_int_equal(queue_retry(&queue, "jid-0002"), QUEUE_OK);
	do_next("jid-0002");
	/* Whoever deletes one does without it. */
	assert_int_equal(queue_delete(&queue, "jid-0004"), QUEUE_OK);
	check_batch(bid, 4, 1, 1, BATCH_DONE, BATCH_WAITING);
	assert_int_equal(queue_retry(&queue, "jid-0003"), QUEUE_OK);
	do_next("jid-0003");
	do_next("success-6");
}

static void
a_batch_does_without_what_somebody_cancelled(void **state)
{
	const char *bid = new_batch("", NULL, "success-7");

	(void)state;
	assert_int_equal(push(member("jid-0001", bid)), QUEUE_OK);
	assert_int_equal(push(member_after("jid-0002", bid, "[\"jid-0001\"]")), QUEUE_OK);
	assert_int_equal(push(member("jid-0003", bid)), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	assert_int_equal(queue_cancel(&queue, "jid-0001"), QUEUE_OK);
	assert_int_equal(state_of("jid-0002"), JOB_CANCELLED);
	check_batch(bid, 3, 1, 0, BATCH_WAITING, BATCH_WAITING);
	do_next("jid-0003");
	do_next("success-7");
}

static void
an_inner_batch_succeeds_before_the_outer_one(void **state)
{
	const char *outer = new_batch("", NULL, "success-3"), *inner;

	(void)state;
	inner = new_batch(outer, NULL, "success-4");
	assert_int_equal(push(member("jid-0001", inner)), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, inner, refusal), QUEUE_OK);
	assert_int_equal(batch_commit(&queue, outer, refusal), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
	assert_string_equal(fetch(), "");
	finish("jid-0001", true);
	assert_string_equal(fetch(), "success-4");
	assert_string_equal(fetch(), "");
	finish("success-4", true);
	do_next("success-3");
	check_batch(outer, 0, 0, 0, BATCH_DONE, BATCH_DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_job_waits_for_others_to_be_done),
		ON_EVERY(what_waits_is_cancelled_with_what_it_waits_for),
		ON_EVERY(a_parent_is_done_with_its_last_child),
		ON_EVERY(callbacks_come_in_order),
		ON_EVERY(a_batch_is_complete_with_failures_but_no_success),
		ON_EVERY(a_batch_whose_job_was_dropped_never_succeeds),
		ON_EVERY(a_batch_is_complete_with_jobs_that_were_set_aside),
		ON_EVERY(a_callback_that_is_gone_holds_up_nobody),
		ON_EVERY(a_callback_that_is_dropped_holds_up_nobody),
		ON_EVERY(a_batch_waits_for_what_a_dead_job_took_along),
		ON_EVERY(a_batch_does_without_what_somebody_cancelled),
		ON_EVERY(an_inner_batch_succeeds_before_the_outer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
