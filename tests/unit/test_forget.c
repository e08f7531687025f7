/* What becomes of others when something is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/batch.h"
#include "queue_jobs.h"

/* Dead at its first failure. */
static void
put_in(const char *jid, const char *parent, const char *bid)
{
	struct job job = job_new(jid);

	job.retries = -1;
	job.parent = parent;
	job.bid = bid;
	assert_int_equal(push(job), QUEUE_OK);
}

static void
fail_next(const char *jid)
{
	assert_string_equal(fetch(), jid);
	assert_int_equal(finish(jid, false), QUEUE_OK);
}

static bool
is_there(const char *jid)
{
	struct job job;
	enum store_result result = queue.store->ops->job_get(queue.store, jid, &job);

	if (result == STORE_OK)
		job_clear(&job);
	return result == STORE_OK;
}

static bool
has_batch(const char *bid)
{
	struct batch batch;
	enum store_result result = queue.store->ops->batch_get(queue.store, bid, &batch);

	if (result == STORE_OK)
		batch_clear(&batch);
	return result == STORE_OK;
}

static const char *
new_batch_with(const char *parent, const char *complete, const char *success)
{
	static char bids[4][BATCH_BID_MAX];
	static unsigned turn;
	char *bid = bids[turn++ % 4];
	struct batch batch;

	batch_init(&batch);
	batch.parent = parent;
	batch.complete = complete;
	batch.success = success;
	assert_int_equal(batch_new(&queue, &batch, refusal), QUEUE_OK);
	snprintf(bid, BATCH_BID_MAX, "%s", batch.bid);
	batch_clear(&batch);
	return bid;
}

static const char *
new_batch(const char *parent)
{
	return new_batch_with(parent, "", "");
}

static void
pass_days(int days)
{
	queue.now.us += days * DAY;
	DO(queue_due(&queue));
}

static void
few_dead_are_kept(void)
{
	conf.scheduler.dead_keep = 2;
	conf.scheduler.dead_keep_age_ms = INT64_C(400) * 86400 * 1000;
}

/* As when it was deleted: nobody can try it again. */
static void
a_dead_child_that_is_forgotten_frees_its_parent(void **state)
{
	(void)state;
	few_dead_are_kept();
	put_in("jid-parent", "", "");
	do_next("jid-parent");
	put_in("jid-late-parent", "", "");
	put_in("jid-child", "jid-late-parent", "");
	do_next("jid-late-parent");
	fail_next("jid-child");
	assert_int_equal(state_of("jid-late-parent"), JOB_BLOCKED);
	put_in("jid-dead-1", "", "");
	fail_next("jid-dead-1");
	assert_int_equal(state_of("jid-late-parent"), JOB_BLOCKED);
	put_in("jid-dead-2", "", "");
	fail_next("jid-dead-2");
	assert_false(is_there("jid-child"));
	assert_int_equal(state_of("jid-late-parent"), JOB_DONE);
	assert_true(is_there("jid-dead-1"));
}

static void
a_dead_one_of_a_batch_that_is_forgotten_does_not_count(void **state)
{
	const char *bid = new_batch("");
	struct batch batch;

	(void)state;
	few_dead_are_kept();
	put_in("jid-member", "", bid);
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	fail_next("jid-member");
	put_in("jid-dead-1", "", "");
	put_in("jid-dead-2", "", "");
	fail_next("jid-dead-1");
	fail_next("jid-dead-2");
	assert_false(is_there("jid-member"));
	DO(queue.store->ops->batch_get(queue.store, bid, &batch));
	assert_true(walltime_is_set(batch.finished_at));
	batch_clear(&batch);
}

static void
a_batch_that_nobody_ends_is_forgotten(void **state)
{
	const char *open = new_batch(""), *busy = new_batch(""), *over = new_batch("");

	(void)state;
	put_in("jid-member", "", busy);
	assert_int_equal(batch_commit(&queue, over, refusal), QUEUE_OK);
	pass_days(2);
	assert_true(has_batch(open) && has_batch(busy));
	assert_false(has_batch(over));
	pass_days(29);
	assert_false(has_batch(open));
	/* One that has a job can still come to its end. */
	assert_true(has_batch(busy));
	assert_int_equal(batch_commit(&queue, busy, refusal), QUEUE_OK);
	do_next("jid-member");
	pass_days(2);
	assert_false(has_batch(busy));
}

static void
an_outer_batch_does_not_wait_for_a_forgotten_one(void **state)
{
	const char *outer = new_batch(""), *inner = new_batch(outer);

	(void)state;
	put_in("jid-member", "", outer);
	assert_int_equal(batch_commit(&queue, outer, refusal), QUEUE_OK);
	pass_days(31);
	assert_false(has_batch(inner));
	assert_true(has_batch(outer));
	do_next("jid-member");
	pass_days(2);
	assert_false(has_batch(outer));
}

/* Its jids are in use: the batch does not wait for what can never come. */
static void
a_callback_that_cant_be_pushed_is_not_waited_for(void **state)
{
	static const char callback[] = "{\"jid\":\"jid-taken\",\"jobtype\":\"Call\",\"args\":[]}";
	const char *bid = new_batch_with("", callback, callback);
	struct batch batch;

	(void)state;
	put_in("jid-taken", "", "");
	put_in("jid-member", "", bid);
	assert_int_equal(batch_commit(&queue, bid, refusal), QUEUE_OK);
	do_next("jid-taken");
	do_next("jid-member");
	DO(queue.store->ops->batch_get(queue.store, bid, &batch));
	assert_int_equal(batch.success_state, BATCH_DONE);
	assert_true(walltime_is_set(batch.finished_at));
	batch_clear(&batch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_dead_child_that_is_forgotten_frees_its_parent),
		ON_EVERY(a_dead_one_of_a_batch_that_is_forgotten_does_not_count),
		ON_EVERY(a_batch_that_nobody_ends_is_forgotten),
		ON_EVERY(a_callback_that_cant_be_pushed_is_not_waited_for),
		ON_EVERY(an_outer_batch_does_not_wait_for_a_forgotten_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
