#include <stdlib.h>
#include <string.h>

#include "queue_private.h"
#include "retention.h"

/* Types of which no job ends any more are looked through in passing: so often, so many jobs. */
#define SWEEP_EVERY_MS INT64_C(10000)
#define SWEEP_BATCH    200

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
sweep_one(struct queue *queue, const char *jid)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get(queue->store, jid, &job);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (is_old(queue, &job))
		result = queue_delete_job(queue, &job);
	job_clear(&job);
	return result;
}

enum store_result
queue_sweep(struct queue *queue)
{
	struct job_filter filter = { .states = FINISHED_STATES,
		.after = queue->swept,
		.oldest_first = true,
		.limit = SWEEP_BATCH };
	struct queue_found found = { .count = 0 };
	enum store_result result;

	/* Also when the clock was set back. */
	if (queue->now.us >= queue->swept_at.us &&
	    walltime_diff_ms(queue->now, queue->swept_at) < SWEEP_EVERY_MS)
		return STORE_OK;
	queue->swept_at = queue->now;
	result = queue->store->ops->job_list(queue->store, &filter, queue_find, &found);
	if (found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < found.count && result == STORE_OK; i++)
		result = sweep_one(queue, found.jids[i]);
	/* From the beginning again when the end was reached. */
	queue->swept = found.count == SWEEP_BATCH ? found.last : 0;
	queue_found_clear(&found);
	return result;
}
