#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "failure.h"
#include "queue_private.h"
#include "retention.h"
#include "retry.h"
#include "routine.h"

#define HOUR_US (INT64_C(3600) * CLOCK_US_PER_SEC)
/* Where many are kept, old jobs are looked for once in so many ends; so many are then removed. */
#define TRIM_EVERY 64
#define TRIM_BATCH 128
#define TRIM_FEW   100

static struct retention
retention(const struct queue *queue, const struct job *job)
{
	return retention_of(&queue->conf->scheduler, queue_type(queue, job), job->state);
}

/* The oldest dead ones of the type: others may still wait for each, because it could be tried
 * again. */
static enum store_result
trim_dead(struct queue *queue, const char *type, int64_t keep)
{
	struct store *store = queue->store;
	struct job_filter filter = {
		.states = STATE_BIT(JOB_DEAD), .type = type, .oldest_first = true
	};
	int64_t counts[JOB_STATE_COUNT];
	enum store_result result = store->ops->job_count(store, &filter, counts);

	filter.limit = counts[JOB_DEAD] - keep;
	if (filter.limit > TRIM_BATCH)
		filter.limit = TRIM_BATCH;
	return result == STORE_OK && filter.limit > 0 ? queue_forget(queue, &filter) : result;
}

/* Forgets finished jobs of this one's type and state, some at a time. */
static enum store_result
trim(struct queue *queue, const struct job *job)
{
	struct retention kept = retention(queue, job);
	struct job_trim rule = {
		.type = job->type,
		.state = job->state,
		.keep = kept.keep,
		.older_than = walltime_add_ms(queue->now, -kept.age_ms),
		.limit = TRIM_BATCH,
	};
	int64_t removed;

	if (rule.keep > TRIM_FEW && job->id % TRIM_EVERY != 0)
		return STORE_OK;
	if (job->state == JOB_DEAD)
		return trim_dead(queue, job->type, kept.keep);
	return queue->store->ops->job_trim(queue->store, &rule, &removed);
}

/* What its end means for others. */
static enum store_result
tell_others(struct queue *queue, struct job *job)
{
	enum store_result result = STORE_OK;

	if (job->unique_key[0] != '\0' && job->unique_until != CONF_UNIQUE_UNTIL_TIME)
		result = queue_unique_release(queue, job);
	if (result == STORE_OK && (job->parent[0] != '\0' || job->marks != 0))
		result = queue_link_ended(queue, job);
	if (result == STORE_OK && job->bid[0] != '\0')
		result = batch_ended(queue, job, job->state == JOB_DONE);
	return result;
}

static enum store_result
save_or_forget(struct queue *queue, struct job *job)
{
	struct store *store = queue->store;

	if (job->state == JOB_DONE && retention(queue, job).keep == 0)
		return store->ops->job_delete(store, job);
	return store->ops->job_save(store, job);
}

/* One less of its queue runs: those who wait for a place there are asked again. */
static void
note_room(struct queue *queue, const struct job *job)
{
	if (queue_limits_of(queue, job->queue).concurrency > 0)
		queue->has_ready = true;
}

enum store_result
queue_save_ended(struct queue *queue, struct job *job, enum job_state from)
{
	bool finished = job_is_finished(job->state);
	enum store_result result;

	if (finished) {
		job->finished_at = queue->now;
		job->wake_at.us = 0;
		job->block = JOB_BLOCK_NONE;
		if (queue_note_finished(queue, job->jid) == -1)
			return queue_no_memory(queue);
	}
	if (from == JOB_RUNNING)
		job->last_worker = job->worker;
	job->worker = job->order = "";
	if ((result = save_or_forget(queue, job)) != STORE_OK)
		return result;
	queue_event(queue, job, job_state_word(from));
	if (from == JOB_RUNNING)
		note_room(queue, job);
	if (finished && (result = tell_others(queue, job)) != STORE_OK)
		return result;
	if (finished && (result = trim(queue, job)) != STORE_OK)
		return result;
	return job->gate[0] != '\0' ? queue_gate_free(queue, job->gate) : STORE_OK;
}

