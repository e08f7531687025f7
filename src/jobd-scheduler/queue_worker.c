/* Workers that die, give back, or say how far they are. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "failure.h"
#include "queue_private.h"
#include "retry.h"

/* The longest lease from now on that a worker can ask for. */
#define LEASE_MAX_MS (INT64_C(86400) * 1000)

static int64_t
crashes_max(const struct queue *queue, const struct conf_job *type)
{
	int64_t max = type != NULL ? type->crashes : queue->conf->scheduler.crashes;

	return max > 0 ? max : RETRY_CRASHES_MAX;
}

enum store_result
queue_crashed(struct queue *queue, struct job *job)
{
	const char *message = job->builtin ? "the runner died while it ran the job"
					   : "its worker died while it ran the job";
	const struct conf_job *type = queue_type(queue, job);
	struct failure failure = { .errtype = job->builtin ? "RunnerCrashed" : "WorkerCrashed",
		.message = message,
		.at = queue->now };
	bool again = type == NULL || !job->builtin || type->on_crash == CONF_ON_CRASH_RETRY;

	if (queue_end_unreported(
		queue, job, job->builtin ? "runner crashed" : "crashes", message) != STORE_OK ||
	    queue_count_end(queue, job, false) != STORE_OK)
		return STORE_FAILED;
	job->crashes++;
	if (job->order[0] != '\0')
		return queue_end_as_ordered(queue, job);
	if (again && job->crashes < crashes_max(queue, type)) {
		job->wake_at.us = 0;
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
		return queue_save_ended(queue, job, JOB_RUNNING);
	}
	job->failures++;
	if (again && job_set(job, &job->reason, "crashes") == -1)
		return queue_no_memory(queue);
	log_warnx("job %s (%s): %s: set aside", job->jid, job->type, message);
	return queue_bury_running(queue, job, &failure);
}

enum store_result
queue_release(struct queue *queue, const char *worker)
{
	struct job_filter filter = { .worker = worker, .oldest_first = true, .limit = INT32_MAX };
	struct queue_found found = { .count = 0 };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, &filter, queue_find, &found);
	struct job job;

	if (found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < found.count && result == STORE_OK; i++) {
		result = queue->store->ops->job_get_brief(queue->store, found.jids[i], &job);
		if (result != STORE_OK)
			break;
		result = queue_crashed(queue, &job);
		job_clear(&job);
	}
	queue_found_clear(&found);
	return result;
}

/* The attempt never was. */
static void
undo_attempt(struct job *job)
{
	job->attempts--;
	job->started_at.us = 0;
	job->wake_at.us = 0;
}

enum store_result
queue_give_back(struct queue *queue, struct job *job)
{
	undo_attempt(job);
	log_info("job %s (%s): its worker never got it", job->jid, job->type);
	if (job->order[0] != '\0')
		return queue_end_as_ordered(queue, job);
	job_move(job, JOB_EVENT_RETURN);
	queue->has_ready = true;
	return queue_save_ended(queue, job, JOB_RUNNING);
}

static enum store_result
give_back_later(struct queue *queue, struct job *job, int64_t delay_ms, const char *reason)
{
	if (job->order[0] != '\0')
		return queue_end_as_ordered(queue, job);
	undo_attempt(job);
	if (job_set(job, &job->reason, reason) == -1)
		return queue_no_memory(queue);
	if (delay_ms > 0) {
		job->run_at = job->wake_at = walltime_add_ms(queue->now, delay_ms);
		job_move(job, JOB_EVENT_POSTPONE);
	} else {
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
	}
	return queue_save_ended(queue, job, JOB_RUNNING);
}

enum queue_answer
queue_return(
    struct queue *queue, const char *jid, const char *worker, int64_t delay_ms, const char *reason)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get_brief(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (!queue_is_theirs(&job, worker, job.builtin))
		answer = QUEUE_REFUSED;
	else
		answer = queue_answer_of(give_back_later(queue, &job, delay_ms, reason));
	job_clear(&job);
	return answer;
}

enum store_result
queue_expired(struct queue *queue, struct job *job)
{
	static const char *const message = "Faktory job reservation expired";
	struct failure failure = { .errtype = "ReservationExpired", .message = message };

	if (queue_end_unreported(queue, job, "expired", message) != STORE_OK ||
	    queue_count_end(queue, job, false) != STORE_OK)
		return STORE_FAILED;
	if (job->order[0] != '\0')
		return queue_end_as_ordered(queue, job);
	return queue_decide_retry(queue, job, &failure, NULL);
}

/* The clock was set back: leases that began by the old one. */

struct late {
	const struct queue *queue;
	struct queue_found found;
};

static bool
find_late(void *arg, const struct job *job)
{
	struct late *late = arg;

	return job->started_at.us <= late->queue->now.us || queue_find(&late->found, job);
}

/* What is left of it stays the same. */
static enum store_result
move_lease(struct queue *queue, const char *jid)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get_brief(queue->store, jid, &job);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (walltime_is_set(job.wake_at))
		job.wake_at.us -= job.started_at.us - queue->now.us;
	job.started_at = queue->now;
	result = queue->store->ops->job_save(queue->store, &job);
	job_clear(&job);
	return result;
}

enum store_result
queue_move_leases(struct queue *queue)
{
	struct job_filter filter = {
		.states = STATE_BIT(JOB_RUNNING), .oldest_first = true, .limit = INT32_MAX
	};
	struct late late = { .queue = queue };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, &filter, find_late, &late);

	if (late.found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < late.found.count && result == STORE_OK; i++)
		result = move_lease(queue, late.found.jids[i]);
	queue_found_clear(&late.found);
	return result;
}

/* Progress. */

enum queue_answer
queue_extend(struct queue *queue, const char *jid, struct walltime until)
{
	struct walltime latest = walltime_add_ms(queue->now, LEASE_MAX_MS);
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get_brief(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (until.us > latest.us)
		until = latest;
	if (job.state != JOB_RUNNING)
		answer = QUEUE_REFUSED;
	else if (walltime_is_set(job.wake_at) && until.us > job.wake_at.us) {
		job.wake_at = until;
		answer = queue_answer_of(queue->store->ops->job_save(queue->store, &job));
	}
	job_clear(&job);
	return answer;
}

enum queue_answer
queue_progress(struct queue *queue, const char *jid, int64_t percent, const char *desc)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get_brief(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (percent >= 0)
		job.percent = percent < 100 ? percent : 100;
	job.updated_at = queue->now;
	if (desc != NULL && job_set(&job, &job.desc, desc) == -1)
		answer = queue_answer_of(queue_no_memory(queue));
	else
		answer = queue_answer_of(queue->store->ops->job_save(queue->store, &job));
	job_clear(&job);
	return answer;
}
