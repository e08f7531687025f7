#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "failure.h"
#include "queue_private.h"
#include "retry.h"

/* Where many are kept, old jobs are looked for once in so many ends; so many are then removed. */
#define TRIM_EVERY 16
#define TRIM_BATCH 64
#define TRIM_FEW   100
/* What is kept of types that are not in the configuration. */
#define FOREIGN_KEEP        1000
#define FOREIGN_KEEP_AGE_MS (INT64_C(7) * 86400 * 1000)
#define FOREIGN_DEAD_KEEP   10000
#define FOREIGN_DEAD_AGE_MS (INT64_C(180) * 86400 * 1000)

/* Forgets finished jobs of this one's type and state, some at a time. */
static enum store_result
trim(struct queue *queue, const struct job *job)
{
	const struct conf_job *type = queue_type(queue, job);
	bool dead = job->state == JOB_DEAD;
	int64_t age_ms = type != NULL ? type->keep_age_ms
			 : dead       ? FOREIGN_DEAD_AGE_MS
				      : FOREIGN_KEEP_AGE_MS;
	struct job_trim rule = {
		.type = job->type,
		.state = job->state,
		.keep = type != NULL ? type->keep
			: dead       ? FOREIGN_DEAD_KEEP
				     : FOREIGN_KEEP,
		.older_than = walltime_add_ms(queue->now, -age_ms),
		.limit = TRIM_BATCH,
	};
	int64_t removed;

	if (rule.keep > TRIM_FEW && arc4random_uniform(TRIM_EVERY) != 0)
		return STORE_OK;
	return queue->store->ops->job_trim(queue->store, &rule, &removed);
}

enum store_result
queue_save_ended(struct queue *queue, struct job *job)
{
	enum store_result result;

	if (job_is_finished(job->state)) {
		job->finished_at = queue->now;
		job->wake_at.us = 0;
		if (queue_note_finished(queue, job->jid) == -1)
			return queue_no_memory(queue);
	}
	if (job_set(job, &job->worker, "") == -1 || job_set(job, &job->order, "") == -1)
		return queue_no_memory(queue);
	if ((result = queue->store->ops->job_save(queue->store, job)) != STORE_OK)
		return result;
	if (job_is_finished(job->state))
		result = trim(queue, job);
	return result == STORE_OK && job->builtin ? queue_unblock(queue, job->type) : result;
}

/* The oldest blocked job of the type. */
static enum store_result
unblock_one(struct queue *queue, const char *type)
{
	struct store *store = queue->store;
	struct job_filter filter = {
		.states = STATE_BIT(JOB_BLOCKED), .type = type, .oldest_first = true, .limit = 1
	};
	struct queue_found found = { .count = 0 };
	enum store_result result = store->ops->job_list(store, &filter, queue_find, &found);
	struct job job;

	if (result == STORE_OK && found.count > 0 &&
	    (result = store->ops->job_get(store, found.jids[0], &job)) == STORE_OK) {
		job_move(&job, JOB_EVENT_UNBLOCK);
		queue->has_ready = true;
		result = store->ops->job_save(store, &job);
		job_clear(&job);
	}
	queue_found_clear(&found);
	return found.failed ? queue_no_memory(queue) : result;
}

enum store_result
queue_unblock(struct queue *queue, const char *type_name)
{
	const struct conf_job *type = conf_find_job(queue->conf, type_name);
	bool parallel = type == NULL || type->overlap == CONF_OVERLAP_PARALLEL;
	struct store *store = queue->store;
	int64_t active, waiting;

	for (;;) {
		if (store->ops->job_active(store, type_name, &active, &waiting) != STORE_OK)
			return STORE_FAILED;
		if (waiting == 0 || (active > 0 && !parallel))
			return STORE_OK;
		if (unblock_one(queue, type_name) != STORE_OK)
			return STORE_FAILED;
	}
}

/* After a failure: later, or never again. */
static enum store_result
decide_retry(struct queue *queue, struct job *job, struct failure *failure)
{
	const struct conf_job *type = queue_type(queue, job);
	int64_t delay_ms = RETRY_DELAY_FORMULA;
	enum retry_verdict verdict;

	if (type != NULL && type->retry_delay_ms != CONF_UNSET)
		delay_ms = type->retry_delay_ms;
	verdict = retry_decide(job->retries, job->failures, delay_ms, arc4random(), &delay_ms);
	if (verdict == RETRY_DROP) {
		if (queue_note_finished(queue, job->jid) == -1)
			return queue_no_memory(queue);
		return queue->store->ops->job_delete(queue->store, job);
	}
	job->failures++;
	failure->at = queue->now;
	if (verdict == RETRY_LATER) {
		job_move(job, JOB_EVENT_FAIL);
		job->run_at = job->wake_at = failure->next_at =
		    walltime_add_ms(queue->now, delay_ms);
	} else {
		job_move(job, JOB_EVENT_GIVE_UP);
	}
	return failure_set(job, failure) == 0 ? queue_save_ended(queue, job)
					      : queue_no_memory(queue);
}

