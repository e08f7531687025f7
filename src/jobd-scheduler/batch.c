#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "batch.h"
#include "payload.h"
#include "queue_private.h"
#include "scope.h"

/* A batch that is over is remembered so long; so many old ones are forgotten when one is made. */
#define KEEP_MS    (INT64_C(24) * 3600 * 1000)
#define TRIM_BATCH 16
/* One that nobody can bring to its end, because it has no job any more, is remembered so long. */
#define STALE_MS    (INT64_C(30) * 86400 * 1000)
#define STALE_BATCH 64

static enum store_result advance(struct queue *, struct batch *);

static enum store_result
batch_read(struct queue *queue, const char *bid, struct batch *batch)
{
	return queue->store->ops->batch_get(queue->store, bid, batch);
}

static enum store_result
batch_save(struct queue *queue, const struct batch *batch)
{
	return queue->store->ops->batch_put(queue->store, batch);
}

/* Callbacks. */

/* The members that a callback has more: ,"custom":{"_bid":"b-x","_cb":"complete",...}. */
static int
add_custom(struct job *job, const char *bid, const char *word)
{
	static const char key[] = ",\"custom\":{";
	const char *found = strstr(job->extra, key);
	size_t size = strlen(job->extra) + strlen(bid) + 80, head;
	char *text = malloc(size);
	int result;

	if (text == NULL)
		return -1;
	if (found != NULL) {
		const char *rest = found + sizeof(key) - 1;

		head = (size_t)(rest - job->extra);
		snprintf(text, size, "%.*s\"_bid\":\"%s\",\"_cb\":\"%s\"%s%s", (int)head,
		    job->extra, bid, word, rest[strspn(rest, " \t\r\n")] == '}' ? "" : ",", rest);
	} else
		snprintf(
		    text, size, "%s%s\"_bid\":\"%s\",\"_cb\":\"%s\"}", job->extra, key, bid, word);
	result = job_set(job, &job->extra, text);
	free(text);
	return result;
}

/* The callbacks of somebody's batch are his too. */
static int
add_tag(struct job *job, const char *tag)
{
	char why[QUEUE_WHY_MAX], *tags;
	int result;

	if (tag[0] == '\0')
		return 0;
	if ((tags = scope_add_tag(job->tags, tag, why, sizeof(why))) == NULL)
		return -1;
	result = job_set(job, &job->tags, tags);
	free(tags);
	return result;
}

/* STORE_NONE: it can't be pushed, e.g. because its jid is in use; nobody waits for it then. */
static enum store_result
push_callback(
    struct queue *queue, const struct batch *batch, const char *text, enum job_callback callback)
{
	bool complete = callback == JOB_CALLBACK_COMPLETE;
	enum store_result result = STORE_OK;
	char why[QUEUE_WHY_MAX] = "";
	enum queue_answer answer;
	struct job job;

	job_init(&job);
	if (payload_read(&job, text, strlen(text), why, sizeof(why)) == -1 ||
	    add_tag(&job, batch->tag) == -1 || job_set(&job, &job.bid, batch->bid) == -1 ||
	    add_custom(&job, batch->bid, complete ? "complete" : "success") == -1) {
		job_clear(&job);
		return queue_no_memory(queue);
	}
	job.callback = callback;
	answer = queue_push(queue, &job, why);
	if (answer == QUEUE_FAILED)
		result = STORE_FAILED;
	else if (answer != QUEUE_OK || job.id == 0) {
		log_warnx("batch %s: its %s callback is not pushed: %s", batch->bid,
		    complete ? "complete" : "success",
		    why[0] != '\0' ? why : "another job is kept");
		result = STORE_NONE;
	}
	job_clear(&job);
	return result;
}

