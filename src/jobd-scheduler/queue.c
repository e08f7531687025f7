#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "queue_private.h"

enum store_result
queue_no_memory(struct queue *queue)
{
	snprintf(queue->store->error, sizeof(queue->store->error), "out of memory");
	return STORE_FAILED;
}

enum queue_answer
queue_answer_of(enum store_result result)
{
	return result == STORE_OK ? QUEUE_OK : result == STORE_NONE ? QUEUE_NO_JOB : QUEUE_FAILED;
}

/* Lists of names: paused queues, finished jids. */

static int
names_add(char ***names, size_t *count, const char *name)
{
	char **longer = reallocarray(*names, *count + 1, sizeof(**names));

	if (longer == NULL)
		return -1;
	*names = longer;
	if ((longer[*count] = strdup(name)) == NULL)
		return -1;
	(*count)++;
	return 0;
}

static void
names_clear(char ***names, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*names)[i]);
	free(*names);
	*names = NULL;
	*count = 0;
}

int
queue_note_finished(struct queue *queue, const char *jid)
{
	return names_add(&queue->finished, &queue->finished_count, jid);
}

bool
queue_find(void *arg, const struct job *job)
{
	struct queue_found *found = arg;

	if ((found->jids[found->count] = strdup(job->jid)) == NULL) {
		found->failed = true;
		return false;
	}
	return ++found->count < sizeof(found->jids) / sizeof(found->jids[0]);
}

void
queue_found_clear(struct queue_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->jids[i]);
	found->count = 0;
}

static bool
collect_paused(void *arg, const struct queue_record *record)
{
	struct queue *queue = arg;

	return !record->paused ||
	       names_add(&queue->paused, &queue->paused_count, record->name) == 0;
}

enum store_result
queue_load(struct queue *queue)
{
	names_clear(&queue->paused, &queue->paused_count);
	queue->has_ready = true;
	return queue->store->ops->queue_list(queue->store, collect_paused, queue);
}

void
queue_turn_end(struct queue *queue, bool committed)
{
	(void)committed;
	names_clear(&queue->finished, &queue->finished_count);
	queue->has_ready = false;
}

void
queue_clear(struct queue *queue)
{
	queue_turn_end(queue, false);
	names_clear(&queue->paused, &queue->paused_count);
}

bool
queue_is_paused(const struct queue *queue, const char *name)
{
	for (size_t i = 0; i < queue->paused_count; i++)
		if (strcmp(queue->paused[i], name) == 0)
			return true;
	return false;
}

enum store_result
queue_pause(struct queue *queue, const char *name, bool paused)
{
	enum store_result result;

	if (paused == queue_is_paused(queue, name))
		return STORE_OK;
	result = queue->store->ops->queue_pause(queue->store, name, paused);
	return result == STORE_OK ? queue_load(queue) : result;
}

/* New jobs. */

const struct conf_job *
queue_type(const struct queue *queue, const struct job *job)
{
	return conf_find_job(queue->conf, job->type);
}

static void
make_jid(char jid[25])
{
	unsigned char bytes[12];

	arc4random_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(jid + 2 * i, 3, "%02x", bytes[i]);
}

/* What the configuration says of every job of the type. */
static int
apply_type(const struct conf_job *type, struct job *job)
{
	job->builtin = true;
	job->priority = type->priority;
	/* 0 would be Faktory's "drop it": a failed run is kept. */
	job->retries = type->retries > 0 ? type->retries : -1;
	job->reserve_ms = 0;
	return job_set(job, &job->queue, type->queue);
}

int
queue_make_job(
    const struct queue *queue, const struct conf_job *type, const char *args, struct job *job)
{
	char jid[25];

	make_jid(jid);
	job_init(job);
	job->run_at = queue->now;
	if (apply_type(type, job) == -1 || job_set(job, &job->jid, jid) == -1 ||
	    job_set(job, &job->type, type->name) == -1 || job_set(job, &job->args, args) == -1) {
		job_clear(job);
		return -1;
	}
	return 0;
}

