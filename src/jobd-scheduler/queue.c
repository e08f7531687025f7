#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"
#include "key.h"
#include "payload.h"
#include "queue_private.h"

#define HOUR_US        (INT64_C(3600) * CLOCK_US_PER_SEC)
#define RESERVE_MIN_MS (INT64_C(60) * 1000) /* Faktory's */

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

int
queue_note_finished(struct queue *queue, const char *jid)
{
	char **longer = reallocarray(queue->finished, queue->finished_count + 1, sizeof(*longer));

	if (longer == NULL)
		return -1;
	queue->finished = longer;
	if ((longer[queue->finished_count] = strdup(jid)) == NULL)
		return -1;
	queue->finished_count++;
	return 0;
}

void
queue_turn_end(struct queue *queue)
{
	for (size_t i = 0; i < queue->finished_count; i++)
		free(queue->finished[i]);
	free(queue->finished);
	queue->finished = NULL;
	queue->finished_count = 0;
	queue->has_ready = false;
}

bool
queue_find(void *arg, const struct job *job)
{
	struct queue_found *found = arg;
	char **longer;

	if (found->count == found->size) {
		size_t size = found->size == 0 ? 64 : 2 * found->size;

		if ((longer = reallocarray(found->jids, size, sizeof(*longer))) == NULL) {
			found->failed = true;
			return false;
		}
		found->jids = longer;
		found->size = size;
	}
	if ((found->jids[found->count] = strdup(job->jid)) == NULL) {
		found->failed = true;
		return false;
	}
	found->last = job->id;
	found->count++;
	return true;
}

void
queue_found_clear(struct queue_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->jids[i]);
	free(found->jids);
	memset(found, 0, sizeof(*found));
}

/* Moves. */

enum store_result
queue_move(struct queue *queue, struct job *job, enum job_event event)
{
	const char *from = job_state_word(job->state);
	enum store_result result;

	if (job_move(job, event) == -1)
		return STORE_NONE;
	if ((result = queue->store->ops->job_save(queue->store, job)) == STORE_OK)
		queue_event(queue, job, from);
	return result;
}

/* One that is ready and may expire is looked at then. */
static void
note_runnable(struct queue *queue, struct job *job)
{
	job->enqueued_at = queue->now;
	job->wake_at = job->expires_at;
	if (job->state == JOB_READY)
		queue->has_ready = true;
}