static enum store_result
end_attempt(struct queue *queue, struct job *job, struct attempt *attempt)
{
	attempt->number = job->attempts;
	attempt->started_at = job->started_at;
	attempt->ended_at = queue->now;
	if (attempt->duration_ms == 0)
		attempt->duration_ms = walltime_diff_ms(queue->now, job->started_at);
	attempt->worker = job->worker;
	if (job_set(job, &job->reason, attempt->reason) == -1)
		return queue_no_memory(queue);
	return queue->store->ops->attempt_add(queue->store, job, attempt);
}

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
report_end(struct queue *queue, struct job *job, struct report *report)
{
	struct failure failure = { .errtype = report->errtype,
		.message = report->message,
		.backtrace = report->backtrace,
		.backtrace_count = report->backtrace_count };
	struct store *store = queue->store;
	bool success = is_success(queue, job, report);

	if (end_attempt(queue, job, &report->attempt) != STORE_OK ||
	    store->ops->counter_add(store, STORE_PROCESSED, 1) != STORE_OK ||
	    (!success && store->ops->counter_add(store, STORE_FAILURES, 1) != STORE_OK))
		return STORE_FAILED;
	if (success) {
		job_move(job, JOB_EVENT_SUCCEED);
		return queue_save_ended(queue, job);
	}
	if (job->order[0] != '\0') {
		job_move(job, JOB_EVENT_CANCELLED);
		if (job_set(job, &job->reason, job->order) == -1)
			return queue_no_memory(queue);
		return queue_save_ended(queue, job);
	}
	if (is_given_back(queue, job, report)) {
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
		return queue_save_ended(queue, job);
	}
	return decide_retry(queue, job, &failure);
}

enum queue_answer
queue_report(struct queue *queue, struct report *report)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get(queue->store, report->jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	/* A runner that was declared dead must not end what another one has begun. */
	if (job.state != JOB_RUNNING || (job.builtin && strcmp(job.worker, report->worker) != 0))
		answer = QUEUE_REFUSED;
	else
		answer = queue_answer_of(report_end(queue, &job, report));
	job_clear(&job);
	return answer;
}

/* Adds the record of an attempt of which nobody reported the end. */
static enum store_result
end_unreported(struct queue *queue, struct job *job, const char *reason, const char *error)
{
	struct attempt attempt;

	attempt_init(&attempt);
	attempt.reason = reason;
	attempt.error = error;
	return end_attempt(queue, job, &attempt);
}

enum store_result
queue_crashed(struct queue *queue, struct job *job)
{
	static const char *const message = "the runner died while it ran the job";
	const struct conf_job *type = queue_type(queue, job);
	struct failure failure = {
		.errtype = "RunnerCrashed", .message = message, .at = queue->now
	};

	if (end_unreported(queue, job, "runner crashed", message) != STORE_OK)
		return STORE_FAILED;
	job->crashes++;
	if (job->order[0] != '\0') {
		job_move(job, JOB_EVENT_CANCELLED);
		if (job_set(job, &job->reason, job->order) == -1)
			return queue_no_memory(queue);
	} else if (type != NULL && type->on_crash == CONF_ON_CRASH_RETRY &&
		   job->crashes < RETRY_CRASHES_MAX) {
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
	} else {
		job->failures++;
		job_move(job, JOB_EVENT_GIVE_UP);
		if (failure_set(job, &failure) == -1)
			return queue_no_memory(queue);
	}
	log_warnx("job %s (%s): %s: %s", job->jid, job->type, message, job_state_word(job->state));
	return queue_save_ended(queue, job);
}

enum store_result
queue_give_back(struct queue *queue, struct job *job)
{
	bool cancelled = job->order[0] != '\0';

	job->attempts--;
	job->started_at.us = 0;
	job_move(job, cancelled ? JOB_EVENT_CANCELLED : JOB_EVENT_RETURN);
	if (cancelled && job_set(job, &job->reason, job->order) == -1)
		return queue_no_memory(queue);
	queue->has_ready = true;
	log_info("job %s (%s): its worker never got it: %s", job->jid, job->type,
	    job_state_word(job->state));
	return queue_save_ended(queue, job);
}

enum store_result
queue_expired(struct queue *queue, struct job *job)
{
	static const char *const message = "Faktory job reservation expired";
	struct failure failure = { .errtype = "ReservationExpired", .message = message };

	if (end_unreported(queue, job, "expired", message) != STORE_OK)
		return STORE_FAILED;
	if (job->order[0] != '\0') {
		job_move(job, JOB_EVENT_CANCELLED);
		return job_set(job, &job->reason, job->order) == 0 ? queue_save_ended(queue, job)
								   : queue_no_memory(queue);
	}
	return decide_retry(queue, job, &failure);
}