enum store_result
queue_overlap(struct queue *queue, const struct conf_job *type, enum tick_action *action)
{
	int64_t active = 0, waiting = 0;
	enum store_result result = STORE_OK;

	if (type->overlap != CONF_OVERLAP_PARALLEL)
		result = queue->store->ops->job_active(queue->store, type->name, &active, &waiting);
	*action = tick_overlap(type->overlap, (size_t)active, (size_t)waiting);
	return result;
}

/* Tells the worker of a running job to end it. */
static enum store_result
order_end(struct queue *queue, struct job *job, const char *why)
{
	enum store_result result;

	if (job->order[0] != '\0')
		return STORE_OK;
	if (job_set(job, &job->order, why) == -1)
		return queue_no_memory(queue);
	if ((result = queue->store->ops->job_save(queue->store, job)) == STORE_OK)
		queue->order(queue->order_arg, job);
	return result;
}

static enum store_result
replace_one(struct queue *queue, const char *jid, bool *running)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get(queue->store, jid, &job);

	if (result != STORE_OK)
		return result;
	if (job.state == JOB_RUNNING) {
		*running = true;
		result = order_end(queue, &job, "replaced");
	} else if (job_move(&job, JOB_EVENT_CANCEL) == 0) {
		result = job_set(&job, &job.reason, "replaced") == 0 ? queue_save_ended(queue, &job)
								     : queue_no_memory(queue);
	}
	job_clear(&job);
	return result;
}

/* Ends all of the type; *running says that some need their time for it. */
static enum store_result
replace_all(struct queue *queue, const char *type, bool *running)
{
	struct job_filter filter = { .states = ACTIVE_STATES | STATE_BIT(JOB_BLOCKED),
		.type = type,
		.oldest_first = true,
		.limit = 64 };
	struct queue_found found = { .count = 0 };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, &filter, queue_find, &found);

	*running = false;
	if (found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < found.count && result == STORE_OK; i++)
		result = replace_one(queue, found.jids[i], running);
	queue_found_clear(&found);
	return result;
}

/* It has become ready, or blocked: then it waits for an unblock. */
static void
note_runnable(struct queue *queue, struct job *job)
{
	job->enqueued_at = queue->now;
	if (job->state == JOB_READY)
		queue->has_ready = true;
}

enum store_result
queue_start(struct queue *queue, struct job *job, enum tick_action action)
{
	enum store_result result = STORE_OK;
	bool blocked = action == TICK_BLOCK;

	if (action == TICK_REPLACE)
		result = replace_all(queue, job->type, &blocked);
	if (result != STORE_OK)
		return result;
	job->state = blocked ? JOB_BLOCKED : JOB_READY;
	note_runnable(queue, job);
	job->created_at = walltime_is_set(job->created_at) ? job->created_at : queue->now;
	return queue->store->ops->job_add(queue->store, job);
}

static enum store_result
push(struct queue *queue, struct job *job)
{
	const struct conf_job *type = queue_type(queue, job);
	enum tick_action action = TICK_START;
	enum store_result result = STORE_OK;

	if (!walltime_is_set(job->created_at))
		job->created_at = queue->now;
	if (type != NULL && apply_type(type, job) == -1)
		return queue_no_memory(queue);
	if (job->run_at.us > queue->now.us) {
		job->state = JOB_SCHEDULED;
		job->wake_at = job->run_at;
		return queue->store->ops->job_add(queue->store, job);
	}
	job->run_at = queue->now;
	if (type != NULL)
		result = queue_overlap(queue, type, &action);
	if (action == TICK_SKIP_OVERLAP || action == TICK_SKIP_BACKLOG)
		action = TICK_BLOCK;
	return result == STORE_OK ? queue_start(queue, job, action) : result;
}

