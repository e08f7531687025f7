#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#include "queue_private.h"

/* A jid of a JSON list, without its quotes; false if it is none. */
static bool
read_jid(const struct json_piece *piece, char jid[JOB_JID_MAX + 1])
{
	if (piece->value_len < 3 || piece->value_len - 2 > JOB_JID_MAX || piece->value[0] != '"')
		return false;
	memcpy(jid, piece->value + 1, piece->value_len - 2);
	jid[piece->value_len - 2] = '\0';
	return true;
}

/* Not by somebody's wish. */
static bool
has_failed(const struct job *job)
{
	return job->state == JOB_DEAD || (job->marks & JOB_MARK_MISSED) != 0;
}

/* What a job that must be done first says about the new one. */
static enum store_result
check_awaited(struct queue *queue, struct job *job, const char *jid, bool *waits)
{
	struct job awaited;
	char reason[JOB_JID_MAX + 40];
	enum store_result result = queue->store->ops->job_get_brief(queue->store, jid, &awaited);

	/* It was done and is forgotten. */
	if (result == STORE_NONE || (result == STORE_OK && awaited.state == JOB_DONE)) {
		if (result == STORE_OK)
			job_clear(&awaited);
		return STORE_OK;
	}
	if (result != STORE_OK)
		return result;
	if (job_is_finished(awaited.state)) {
		snprintf(reason, sizeof(reason), "%s is %s", jid, job_state_word(awaited.state));
		job->state = JOB_CANCELLED;
		if (has_failed(&awaited))
			job->marks |= JOB_MARK_MISSED | JOB_MARK_FAILED;
		if (job_set(job, &job->reason, reason) == -1)
			result = queue_no_memory(queue);
	} else
		*waits = true;
	job_clear(&awaited);
	return result;
}

static enum queue_answer
check_after(struct queue *queue, struct job *job, char *why)
{
	char jid[JOB_JID_MAX + 1];
	struct json_piece piece;
	struct json_scan scan;
	bool waits = false;

	if (job->after[0] == '\0' || json_scan_begin(&scan, job->after, strlen(job->after)) == -1)
		return QUEUE_OK;
	while (json_scan_next(&scan, &piece) == 1) {
		if (!read_jid(&piece, jid) || strcmp(jid, job->jid) == 0) {
			snprintf(
			    why, QUEUE_WHY_MAX, "custom.after is a list of jids of other jobs");
			return QUEUE_REFUSED;
		}
		if (check_awaited(queue, job, jid, &waits) != STORE_OK)
			return QUEUE_FAILED;
	}
	if (waits && job->state != JOB_CANCELLED) {
		job->state = JOB_BLOCKED;
		job->block = JOB_BLOCK_AFTER;
	}
	return QUEUE_OK;
}

/* The parent of a new job counts it. */
static enum queue_answer
check_parent(struct queue *queue, struct job *job, char *why)
{
	struct job parent;
	enum store_result result;
	bool open;

	if (job->parent[0] == '\0')
		return QUEUE_OK;
	result = queue->store->ops->job_get_brief(queue->store, job->parent, &parent);
	if (result == STORE_FAILED)
		return QUEUE_FAILED;
	open = result == STORE_OK && !job_is_finished(parent.state);
	if (result == STORE_OK)
		job_clear(&parent);
	if (open)
		return QUEUE_OK;
	snprintf(why, QUEUE_WHY_MAX, "the parent %s %s", job->parent,
	    result == STORE_OK ? "has ended" : "is not there");
	return QUEUE_REFUSED;
}

enum queue_answer
queue_link_check(struct queue *queue, struct job *job, char *why)
{
	enum queue_answer answer = check_parent(queue, job, why);

	return answer == QUEUE_OK ? check_after(queue, job, why) : answer;
}

/* Marks the awaited job, so that its end is looked at, and notes who waits. */
static enum store_result
await(struct queue *queue, const struct job *job, const char *jid)
{
	struct store *store = queue->store;
	struct job awaited;
	enum store_result result = store->ops->job_get_brief(store, jid, &awaited);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (!job_is_finished(awaited.state)) {
		result = store->ops->after_add(store, job->id, awaited.id);
		if (result == STORE_OK && (awaited.marks & JOB_MARK_AWAITED) == 0) {
			awaited.marks |= JOB_MARK_AWAITED;
			result = store->ops->job_save(store, &awaited);
		}
	}
	job_clear(&awaited);
	return result;
}

