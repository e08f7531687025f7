/* Operators' wishes, one job or many. */
#include <stdlib.h>
#include <string.h>

#include "queue_private.h"

/* Handled in one turn; more are left for the next. */
#define DUE_MAX 500

enum store_result
queue_order_end(struct queue *queue, struct job *job, const char *why)
{
	enum store_result result;

	/* A harder word follows a softer one, never the other way round. */
	if (job->order[0] != '\0' && strcmp(why, "killed") != 0)
		return STORE_OK;
	if (job_set(job, &job->order, why) == -1)
		return queue_no_memory(queue);
	if ((result = queue->store->ops->job_save(queue->store, job)) == STORE_OK)
		queue->order(queue->order_arg, job);
	return result;
}

static enum queue_answer
end_by_hand(struct queue *queue, const char *jid, const char *why)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get_brief(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (job.state == JOB_RUNNING)
		answer = queue_answer_of(queue_order_end(queue, &job, why));
	else if (!job_may(job.state, JOB_EVENT_CANCEL))
		answer = QUEUE_REFUSED;
	else
		answer = queue_answer_of(queue_cancel_job(queue, &job, why));
	job_clear(&job);
	return answer;
}

enum queue_answer
queue_cancel(struct queue *queue, const char *jid)
{
	return end_by_hand(queue, jid, "cancelled");
}

enum queue_answer
queue_kill(struct queue *queue, const char *jid)
{
	return end_by_hand(queue, jid, "killed");
}

/* One that was cancelled is again one of its batch and its parent. */
static enum store_result
rejoin(struct queue *queue, struct job *job, bool missed)
{
	enum store_result result = STORE_OK;

	if (job->parent[0] != '\0')
		result = queue_link_add(queue, job);
	if (result == STORE_OK && job->bid[0] != '\0' && !missed)
		result = batch_rejoin(queue, job);
	return result;
}

static enum queue_answer
retry(struct queue *queue, struct job *job)
{
	bool was_cancelled = job->state == JOB_CANCELLED;
	bool missed = (job->marks & JOB_MARK_MISSED) != 0;
	enum queue_answer answer;
	enum store_result result;

	if (!job_may(job->state, JOB_EVENT_REQUEUE))
		return QUEUE_REFUSED;
	job->run_at = queue->now;
	job->crashes = 0;
	job->expires_at.us = 0;
	if (job_is_finished(job->state) && (answer = queue_unique_retake(queue, job)) != QUEUE_OK)
		return answer;
	job->marks &= ~JOB_MARK_MISSED;
	result = queue_make_runnable(queue, job, JOB_EVENT_REQUEUE);
	if (result == STORE_OK && was_cancelled)
		result = rejoin(queue, job, missed);
	return queue_answer_of(result);
}

enum queue_answer
queue_retry(struct queue *queue, const char *jid)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get_brief(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	answer = retry(queue, &job);
	job_clear(&job);
	return answer;
}

enum queue_answer
queue_bury(struct queue *queue, const char *jid)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get_brief(queue->store, jid, &job);
	enum job_state from;

	if (result != STORE_OK)
		return queue_answer_of(result);
	from = job.state;
	if (job_move(&job, JOB_EVENT_BURY) == -1) {
		job_clear(&job);
		return QUEUE_REFUSED;
	}
	job.reason = "killed";
	if (job.bid[0] != '\0')
		result = batch_failed(queue, &job);
	if (result == STORE_OK)
		result = queue_save_ended(queue, &job, from);
	job_clear(&job);
	return queue_answer_of(result);
}

enum store_result
queue_delete_job(struct queue *queue, struct job *job)
{
	bool open = !job_is_finished(job->state) || job->state == JOB_DEAD;
	bool missed = (job->marks & JOB_MARK_MISSED) != 0;
	bool is_callback = job->callback != JOB_CALLBACK_NONE && job->state != JOB_DONE;
	enum store_result result;

	if (!job_is_finished(job->state) && queue_note_finished(queue, job->jid) == -1)
		return queue_no_memory(queue);
	if ((result = queue->store->ops->job_delete(queue->store, job)) != STORE_OK)
		return result;
	queue_gone(queue);
	job->marks &= ~JOB_MARK_MISSED;
	if (!open)
		return (missed || is_callback) && job->bid[0] != '\0'
			   ? batch_ended(queue, job, is_callback)
			   : STORE_OK;
	/* For all others it is as if it had been cancelled. */
	job->state = JOB_CANCELLED;
	if (job->unique_key[0] != '\0' && job->unique_until != CONF_UNIQUE_UNTIL_TIME)
		result = queue_unique_release(queue, job);
	if (result == STORE_OK && (job->parent[0] != '\0' || job->marks != 0))
		result = queue_link_ended(queue, job);
	/* Nobody can try a callback again that is not there: its batch goes on. */
	if (result == STORE_OK && job->bid[0] != '\0')
		result = batch_ended(queue, job, is_callback);
	if (result == STORE_OK && job->gate[0] != '\0')
		result = queue_gate_free(queue, job->gate);
	return result;
}

enum queue_answer
queue_delete(struct queue *queue, const char *jid)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (job.state == JOB_RUNNING)
		answer = QUEUE_REFUSED;
	else
		answer = queue_answer_of(queue_delete_job(queue, &job));
	job_clear(&job);
	return answer;
}

