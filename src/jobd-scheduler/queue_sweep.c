#include <stdlib.h>
#include <string.h>

#include "queue_private.h"
#include "retention.h"

/* Types of which no job ends any more are looked through in passing: so often, so many jobs. */
#define SWEEP_EVERY_MS INT64_C(10000)
#define SWEEP_BATCH    200
/* Batches can't be many that are old: a look takes longer, and is rare. */
#define SWEEP_BATCHES_EVERY_MS INT64_C(600000)

#define FINISHED_STATES (STATE_BIT(JOB_DONE) | STATE_BIT(JOB_DEAD) | STATE_BIT(JOB_CANCELLED))

static bool
is_old(const struct queue *queue, const struct job *job)
{
	struct retention kept =
	    retention_of(&queue->conf->scheduler, queue_type(queue, job), job->state);

	return job_is_finished(job->state) &&
	       walltime_diff_ms(queue->now, job->finished_at) > kept.age_ms;
}

static enum store_result
forget_one(struct queue *queue, const char *jid, bool only_old)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get(queue->store, jid, &job);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (!only_old || is_old(queue, &job))
		result = queue_delete_job(queue, &job);
	job_clear(&job);
	return result;
}

/* *last is the seq of the last one seen, *count how many there were. */
static enum store_result
forget(struct queue *queue, const struct job_filter *filter, bool only_old, int64_t *last,
    size_t *count)
{
	struct queue_found found = { .count = 0 };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, filter, queue_find, &found);

	if (found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < found.count && result == STORE_OK; i++)
		result = forget_one(queue, found.jids[i], only_old);
	*last = found.last;
	*count = found.count;
	queue_found_clear(&found);
	return result;
}

enum store_result
queue_forget(struct queue *queue, const struct job_filter *filter)
{
	int64_t last;
	size_t count;

	return forget(queue, filter, false, &last, &count);
}

/* Also when the clock was set back. */
static bool
is_time(const struct queue *queue, struct walltime last, int64_t pause_ms)
{
	return queue->now.us < last.us || walltime_diff_ms(queue->now, last) >= pause_ms;
}

static enum store_result
sweep_jobs(struct queue *queue)
{
	struct job_filter filter = { .states = FINISHED_STATES,
		.after = queue->swept,
		.oldest_first = true,
		.limit = SWEEP_BATCH };
	int64_t last;
	size_t count;
	enum store_result result = forget(queue, &filter, true, &last, &count);

	/* From the beginning again when the end was reached. */
	queue->swept = count == SWEEP_BATCH ? last : 0;
	return result;
}

enum store_result
queue_sweep(struct queue *queue)
{
	enum store_result result = STORE_OK;

	if (is_time(queue, queue->swept_at, SWEEP_EVERY_MS)) {
		queue->swept_at = queue->now;
		result = sweep_jobs(queue);
	}
	if (result == STORE_OK && is_time(queue, queue->batches_swept_at, SWEEP_BATCHES_EVERY_MS)) {
		queue->batches_swept_at = queue->now;
		result = batch_sweep(queue);
	}
	return result;
}