enum queue_answer
queue_push(struct queue *queue, struct job *job, char *why)
{
	enum store_result result = push(queue, job);

	why[0] = '\0';
	if (result == STORE_EXISTS)
		snprintf(why, QUEUE_WHY_MAX, "there is a job with the jid %s already", job->jid);
	return result == STORE_OK       ? QUEUE_OK
	       : result == STORE_EXISTS ? QUEUE_REFUSED
					: QUEUE_FAILED;
}

/* Handing out. */

enum store_result
queue_take(struct queue *queue, const char *worker, bool builtin, const char *const *queues,
    size_t count, struct job *job)
{
	enum store_result result = STORE_NONE;

	for (size_t i = 0; i < count && result == STORE_NONE; i++)
		if (!queue_is_paused(queue, queues[i]))
			result =
			    queue->store->ops->job_first(queue->store, queues[i], builtin, job);
	if (result != STORE_OK)
		return result;
	if (job_move(job, JOB_EVENT_TAKE) == -1 || job_set(job, &job->worker, worker) == -1 ||
	    job_set(job, &job->order, "") == -1) {
		job_clear(job);
		return queue_no_memory(queue);
	}
	job->attempts++;
	job->started_at = queue->now;
	job->finished_at.us = 0;
	job->wake_at.us = 0;
	if (job->reserve_ms > 0)
		job->wake_at = walltime_add_ms(queue->now, job->reserve_ms);
	result = queue->store->ops->job_save(queue->store, job);
	if (result != STORE_OK)
		job_clear(job);
	return result;
}

/* Operators' wishes. */

enum queue_answer
queue_cancel(struct queue *queue, const char *jid)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (job.state == JOB_RUNNING)
		answer = queue_answer_of(order_end(queue, &job, "cancelled"));
	else if (job_move(&job, JOB_EVENT_CANCEL) == -1)
		answer = QUEUE_REFUSED;
	else if (job_set(&job, &job.reason, "cancelled") == -1)
		answer = queue_answer_of(queue_no_memory(queue));
	else
		answer = queue_answer_of(queue_save_ended(queue, &job));
	job_clear(&job);
	return answer;
}

/* Makes it runnable, or blocks it behind another one of its type. */
static enum store_result
make_runnable(struct queue *queue, struct job *job, enum job_event event)
{
	const struct conf_job *type = queue_type(queue, job);
	enum tick_action action = TICK_START;
	enum store_result result = STORE_OK;

	if (type != NULL)
		result = queue_overlap(queue, type, &action);
	if (result != STORE_OK)
		return result;
	if (job_move(job, action == TICK_START ? event : JOB_EVENT_BLOCK) == -1)
		return STORE_NONE;
	note_runnable(queue, job);
	job->wake_at.us = 0;
	job->finished_at.us = 0;
	return queue->store->ops->job_save(queue->store, job);
}

enum queue_answer
queue_retry(struct queue *queue, const char *jid)
{
	struct job job;
	enum queue_answer answer =
	    queue_answer_of(queue->store->ops->job_get(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (!job_may(job.state, JOB_EVENT_REQUEUE))
		answer = QUEUE_REFUSED;
	else {
		job.run_at = queue->now;
		job.crashes = 0;
		answer = queue_answer_of(make_runnable(queue, &job, JOB_EVENT_REQUEUE));
	}
	job_clear(&job);
	return answer;
}

/* Time. */

enum store_result
queue_due(struct queue *queue)
{
	enum store_result result;
	struct job job;

	while ((result = queue->store->ops->job_due(queue->store, queue->now, &job)) == STORE_OK) {
		if (job.state == JOB_RUNNING) {
			result = queue_expired(queue, &job);
		} else if (job_may(job.state, JOB_EVENT_DUE)) {
			result = make_runnable(queue, &job, JOB_EVENT_DUE);
		} else {
			/* No state but these has a time; never look at it again. */
			job.wake_at.us = 0;
			result = queue->store->ops->job_save(queue->store, &job);
		}
		job_clear(&job);
		if (result != STORE_OK)
			return result;
	}
	return result == STORE_NONE ? STORE_OK : result;
}