enum store_result
queue_cancel_job(struct queue *queue, struct job *job, const char *reason)
{
	enum job_state from = job->state;

	if (job_move(job, JOB_EVENT_CANCEL) == -1)
		return STORE_OK;
	if (job_set(job, &job->reason, reason) == -1)
		return queue_no_memory(queue);
	return queue_save_ended(queue, job, from);
}

static enum store_result
count_dead(struct queue *queue)
{
	struct stat_record stat = { .at = { queue->now.us - queue->now.us % HOUR_US }, .dead = 1 };

	return queue->store->ops->stat_add(queue->store, &stat);
}

/* Bad ends. */

/* Its worker was told to end it, and that is what happened. */
enum store_result
queue_end_as_ordered(struct queue *queue, struct job *job)
{
	job->reason = job->order;
	job_move(job, JOB_EVENT_CANCELLED);
	return queue_save_ended(queue, job, JOB_RUNNING);
}

static enum store_result
drop(struct queue *queue, struct job *job)
{
	enum store_result result;

	if (queue_note_finished(queue, job->jid) == -1)
		return queue_no_memory(queue);
	job_move(job, JOB_EVENT_GIVE_UP);
	if ((result = queue->store->ops->job_delete(queue->store, job)) != STORE_OK)
		return result;
	queue_event(queue, job, "running");
	/* It is gone: nobody can try it again, so nobody waits for that.  But its batch has a job
	 * that failed, and never succeeds. */
	job->state = JOB_CANCELLED;
	job->marks |= JOB_MARK_MISSED;
	if (job->callback != JOB_CALLBACK_NONE &&
	    (result = batch_ended(queue, job, true)) != STORE_OK)
		return result;
	job->bid = "";
	note_room(queue, job);
	if ((result = tell_others(queue, job)) != STORE_OK)
		return result;
	return job->gate[0] != '\0' ? queue_gate_free(queue, job->gate) : STORE_OK;
}

enum store_result
queue_bury_running(struct queue *queue, struct job *job, struct failure *failure)
{
	enum store_result result;

	if (job->bid[0] != '\0' && (result = batch_failed(queue, job)) != STORE_OK)
		return result;
	job_move(job, JOB_EVENT_GIVE_UP);
	if (failure_set(job, failure) == -1)
		return queue_no_memory(queue);
	if ((result = count_dead(queue)) != STORE_OK)
		return result;
	return queue_save_ended(queue, job, JOB_RUNNING);
}

/* After a failure: later, or never again. */
enum store_result
queue_decide_retry(
    struct queue *queue, struct job *job, struct failure *failure, const struct report *report)
{
	struct retry_question question = { .retries = job->retries,
		.failures = job->failures,
		.code = report != NULL ? report->attempt.code : -1,
		.retry_after_ms = report != NULL ? report->retry_after_ms : -1,
		.no_retry = report != NULL && report->no_retry,
		.chance = arc4random() };
	enum store_result result = STORE_OK;
	enum retry_verdict verdict;
	int64_t delay_ms = 0;

	verdict = retry_decide(queue_type(queue, job), &question, &delay_ms);
	if (job->bid[0] != '\0')
		result = batch_failed(queue, job);
	if (result != STORE_OK)
		return result;
	if (verdict == RETRY_DROP)
		return drop(queue, job);
	job->failures++;
	failure->at = queue->now;
	if (verdict == RETRY_DEAD)
		return queue_bury_running(queue, job, failure);
	job->run_at = job->wake_at = failure->next_at = walltime_add_ms(queue->now, delay_ms);
	job_move(job, JOB_EVENT_FAIL);
	return failure_set(job, failure) == 0 ? queue_save_ended(queue, job, JOB_RUNNING)
					      : queue_no_memory(queue);
}

/* Reports. */