static enum store_result
add_after(struct queue *queue, const struct job *job)
{
	enum store_result result = STORE_OK;
	char jid[JOB_JID_MAX + 1];
	struct json_piece piece;
	struct json_scan scan;

	if (job->state != JOB_BLOCKED || job->block != JOB_BLOCK_AFTER ||
	    json_scan_begin(&scan, job->after, strlen(job->after)) == -1)
		return STORE_OK;
	while (result == STORE_OK && json_scan_next(&scan, &piece) == 1)
		if (read_jid(&piece, jid))
			result = await(queue, job, jid);
	return result;
}

/* One child more or less; a parent whose own work is done ends with the last of them. */
static enum store_result
count_child(struct queue *queue, const struct job *job, int add)
{
	struct store *store = queue->store;
	struct job parent;
	enum store_result result;

	if (job->parent[0] == '\0')
		return STORE_OK;
	if ((result = store->ops->job_get_brief(store, job->parent, &parent)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	parent.children += add;
	if (parent.children < 0)
		parent.children = 0;
	parent.marks |= JOB_MARK_PARENT;
	if (parent.state == JOB_BLOCKED && parent.block == JOB_BLOCK_CHILDREN &&
	    parent.children == 0) {
		parent.block = JOB_BLOCK_NONE;
		job_move(&parent, JOB_EVENT_COMPLETE);
		result = queue_save_ended(queue, &parent, JOB_BLOCKED);
	} else
		result = store->ops->job_save(store, &parent);
	job_clear(&parent);
	return result;
}

enum store_result
queue_link_add(struct queue *queue, struct job *job)
{
	enum store_result result = add_after(queue, job);

	if (result == STORE_OK && job->state != JOB_CANCELLED)
		result = count_child(queue, job, 1);
	return result;
}

/* All that it waited for is done. */
static enum store_result
release(struct queue *queue, struct job *job)
{
	job->block = JOB_BLOCK_NONE;
	if (job->run_at.us > queue->now.us) {
		job->wake_at = job->run_at;
		return queue_move(queue, job, JOB_EVENT_DELAY);
	}
	job->run_at = queue->now;
	return queue_make_runnable(queue, job, JOB_EVENT_UNBLOCK);
}

/* It is about to be cancelled, and its batch can't have it done. */
static enum store_result
miss(struct queue *queue, struct job *job)
{
	job->marks |= JOB_MARK_MISSED;
	return job->bid[0] != '\0' ? batch_failed(queue, job) : STORE_OK;
}

/* One that waited for `ended`: it may run, must wait on, or is cancelled with it. */
static enum store_result
settle(struct queue *queue, int64_t id, const struct job *ended)
{
	struct store *store = queue->store;
	char reason[JOB_JID_MAX + 40];
	struct job job;
	int64_t left;
	enum store_result result = store->ops->after_drop(store, id, ended->id, &left);

	if (result != STORE_OK)
		return result;
	if ((result = store->ops->job_get_id(store, id, &job)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (job.state == JOB_BLOCKED && job.block == JOB_BLOCK_AFTER) {
		if (ended->state != JOB_DONE) {
			snprintf(reason, sizeof(reason), "%s is %s", ended->jid,
			    job_is_finished(ended->state) ? job_state_word(ended->state) : "gone");
			result = has_failed(ended) ? miss(queue, &job) : STORE_OK;
			if (result == STORE_OK)
				result = queue_cancel_job(queue, &job, reason);
		} else if (left == 0)
			result = release(queue, &job);
	}
	job_clear(&job);
	return result;
}

enum store_result
queue_link_ended(struct queue *queue, struct job *job)
{
	struct store *store = queue->store;
	enum store_result result = STORE_OK;
	int64_t id;

	if ((job->marks & JOB_MARK_AWAITED) != 0)
		while ((result = store->ops->after_next(store, job->id, &id)) == STORE_OK)
			if ((result = settle(queue, id, job)) != STORE_OK)
				return result;
	if (result == STORE_FAILED)
		return result;
	/* A dead child can be tried again: its parent waits for that. */
	return job->state == JOB_DEAD ? STORE_OK : count_child(queue, job, -1);
}