/* Its complete callback is due; the batch around it has one less to wait for. */
static enum store_result
fire_complete(struct queue *queue, struct batch *batch)
{
	struct batch parent;
	enum store_result result = STORE_NONE;

	if (batch->complete[0] != '\0')
		result = push_callback(queue, batch, batch->complete, JOB_CALLBACK_COMPLETE);
	batch->complete_state = result == STORE_OK ? BATCH_PUSHED : BATCH_DONE;
	if (result == STORE_FAILED)
		return result;
	if (batch->parent[0] == '\0')
		return STORE_OK;
	if ((result = batch_read(queue, batch->parent, &parent)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	parent.children_open--;
	result = advance(queue, &parent);
	batch_clear(&parent);
	return result;
}

/* The batch around it has one less to wait for. */
static enum store_result
leave_parent(struct queue *queue, const struct batch *batch)
{
	struct batch parent;
	enum store_result result;

	if (batch->parent[0] == '\0')
		return STORE_OK;
	if ((result = batch_read(queue, batch->parent, &parent)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	parent.children_unfinished--;
	if (batch->complete_state == BATCH_WAITING)
		parent.children_open--;
	result = advance(queue, &parent);
	batch_clear(&parent);
	return result;
}

/* It has succeeded, and its callback was acknowledged. */
static enum store_result
finish(struct queue *queue, struct batch *batch)
{
	batch->success_state = BATCH_DONE;
	batch->finished_at = queue->now;
	return leave_parent(queue, batch);
}

/* Does what is due now, and saves it.  The batch is saved before others are told, so that nobody
 * finds it as it was. */
static enum store_result
advance(struct queue *queue, struct batch *batch)
{
	enum store_result result = STORE_OK;

	if (batch->committed && batch->complete_state == BATCH_WAITING &&
	    batch->pending <= batch->failed && batch->children_open <= 0)
		result = fire_complete(queue, batch);
	if (result == STORE_OK && batch->complete_state == BATCH_DONE &&
	    batch->success_state == BATCH_WAITING && batch->pending <= 0 &&
	    batch->children_unfinished <= 0) {
		batch->success_state = BATCH_PUSHED;
		result = batch->success[0] != '\0'
			     ? push_callback(queue, batch, batch->success, JOB_CALLBACK_SUCCESS)
			     : STORE_NONE;
		if (result == STORE_NONE)
			result = finish(queue, batch);
	}
	return result == STORE_OK ? batch_save(queue, batch) : result;
}

/* Jobs. */

enum queue_answer
batch_check(struct queue *queue, const struct job *job, char *why)
{
	struct batch batch;
	enum store_result result;
	bool closed;

	if (job->callback != JOB_CALLBACK_NONE)
		return QUEUE_OK;
	if ((result = batch_read(queue, job->bid, &batch)) == STORE_FAILED)
		return QUEUE_FAILED;
	closed = result == STORE_OK && batch.success_state != BATCH_WAITING;
	if (result == STORE_OK)
		batch_clear(&batch);
	if (result == STORE_OK && !closed)
		return QUEUE_OK;
	snprintf(why, QUEUE_WHY_MAX, "the batch %.100s %s", job->bid,
	    closed ? "has succeeded already" : "is not there");
	return QUEUE_REFUSED;
}

/* Changes the counts of the job's batch. */
static enum store_result
count(struct queue *queue, const struct job *job, int64_t total, int64_t pending, int64_t failed)
{
	struct batch batch;
	enum store_result result;

	if (job->callback != JOB_CALLBACK_NONE)
		return STORE_OK;
	if ((result = batch_read(queue, job->bid, &batch)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	batch.total += total;
	batch.pending += pending;
	batch.failed += failed;
	result = advance(queue, &batch);
	batch_clear(&batch);
	return result;
}

enum store_result
batch_add(struct queue *queue, const struct job *job)
{
	if ((job->marks & JOB_MARK_MISSED) != 0)
		return count(queue, job, 1, 1, 1);
	return job_is_finished(job->state) ? STORE_OK : count(queue, job, 1, 1, 0);
}

enum store_result
batch_rejoin(struct queue *queue, const struct job *job)
{
	return count(queue, job, 0, 1, (job->marks & JOB_MARK_FAILED) != 0);
}

enum store_result
batch_failed(struct queue *queue, struct job *job)
{
	if ((job->marks & JOB_MARK_FAILED) != 0)
		return STORE_OK;
	job->marks |= JOB_MARK_FAILED;
	return count(queue, job, 0, 0, 1);
}

static enum store_result
callback_ended(struct queue *queue, const struct job *job)
{
	struct batch batch;
	enum store_result result = batch_read(queue, job->bid, &batch);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (job->callback == JOB_CALLBACK_COMPLETE) {
		batch.complete_state = BATCH_DONE;
		result = advance(queue, &batch);
	} else if ((result = finish(queue, &batch)) == STORE_OK)
		result = batch_save(queue, &batch);
	batch_clear(&batch);
	return result;
}

enum store_result
batch_ended(struct queue *queue, const struct job *job, bool done)
{
	bool failed = (job->marks & JOB_MARK_FAILED) != 0;

	if (job->callback != JOB_CALLBACK_NONE)
		return done ? callback_ended(queue, job) : STORE_OK;
	/* A dead one can be tried again: the batch waits for that, and for those behind it. */
	if (job->state == JOB_DEAD || (job->marks & JOB_MARK_MISSED) != 0)
		return STORE_OK;
	return count(queue, job, 0, -1, failed ? -1 : 0);
}

/* Never committed, or its callback was given up and forgotten. */
static enum store_result
forget_stale(struct queue *queue)
{
	struct store *store = queue->store;
	struct batch batch;
	enum store_result result =
	    store->ops->batch_stale(store, walltime_add_ms(queue->now, -STALE_MS), &batch);

	if (result != STORE_OK)
		return result;
	if ((result = store->ops->batch_delete(store, batch.bid)) == STORE_OK)
		result = leave_parent(queue, &batch);
	batch_clear(&batch);
	return result;
}

enum store_result
batch_sweep(struct queue *queue)
{
	struct store *store = queue->store;
	enum store_result result =
	    store->ops->batch_trim(store, walltime_add_ms(queue->now, -KEEP_MS), STALE_BATCH);

	for (int i = 0; i < STALE_BATCH && result == STORE_OK; i++)
		result = forget_stale(queue);
	return result == STORE_NONE ? STORE_OK : result;
}

/* What clients ask for. */

static int
make_bid(struct batch *batch)
{
	unsigned char bytes[10];
	char bid[2 + 2 * sizeof(bytes) + 1] = "b-";

	arc4random_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(bid + 2 + 2 * i, 3, "%02x", bytes[i]);
	return text_keep(&batch->memory, &batch->bid, bid, strlen(bid));
}

static bool
is_job(const char *text, char *why)
{
	struct job job;
	bool good;

	if (text[0] == '\0')
		return true;
	job_init(&job);
	good = payload_read(&job, text, strlen(text), why, QUEUE_WHY_MAX) == 0;
	job_clear(&job);
	return good;
}

/* The batch around the new one waits for it. */
static enum queue_answer
join_parent(struct queue *queue, const struct batch *batch, char *why)
{
	struct batch parent;
	enum store_result result;

	if (batch->parent[0] == '\0')
		return QUEUE_OK;
	if ((result = batch_read(queue, batch->parent, &parent)) == STORE_FAILED)
		return QUEUE_FAILED;
	if (result == STORE_NONE || parent.success_state != BATCH_WAITING) {
		snprintf(why, QUEUE_WHY_MAX, "the batch %.100s %s", batch->parent,
		    result == STORE_OK ? "has succeeded already" : "is not there");
		if (result == STORE_OK)
			batch_clear(&parent);
		return QUEUE_REFUSED;
	}
	parent.children_open++;
	parent.children_unfinished++;
	result = batch_save(queue, &parent);
	batch_clear(&parent);
	return result == STORE_OK ? QUEUE_OK : QUEUE_FAILED;
}

enum queue_answer
batch_new(struct queue *queue, struct batch *batch, char *why)
{
	struct store *store = queue->store;
	enum queue_answer answer;

	why[0] = '\0';
	if (!is_job(batch->complete, why) || !is_job(batch->success, why))
		return QUEUE_REFUSED;
	if ((answer = join_parent(queue, batch, why)) != QUEUE_OK)
		return answer;
	if (make_bid(batch) == -1)
		return queue_answer_of(queue_no_memory(queue));
	batch->created_at = queue->now;
	if (store->ops->batch_trim(store, walltime_add_ms(queue->now, -KEEP_MS), TRIM_BATCH) !=
	    STORE_OK)
		return QUEUE_FAILED;
	return queue_answer_of(batch_save(queue, batch));
}

static enum queue_answer
read_open(struct queue *queue, const char *bid, struct batch *batch, char *why)
{
	enum store_result result = batch_read(queue, bid, batch);

	why[0] = '\0';
	if (result != STORE_OK) {
		snprintf(why, QUEUE_WHY_MAX, "the batch %.100s is not there", bid);
		return queue_answer_of(result);
	}
	if (batch->success_state == BATCH_WAITING)
		return QUEUE_OK;
	snprintf(why, QUEUE_WHY_MAX, "the batch %.100s has succeeded already", bid);
	batch_clear(batch);
	return QUEUE_REFUSED;
}

enum queue_answer
batch_open(struct queue *queue, const char *bid, char *why)
{
	struct batch batch;
	enum queue_answer answer = read_open(queue, bid, &batch, why);

	if (answer == QUEUE_OK)
		batch_clear(&batch);
	return answer;
}

enum queue_answer
batch_commit(struct queue *queue, const char *bid, char *why)
{
	struct batch batch;
	enum queue_answer answer = read_open(queue, bid, &batch, why);

	if (answer != QUEUE_OK)
		return answer;
	batch.committed = true;
	answer = queue_answer_of(advance(queue, &batch));
	batch_clear(&batch);
	return answer;
}