static bool
is_success(const struct queue *queue, const struct job *job, const struct report *report)
{
	const struct conf_job *type = queue_type(queue, job);

	return report->success ||
	       (type != NULL && retry_is_success(report->attempt.reason, report->attempt.code,
				    type->exit_codes, type->exit_code_count));
}

/* The runner ended it because it stops itself: the policy for crashes, but nobody is to blame. */
static bool
is_given_back(const struct queue *queue, const struct job *job, const struct report *report)
{
	const struct conf_job *type = queue_type(queue, job);

	return report->builtin && strcmp(report->attempt.reason, "stopped") == 0 && type != NULL &&
	       type->on_crash == CONF_ON_CRASH_RETRY;
}

static enum store_result
succeed(struct queue *queue, struct job *job, const struct report *report)
{
	if (report->result != NULL && job_set(job, &job->result, report->result) == -1)
		return queue_no_memory(queue);
	if (job->children == 0) {
		job_move(job, JOB_EVENT_SUCCEED);
		return queue_save_ended(queue, job, JOB_RUNNING);
	}
	job->block = JOB_BLOCK_CHILDREN;
	job->wake_at.us = 0;
	job_move(job, JOB_EVENT_AWAIT);
	return queue_save_ended(queue, job, JOB_RUNNING);
}

/* The same of a tick of a user's schedule, whose name stands in the job. */
static enum store_result
note_skipped_routine(struct queue *queue, const struct job *brief)
{
	struct store *store = queue->store;
	struct job job;
	enum store_result result = store->ops->job_get(store, brief->jid, &job);
	char *name;

	if (result != STORE_OK)
		return result;
	if ((name = routine_signature(&job)) != NULL)
		result =
		    store->ops->routine_tick_skip(store, name, job.due_at, job.jid, REASON_ONLY_IF);
	free(name);
	job_clear(&job);
	return result;
}

/* Its condition said that there is nothing to do: the tick that made it ran nothing. */
static enum store_result
note_skipped(struct queue *queue, const struct job *job, const struct report *report)
{
	struct store *store = queue->store;

	if (!walltime_is_set(job->due_at) || strcmp(report->attempt.reason, REASON_SKIPPED) != 0)
		return STORE_OK;
	if (store->ops->tick_skip(store, job->type, job->due_at, job->jid, REASON_ONLY_IF) !=
	    STORE_OK)
		return STORE_FAILED;
	return note_skipped_routine(queue, job);
}

static enum store_result
report_end(struct queue *queue, struct job *job, struct report *report)
{
	struct failure failure = { .errtype = report->errtype,
		.message = report->message,
		.backtrace = report->backtrace,
		.backtrace_count = report->backtrace_count };
	bool success = is_success(queue, job, report);

	if (queue_end_attempt(queue, job, &report->attempt) != STORE_OK ||
	    queue_count_end(queue, job, success) != STORE_OK)
		return STORE_FAILED;
	if (success && note_skipped(queue, job, report) != STORE_OK)
		return STORE_FAILED;
	if (success)
		return succeed(queue, job, report);
	if (job->order[0] != '\0')
		return queue_end_as_ordered(queue, job);
	if (is_given_back(queue, job, report)) {
		job->wake_at.us = 0;
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
		return queue_save_ended(queue, job, JOB_RUNNING);
	}
	return queue_decide_retry(queue, job, &failure, report);
}

/* A worker that was given up must not end what another one has begun. */
bool
queue_is_theirs(const struct job *job, const char *worker, bool builtin)
{
	return job->state == JOB_RUNNING && (strcmp(job->worker, worker) == 0 ||
						(!job->builtin && !builtin && worker[0] == '\0'));
}

enum queue_answer
queue_report(struct queue *queue, struct report *report)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get_brief(queue->store, report->jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (!queue_is_theirs(&job, report->worker, report->builtin))
		answer = QUEUE_REFUSED;
	else
		answer = queue_answer_of(report_end(queue, &job, report));
	job_clear(&job);
	return answer;
}
