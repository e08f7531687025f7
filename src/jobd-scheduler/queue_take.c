#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "pick.h"
#include "queue_private.h"

/* Queues that one request may ask for; more are not looked at. */
#define QUEUES_MAX 64
/* Expired jobs that one request may meet before it gets nothing. */
#define EXPIRED_MAX 100

/* What is asked of a queue. */
struct question {
	const char *name;
	bool builtin;
	struct queue_limits limits;
	struct limit_rate rate;
	struct queue_slot *slot; /* NULL if nothing is kept of it */
};

/* May it hand out a job now?  If only a token is missing: when it comes. */
static enum store_result
is_able(struct queue *queue, struct question *question, bool *able)
{
	struct store *store = queue->store;
	const struct queue_limits *limits = &question->limits;
	struct walltime state = { 0 }, next;
	int64_t ready, running;
	enum store_result result =
	    store->ops->queue_size(store, question->name, question->builtin, &ready, &running);

	*able = false;
	if (result != STORE_OK || ready == 0 ||
	    (question->slot != NULL && question->slot->record.paused) ||
	    (limits->concurrency > 0 && running >= limits->concurrency))
		return result;
	question->rate = (struct limit_rate){ limits->rate, limits->rate_period_ms };
	if (question->slot != NULL)
		state = question->slot->record.rate_at;
	next = limit_next(&question->rate, state, queue->now);
	*able = next.us <= queue->now.us;
	if (!*able && (!walltime_is_set(queue->rate_wake) || next.us < queue->rate_wake.us))
		queue->rate_wake = next;
	return STORE_OK;
}

/* A token is gone: kept, so that a restart gives none for free. */
static enum store_result
use_token(struct queue *queue, struct question *question)
{
	struct queue_slot *slot = question->slot;

	if (question->rate.count == 0)
		return STORE_OK;
	if (slot == NULL && (slot = queue_slot(queue, question->name, true)) == NULL)
		return queue_no_memory(queue);
	slot->record.rate_at = limit_take(&question->rate, slot->record.rate_at, queue->now);
	return queue_slot_save(queue, slot);
}

static enum store_result
start(struct queue *queue, const char *worker, struct job *job)
{
	enum store_result result;

	if (job_move(job, JOB_EVENT_TAKE) == -1 || job_set(job, &job->worker, worker) == -1)
		return queue_no_memory(queue);
	job->order = "";
	job->attempts++;
	job->started_at = queue->now;
	job->finished_at.us = 0;
	job->wake_at.us = 0;
	if (job->reserve_ms > 0)
		job->wake_at = walltime_add_ms(queue->now, job->reserve_ms);
	if ((result = queue->store->ops->job_start(queue->store, job)) != STORE_OK)
		return result;
	queue_event(queue, job, "ready");
	return job->unique_until == CONF_UNIQUE_UNTIL_START && job->unique_key[0] != '\0'
		   ? queue_unique_release(queue, job)
		   : STORE_OK;
}

bool
queue_has_expired(const struct queue *queue, const struct job *job)
{
	return walltime_is_set(job->expires_at) && job->expires_at.us <= queue->now.us &&
	       job->attempts == 0;
}

/* The first job of the queue that has not expired. */
static enum store_result
take_from(struct queue *queue, struct question *question, const char *worker, struct job *job)
{
	struct store *store = queue->store;
	enum store_result result = STORE_NONE;

	for (int i = 0; i < EXPIRED_MAX; i++) {
		result = store->ops->job_first(store, question->name, question->builtin, job);
		if (result != STORE_OK)
			return result;
		if (!queue_has_expired(queue, job))
			break;
		result = queue_cancel_job(queue, job, "expired");
		job_clear(job);
		if (result != STORE_OK)
			return result;
		result = STORE_NONE;
	}
	if (result != STORE_OK)
		return result;
	if ((result = start(queue, worker, job)) == STORE_OK)
		result = use_token(queue, question);
	if (result != STORE_OK)
		job_clear(job);
	return result;
}

static bool
has_weight(const struct question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (questions[i].limits.weight != CONF_UNSET && questions[i].limits.weight > 0)
			return true;
	return false;
}

/* By weight: everybody who has a job takes part, and its credit is kept. */
static enum store_result
take_by_weight(struct queue *queue, struct question *questions, size_t count, const char *worker,
    struct job *job)
{
	struct pick picks[QUEUES_MAX];
	enum store_result result;
	size_t picked;

	for (size_t i = 0; i < count; i++) {
		if (is_able(queue, &questions[i], &picks[i].able) != STORE_OK)
			return STORE_FAILED;
		picks[i].weight =
		    questions[i].limits.weight != CONF_UNSET ? questions[i].limits.weight : 0;
		if (!picks[i].able)
			continue;
		if (questions[i].slot == NULL)
			questions[i].slot = queue_slot(queue, questions[i].name, true);
		if (questions[i].slot == NULL)
			return queue_no_memory(queue);
		picks[i].credit = &questions[i].slot->credit;
	}
	while ((picked = pick_queue(picks, count)) != PICK_NONE) {
		result = take_from(queue, &questions[picked], worker, job);
		if (result != STORE_NONE)
			return result;
		picks[picked].able = false;
	}
	return STORE_NONE;
}

static enum store_result
take_in_order(struct queue *queue, struct question *questions, size_t count, const char *worker,
    struct job *job)
{
	enum store_result result = STORE_NONE;
	bool able;

	for (size_t i = 0; i < count && result == STORE_NONE; i++) {
		if (is_able(queue, &questions[i], &able) != STORE_OK)
			return STORE_FAILED;
		if (able)
			result = take_from(queue, &questions[i], worker, job);
	}
	return result;
}

enum store_result
queue_take(struct queue *queue, const char *worker, bool builtin, const char *const *queues,
    size_t count, struct job *job)
{
	struct question questions[QUEUES_MAX];

	if (count > QUEUES_MAX)
		count = QUEUES_MAX;
	for (size_t i = 0; i < count; i++)
		questions[i] = (struct question){ .name = queues[i],
			.builtin = builtin,
			.limits = queue_limits_of(queue, queues[i]),
			.slot = queue_slot(queue, queues[i], false) };
	return has_weight(questions, count) ? take_by_weight(queue, questions, count, worker, job)
					    : take_in_order(queue, questions, count, worker, job);
}

enum store_result
queue_next_wake(struct queue *queue, struct walltime *when)
{
	struct walltime wake = { 0 };
	enum store_result result = queue->store->ops->job_next_wake(queue->store, &wake);

	if (result == STORE_FAILED)
		return result;
	if (!walltime_is_set(wake) ||
	    (walltime_is_set(queue->rate_wake) && queue->rate_wake.us < wake.us))
		wake = queue->rate_wake;
	*when = wake;
	return STORE_OK;
}
