#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "queue_private.h"

/* The most that a change of the configuration lets run at once. */
#define FREE_MAX 1000

/* Does the overlap rule of the type hold for pushed jobs, too?  With a schedule it does; without
 * one only if it says more than the usual "skip", which is about ticks. */
static bool
has_overlap_rule(const struct conf_job *type)
{
	return type->overlap == CONF_OVERLAP_QUEUE || type->overlap == CONF_OVERLAP_REPLACE ||
	       (type->overlap == CONF_OVERLAP_SKIP && type->schedule[0] != '\0');
}

static int
set_gate(struct job *job, const char *kind, const char *name)
{
	char gate[JOB_KEY_MAX + 1];

	key_make(gate, kind, name);
	return job_set(job, &job->gate, gate);
}

int
queue_gate_set(struct queue *queue, struct job *job)
{
	const struct conf_job *type = queue_type(queue, job);

	if (job->concurrency_key[0] != '\0')
		return set_gate(job, "key", job->concurrency_key);
	if (type != NULL && (type->concurrency > 0 || has_overlap_rule(type)))
		return set_gate(job, "type", job->type);
	job->gate = "";
	return 0;
}

int64_t
queue_gate_limit(struct queue *queue, const struct job *job)
{
	const struct conf_job *type = queue_type(queue, job);

	if (type != NULL && type->concurrency > 0)
		return type->concurrency;
	if (job->concurrency_key[0] != '\0')
		return 1;
	return type != NULL && has_overlap_rule(type) ? 1 : INT64_MAX;
}

enum store_result
queue_gate_full(struct queue *queue, const struct job *job, bool *full)
{
	int64_t limit, active = 0;
	enum store_result result;

	*full = false;
	if (job->gate[0] == '\0')
		return STORE_OK;
	limit = queue_gate_limit(queue, job);
	result = queue->store->ops->gate_active(queue->store, job->gate, limit, &active);
	*full = active >= limit;
	return result;
}

enum store_result
queue_gate_free(struct queue *queue, const char *gate)
{
	struct store *store = queue->store;
	enum store_result result = STORE_OK;
	struct job job;
	bool full;

	for (int i = 0; i < FREE_MAX && result == STORE_OK; i++) {
		if ((result = store->ops->gate_next(store, gate, &job)) != STORE_OK)
			break;
		if ((result = queue_gate_full(queue, &job, &full)) == STORE_OK && !full) {
			job.block = JOB_BLOCK_NONE;
			result = queue_bring_home(queue, &job) == -1
				     ? queue_no_memory(queue)
				     : queue_move(queue, &job, JOB_EVENT_UNBLOCK);
			queue->has_ready = true;
		}
		job_clear(&job);
		if (full)
			break;
	}
	return result == STORE_NONE ? STORE_OK : result;
}

enum store_result
queue_unblock(struct queue *queue, const char *type)
{
	char gate[JOB_KEY_MAX + 1];

	key_make(gate, "type", type);
	return queue_gate_free(queue, gate);
}
