#include <string.h>

#include "key.h"
#include "queue_private.h"
#include "role.h"

/* Keys that ran out are forgotten when others are taken, so many at a time. */
#define TRIM_BATCH 4

/* The key in the form in which it is stored; "" if the job needs none. */
static int
set_key(struct job *job)
{
	char key[JOB_KEY_MAX + 1];

	if (job->unique_key[0] == '\0' && job->unique_for_ms == 0)
		return 0;
	if (job->unique_key[0] != '\0')
		key_make(key, "own", job->unique_key);
	else
		key_of_job(key, job);
	return job_set(job, &job->unique_key, key);
}

/* A waiting one makes room; one that runs is left alone, and only loses the key. */
static enum store_result
replace(struct queue *queue, struct job *old)
{
	return old->state == JOB_RUNNING ? STORE_OK : queue_cancel_job(queue, old, "replaced");
}

/* The jid of who holds the key becomes the job's; it may be forgotten by now. */
static enum store_result
name_holder(struct queue *queue, int64_t holder, struct job *job)
{
	struct job old;
	enum store_result result = queue->store->ops->job_get_id(queue->store, holder, &old);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	if (job_set(job, &job->jid, old.jid) == -1)
		result = queue_no_memory(queue);
	job_clear(&old);
	return result;
}

enum store_result
queue_check_new(struct queue *queue, const struct job *job)
{
	struct job old;
	enum store_result result = queue->store->ops->job_get_brief(queue->store, job->jid, &old);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	job_clear(&old);
	return STORE_EXISTS;
}

enum queue_answer
queue_unique_check(struct queue *queue, struct job *job, bool *kept)
{
	struct store *store = queue->store;
	enum store_result result;
	struct walltime until;
	struct job old;
	int64_t holder;
	bool may;

	*kept = false;
	if (set_key(job) == -1)
		return queue_answer_of(queue_no_memory(queue));
	/* What it was to wait for is dead: it never runs, and takes no key. */
	if (job->unique_key[0] == '\0' || job->state == JOB_CANCELLED)
		return QUEUE_OK;
	result = store->ops->unique_get(store, job->unique_key, &holder, &until);
	if (result == STORE_NONE ||
	    (result == STORE_OK && walltime_is_set(until) && until.us <= queue->now.us))
		return QUEUE_OK;
	if (result != STORE_OK)
		return QUEUE_FAILED;
	*kept = job->on_conflict == CONF_ON_CONFLICT_KEEP;
	if (*kept)
		return queue_answer_of(name_holder(queue, holder, job));
	if (job->on_conflict != CONF_ON_CONFLICT_REPLACE)
		return QUEUE_NOT_UNIQUE;
	/* One that is there already is refused later, and may be the holder itself. */
	if ((result = queue_check_new(queue, job)) == STORE_EXISTS)
		return QUEUE_OK;
	if (result == STORE_OK &&
	    (result = store->ops->job_get_id(store, holder, &old)) == STORE_NONE)
		return QUEUE_OK;
	if (result != STORE_OK)
		return QUEUE_FAILED;
	/* Whoever pushes: who may not push the old one does not get rid of it so. */
	may = !role_is_for_admins(queue, &old) || role_is_for_admins(queue, job);
	if (may && !job_is_finished(old.state))
		result = replace(queue, &old);
	job_clear(&old);
	return result != STORE_OK ? QUEUE_FAILED : may ? QUEUE_OK : QUEUE_NOT_UNIQUE;
}

enum store_result
queue_unique_take(struct queue *queue, struct job *job)
{
	struct store *store = queue->store;
	struct walltime until = { 0 };
	enum store_result result;

	if (job->unique_key[0] == '\0')
		return STORE_OK;
	if (job->unique_for_ms > 0)
		until = walltime_add_ms(job->run_at, job->unique_for_ms);
	result = store->ops->unique_trim(store, queue->now, TRIM_BATCH);
	return result == STORE_OK ? store->ops->unique_put(store, job->unique_key, job->id, until)
				  : result;
}

enum queue_answer
queue_unique_retake(struct queue *queue, struct job *job)
{
	enum store_result result;
	struct walltime until;
	int64_t holder;

	/* Time alone ends it, or the start that has been. */
	if (job->unique_key[0] == '\0' || job->unique_until == CONF_UNIQUE_UNTIL_TIME ||
	    (job->unique_until == CONF_UNIQUE_UNTIL_START && job->attempts > 0))
		return QUEUE_OK;
	result = queue->store->ops->unique_get(queue->store, job->unique_key, &holder, &until);
	if (result == STORE_OK && holder != job->id &&
	    (!walltime_is_set(until) || until.us > queue->now.us))
		return QUEUE_NOT_UNIQUE;
	return result == STORE_FAILED ? QUEUE_FAILED
				      : queue_answer_of(queue_unique_take(queue, job));
}

enum store_result
queue_unique_release(struct queue *queue, struct job *job)
{
	if (job->unique_key[0] == '\0')
		return STORE_OK;
	return queue->store->ops->unique_drop(queue->store, job->unique_key, job->id);
}