enum store_result
queue_make_runnable(struct queue *queue, struct job *job, enum job_event event)
{
	const char *from = job_state_word(job->state);
	enum store_result result;
	bool full;

	if (queue_bring_home(queue, job) == -1 || queue_gate_set(queue, job) == -1)
		return queue_no_memory(queue);
	if ((result = queue_gate_full(queue, job, &full)) != STORE_OK)
		return result;
	if (job->state == JOB_BLOCKED && full) {
		/* From one thing to wait for to the next. */
		job->block = JOB_BLOCK_GATE;
	} else if (job_move(job, full ? JOB_EVENT_BLOCK : event) == -1)
		return STORE_NONE;
	else
		job->block = full ? JOB_BLOCK_GATE : JOB_BLOCK_NONE;
	note_runnable(queue, job);
	job->finished_at.us = 0;
	if ((result = queue->store->ops->job_save(queue->store, job)) == STORE_OK)
		queue_event(queue, job, from);
	return result;
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

static bool
is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int
fill_key(struct job *job, const char **field, const char *pattern)
{
	char text[4 * JOB_KEY_MAX];

	if (!is_given(pattern) || *field[0] != '\0')
		return 0;
	/* One that does not fit is a key of its own. */
	if (key_fill(text, sizeof(text), pattern, job->args) == -1)
		key_of_job(text, job);
	return job_set(job, field, text);
}

/* The list as JSON; tags are plain words. */
static int
apply_tags(struct job *job, char *const *tags)
{
	char text[4096] = "[";

	if (tags == NULL || tags[0] == NULL || job->tags[0] != '\0')
		return 0;
	for (size_t i = 0; tags[i] != NULL; i++) {
		size_t used = strlen(text);

		snprintf(
		    text + used, sizeof(text) - 1 - used, "%s\"%s\"", i == 0 ? "" : ",", tags[i]);
	}
	strlcat(text, "]", sizeof(text));
	return job_set(job, &job->tags, text);
}

/*
 * What goes to a worker or over the network fails for reasons that pass; whether a command may be
 * run twice is for its author to say.  0 would be Faktory's "drop it": a failed run is kept.
 */
static int64_t
retries_of(const struct conf_job *type)
{
	if (type->retries == CONF_UNSET)
		return conf_job_kind(type) == CONF_JOB_COMMAND ? -1 : PAYLOAD_RETRIES;
	return type->retries > 0 ? type->retries : -1;
}

/* Of a type for workers: what its client did not say. */
static int
apply_worker_type(const struct conf_job *type, struct job *job)
{
	if ((job->unsaid & JOB_UNSAID_RETRY) != 0)
		job->retries = retries_of(type);
	if ((job->unsaid & JOB_UNSAID_RESERVE) != 0 && type->timeout_ms > 0)
		job->reserve_ms =
		    type->timeout_ms < RESERVE_MIN_MS ? RESERVE_MIN_MS : type->timeout_ms;
	return (job->unsaid & JOB_UNSAID_QUEUE) != 0 ? job_set(job, &job->queue, type->queue) : 0;
}

/* The runner does it as its section says, whatever a client thinks. */
static int
apply_own_type(const struct conf_job *type, struct job *job)
{
	job->retries = retries_of(type);
	job->reserve_ms = 0;
	return job_set(job, &job->queue, type->queue);
}

/* What the configuration says of every job of the type, where the job itself does not. */
static int
apply_type(const struct queue *queue, const struct conf_job *type, struct job *job)
{
	job->builtin = conf_job_kind(type) != CONF_JOB_FOREIGN;
	/* Clients always send one: the usual one says nothing. */
	if (job->priority == JOB_PRIORITY)
		job->priority = type->priority;
	if (job->unique_for_ms == 0 && job->unique_key[0] == '\0') {
		job->unique_for_ms = type->unique_for_ms;
		job->unique_until = type->unique_until;
		job->on_conflict = type->on_conflict;
	}
	if (type->expires_ms > 0 && !walltime_is_set(job->expires_at))
		job->expires_at = walltime_add_ms(
		    job->run_at.us > queue->now.us ? job->run_at : queue->now, type->expires_ms);
	if (fill_key(job, &job->concurrency_key, type->concurrency_key) == -1 ||
	    fill_key(job, &job->unique_key, type->unique_key) == -1 ||
	    apply_tags(job, type->tags) == -1)
		return -1;
	return job->builtin ? apply_own_type(type, job) : apply_worker_type(type, job);
}

int
queue_make_job(
    const struct queue *queue, const struct conf_job *type, const char *args, struct job *job)
{
	char jid[25];

	make_jid(jid);
	job_init(job);
	job->run_at = queue->now;
	job->priority = type->priority;
	job->retries = retries_of(type);
	job->reserve_ms = PAYLOAD_RESERVE_MS;
	job->unsaid = JOB_UNSAID_RESERVE;
	if (job_set(job, &job->jid, jid) == -1 || job_set(job, &job->type, type->name) == -1 ||
	    job_set(job, &job->queue, type->queue) == -1 || job_set(job, &job->args, args) == -1 ||
	    apply_type(queue, type, job) == -1) {
		job_clear(job);
		return -1;
	}
	return 0;
}

int
queue_make_named(const struct queue *queue, const char *name, const char *args, struct job *job)
{
	const struct conf_job *type = conf_find_job(queue->conf, name);
	char jid[25];

	if (type != NULL)
		return queue_make_job(queue, type, args, job);
	make_jid(jid);
	job_init(job);
	job->run_at = queue->now;
	job->queue = "default";
	job->retries = PAYLOAD_RETRIES;
	job->reserve_ms = PAYLOAD_RESERVE_MS;
	if (job_set(job, &job->jid, jid) == -1 || job_set(job, &job->type, name) == -1 ||
	    job_set(job, &job->args, args) == -1) {
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

static enum store_result
replace_one(struct queue *queue, const char *jid)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get_brief(queue->store, jid, &job);

	if (result != STORE_OK)
		return result;
	if (job.state == JOB_RUNNING)
		result = queue_order_end(queue, &job, "replaced");
	else
		result = queue_cancel_job(queue, &job, "replaced");
	job_clear(&job);
	return result;
}

/* Ends all of the type. */
static enum store_result
replace_all(struct queue *queue, const char *type)
{
	struct job_filter filter = { .states = STATE_BIT(JOB_READY) | STATE_BIT(JOB_RUNNING) |
					       STATE_BIT(JOB_BLOCKED),
		.type = type,
		.oldest_first = true,
		.limit = QUEUE_BULK_MAX };
	struct queue_found found = { .count = 0 };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, &filter, queue_find, &found);

	if (found.failed)
		result = queue_no_memory(queue);
	for (size_t i = 0; i < found.count && result == STORE_OK; i++)
		result = replace_one(queue, found.jids[i]);
	queue_found_clear(&found);
	return result;
}

static enum store_result
count_pushed(struct queue *queue)
{
	struct stat_record stat = { .at = { queue->now.us - queue->now.us % HOUR_US },
		.pushed = 1 };

	return queue->store->ops->stat_add(queue->store, &stat);
}

enum store_result
queue_add(struct queue *queue, struct job *job)
{
	enum store_result result;

	if (!walltime_is_set(job->created_at))
		job->created_at = queue->now;
	if ((result = queue->store->ops->job_add(queue->store, job)) != STORE_OK)
		return result;
	queue_event(queue, job, "");
	if ((job->state != JOB_CANCELLED && (result = queue_unique_take(queue, job)) != STORE_OK) ||
	    (result = queue_link_add(queue, job)) != STORE_OK)
		return result;
	if (job->bid[0] != '\0' && (result = batch_add(queue, job)) != STORE_OK)
		return result;
	return count_pushed(queue);
}

/* It is to run now, as far as its gate allows it. */
static enum store_result
add_runnable(struct queue *queue, struct job *job)
{
	enum store_result result;
	bool full;

	if (queue_gate_set(queue, job) == -1)
		return queue_no_memory(queue);
	if ((result = queue_gate_full(queue, job, &full)) != STORE_OK)
		return result;
	job->state = full ? JOB_BLOCKED : JOB_READY;
	job->block = full ? JOB_BLOCK_GATE : JOB_BLOCK_NONE;
	note_runnable(queue, job);
	return queue_add(queue, job);
}

enum store_result
queue_start(struct queue *queue, struct job *job, enum tick_action action)
{
	enum store_result result = STORE_OK;

	if (action == TICK_REPLACE)
		result = replace_all(queue, job->type);
	return result == STORE_OK ? add_runnable(queue, job) : result;
}

/* A job that waits for its time, or for others. */
static enum store_result
add_waiting(struct queue *queue, struct job *job)
{
	if (job->state != JOB_BLOCKED && job->state != JOB_CANCELLED) {
		job->state = JOB_SCHEDULED;
		job->wake_at = job->run_at;
	} else if (job->state == JOB_BLOCKED)
		job->wake_at = job->expires_at;
	else
		job->finished_at = queue->now;
	if (!walltime_is_set(job->run_at))
		job->run_at = queue->now;
	return queue_add(queue, job);
}

static enum store_result
push(struct queue *queue, struct job *job, const struct conf_job *type)
{
	enum store_result result = STORE_OK;

	if (job->state == JOB_BLOCKED || job->state == JOB_CANCELLED ||
	    job->run_at.us > queue->now.us)
		return add_waiting(queue, job);
	job->run_at = queue->now;
	if (type != NULL && type->overlap == CONF_OVERLAP_REPLACE &&
	    (result = queue_check_new(queue, job)) == STORE_OK)
		result = replace_all(queue, job->type);
	return result == STORE_OK ? add_runnable(queue, job) : result;
}

static enum queue_answer
push_made(struct queue *queue, struct job *job, const struct conf_job *type, char *why)
{
	enum store_result result;
	enum queue_answer answer;
	bool kept = false;

	why[0] = '\0';
	result = queue->store->ops->names_fit(queue->store, job->type, job->queue, job->tags);
	if (result != STORE_OK) {
		snprintf(why, QUEUE_WHY_MAX, QUEUE_NAMES_FULL);
		return result == STORE_FAILED ? QUEUE_FAILED : QUEUE_REFUSED;
	}
	if (job->parent[0] != '\0' || job->after[0] != '\0')
		if ((answer = queue_link_check(queue, job, why)) != QUEUE_OK)
			return answer;
	if (job->bid[0] != '\0' && (answer = batch_check(queue, job, why)) != QUEUE_OK)
		return answer;
	if ((job->unique_for_ms > 0 || job->unique_key[0] != '\0') &&
	    ((answer = queue_unique_check(queue, job, &kept)) != QUEUE_OK || kept)) {
		snprintf(why, QUEUE_WHY_MAX, "%s", kept ? "" : "Job not unique");
		return answer;
	}
	if ((result = push(queue, job, type)) == STORE_EXISTS) {
		snprintf(why, QUEUE_WHY_MAX, "there is a job with the jid %s already", job->jid);
		return QUEUE_REFUSED;
	}
	return result == STORE_OK ? QUEUE_OK : QUEUE_FAILED;
}

enum queue_answer
queue_push(struct queue *queue, struct job *job, char *why)
{
	const struct conf_job *type = queue_type(queue, job);

	why[0] = '\0';
	if (type != NULL && apply_type(queue, type, job) == -1)
		return queue_answer_of(queue_no_memory(queue));
	/* The runner's, although nobody configures it. */
	if (type == NULL && strcmp(job->type, PROTO_MAIL_TEST) == 0) {
		job->builtin = true;
		job->reserve_ms = 0;
	}
	return push_made(queue, job, type, why);
}

enum queue_answer
queue_push_made(struct queue *queue, struct job *job, char *why)
{
	return push_made(queue, job, queue_type(queue, job), why);
}
