#include <string.h>

#include "queue_private.h"

#define HOUR_US (INT64_C(3600) * CLOCK_US_PER_SEC)

/* A job that did well says it all itself, unless its worker told more. */
static bool
says_more(const struct attempt *attempt)
{
	return attempt->code != -1 || attempt->signal != -1 || attempt->error[0] != '\0' ||
	       attempt->head_len > 0 || attempt->tail_len > 0 || attempt->output_bytes > 0 ||
	       strcmp(attempt->reason, "done") != 0;
}

static int64_t
not_negative(int64_t value)
{
	return value > 0 ? value : 0;
}

/* When it could have begun at the earliest. */
static struct walltime
due_of(const struct job *job)
{
	return job->run_at.us > job->enqueued_at.us ? job->run_at : job->enqueued_at;
}

enum store_result
queue_count_end(struct queue *queue, const struct job *job, bool success)
{
	int64_t run_ms = not_negative(walltime_diff_ms(queue->now, job->started_at));
	int64_t wait_ms = not_negative(walltime_diff_ms(job->started_at, due_of(job)));
	struct stat_record stat = { .at = { queue->now.us - queue->now.us % HOUR_US },
		.done = success,
		.failed = !success,
		.run_ms = run_ms,
		.wait_ms = wait_ms,
		.run_ms_max = run_ms,
		.wait_ms_max = wait_ms };

	if (queue->watcher != NULL)
		queue->watcher->ended(queue->watcher_arg, job, success, run_ms, wait_ms);
	return queue->store->ops->stat_add(queue->store, &stat);
}

enum store_result
queue_end_attempt(struct queue *queue, struct job *job, struct attempt *attempt)
{
	attempt->number = job->attempts;
	attempt->started_at = job->started_at;
	attempt->ended_at = queue->now;
	if (attempt->duration_ms == 0)
		attempt->duration_ms = walltime_diff_ms(queue->now, job->started_at);
	attempt->worker = job->worker;
	if (job_set(job, &job->reason, attempt->reason) == -1)
		return queue_no_memory(queue);
	return says_more(attempt) ? queue->store->ops->attempt_add(queue->store, job, attempt)
				  : STORE_OK;
}

/* An attempt of which nobody reported the end. */
enum store_result
queue_end_unreported(struct queue *queue, struct job *job, const char *reason, const char *error)
{
	struct attempt attempt;

	attempt_init(&attempt);
	attempt.reason = reason;
	attempt.error = error;
	return queue_end_attempt(queue, job, &attempt);
}

struct attempts {
	store_attempt_fn fn;
	void *arg;
	int64_t last;
	bool more;
};

static bool
hand_attempt(void *arg, const struct attempt *attempt)
{
	struct attempts *attempts = arg;

	attempts->last = attempt->number;
	attempts->more = attempts->fn(attempts->arg, attempt);
	return attempts->more;
}

enum store_result
queue_attempts(struct queue *queue, const struct job *job, store_attempt_fn fn, void *arg)
{
	struct attempts attempts = { fn, arg, 0, true };
	struct attempt attempt;
	enum store_result result = STORE_OK;

	if (job->recorded)
		result =
		    queue->store->ops->attempt_list(queue->store, job, hand_attempt, &attempts);
	if (result != STORE_OK || !attempts.more || job->state != JOB_DONE ||
	    attempts.last >= job->attempts)
		return result;
	attempt_init(&attempt);
	attempt.number = job->attempts;
	attempt.started_at = job->started_at;
	attempt.ended_at = job->finished_at;
	attempt.duration_ms = walltime_diff_ms(job->finished_at, job->started_at);
	attempt.worker = job->last_worker;
	attempt.reason = job->reason;
	fn(arg, &attempt);
	return STORE_OK;
}