/* Another time: later it waits for it, now it is runnable. */
static enum store_result
change_time(struct queue *queue, struct job *job, struct walltime run_at)
{
	enum store_result result;

	job->run_at = run_at;
	if (run_at.us > queue->now.us) {
		job->wake_at = run_at;
		job->block = JOB_BLOCK_NONE;
		result = queue_move(queue, job, JOB_EVENT_DELAY);
		/* Its place is another one's until then. */
		return result == STORE_OK && job->gate[0] != '\0'
			   ? queue_gate_free(queue, job->gate)
			   : result;
	}
	if (job->state == JOB_SCHEDULED || job->state == JOB_RETRY)
		return queue_make_runnable(queue, job, JOB_EVENT_DUE);
	return queue->store->ops->job_save(queue->store, job);
}

enum queue_answer
queue_change(struct queue *queue, const char *jid, const struct job_change *change)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get_brief(queue->store, jid, &job);
	bool waits;

	if (result != STORE_OK)
		return queue_answer_of(result);
	waits = job.state == JOB_BLOCKED && job.block != JOB_BLOCK_GATE;
	if (!queue_may_go_to(queue, &job, change->queue) || job.state == JOB_RUNNING ||
	    job_is_finished(job.state) ||
	    (job.state == JOB_BLOCKED && job.block == JOB_BLOCK_CHILDREN)) {
		job_clear(&job);
		return QUEUE_REFUSED;
	}
	if (change->priority != 0)
		job.priority = change->priority;
	if (change->queue != NULL && job_set(&job, &job.queue, change->queue) == -1)
		result = queue_no_memory(queue);
	else if (walltime_is_set(change->run_at) && !waits)
		result = change_time(queue, &job, change->run_at);
	else {
		if (walltime_is_set(change->run_at))
			job.run_at = change->run_at;
		result = queue->store->ops->job_save(queue->store, &job);
	}
	queue->has_ready |= job.state == JOB_READY;
	job_clear(&job);
	return queue_answer_of(result);
}

/* Many. */

/* What a list comes to. */
struct bulk {
	const struct queue *queue;
	queue_leave_fn leave;
	struct queue_found found;
	int64_t looked, last;
};

static bool
bulk_look(void *arg, const struct job *job)
{
	struct bulk *bulk = arg;

	bulk->looked++;
	bulk->last = job->id;
	return (bulk->leave != NULL && bulk->leave(bulk->queue, job)) ||
	       queue_find(&bulk->found, job);
}

enum store_result
queue_bulk(struct queue *queue, queue_wish_fn wish, const struct job_filter *asked,
    queue_leave_fn leave, int64_t *changed, int64_t *last, bool *more)
{
	struct bulk bulk = { .queue = queue, .leave = leave, .last = asked->after };
	struct job_filter filter = *asked;
	enum store_result result;

	filter.oldest_first = true;
	if (filter.limit < 1 || filter.limit > QUEUE_BULK_MAX)
		filter.limit = QUEUE_BULK_MAX;
	*changed = 0;
	result = queue->store->ops->job_list(queue->store, &filter, bulk_look, &bulk);
	if (bulk.found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < bulk.found.count && result == STORE_OK; i++) {
		enum queue_answer answer = wish(queue, bulk.found.jids[i]);

		*changed += answer == QUEUE_OK;
		if (answer == QUEUE_FAILED)
			result = STORE_FAILED;
	}
	*last = bulk.last;
	*more = bulk.looked == filter.limit;
	queue_found_clear(&bulk.found);
	return result;
}

enum store_result
queue_clear_ready(struct queue *queue, const char *name, queue_leave_fn leave, int64_t *after,
    int64_t *removed, bool *more)
{
	struct job_filter filter = {
		.states = STATE_BIT(JOB_READY), .queue = name, .after = *after
	};

	return queue_bulk(queue, queue_delete, &filter, leave, removed, after, more);
}

enum store_result
queue_flush(struct queue *queue)
{
	queue_gone(queue);
	return queue->store->ops->flush(queue->store);
}

/* Time. */

static enum store_result
handle_due(struct queue *queue, struct job *job)
{
	if (job->state == JOB_RUNNING)
		return queue_expired(queue, job);
	if (queue_has_expired(queue, job) && job_may(job->state, JOB_EVENT_CANCEL))
		return queue_cancel_job(queue, job, "expired");
	if (job_may(job->state, JOB_EVENT_DUE))
		return queue_make_runnable(queue, job, JOB_EVENT_DUE);
	/* Nothing is to be done with it then; never look at it again. */
	job->wake_at.us = 0;
	return queue->store->ops->job_save(queue->store, job);
}

enum store_result
queue_due(struct queue *queue)
{
	enum store_result result = STORE_NONE;
	struct job job;

	if (walltime_is_set(queue->rate_wake) && queue->rate_wake.us <= queue->now.us) {
		queue->rate_wake.us = 0;
		queue->has_ready = true;
	}
	for (int i = 0; i < DUE_MAX; i++) {
		result = queue->store->ops->job_due(queue->store, queue->now, &job);
		if (result != STORE_OK)
			break;
		result = handle_due(queue, &job);
		job_clear(&job);
		if (result != STORE_OK)
			return result;
	}
	if (result != STORE_FAILED && queue->is_away)
		result = queue_come_home(queue);
	return result == STORE_FAILED ? result : queue_sweep(queue);
}
