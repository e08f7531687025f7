/* Jobs for jobd-runner whose type has another queue by now: nobody asks for the old one any more.
 */
#include <stdlib.h>
#include <string.h>

#include "queue_private.h"

/* Brought home in one turn; the rest in the next. */
#define MOVE_MAX 500

/* Names of queues. */
struct names {
	const struct conf *conf;
	char (*list)[JOB_NAME_MAX + 1];
	size_t count;
	bool failed;
};

/* Does jobd-runner ask for jobs of the queue? */
static bool
is_asked(const struct conf *conf, const char *name)
{
	if (strcmp(name, "default") == 0)
		return true;
	for (size_t i = 0; i < conf->job_count; i++)
		if (strcmp(conf->jobs[i].queue, name) == 0)
			return true;
	return false;
}

bool
queue_is_away(const struct queue *queue, const struct job *job)
{
	const struct conf_job *type = job->builtin ? queue_type(queue, job) : NULL;

	return type != NULL && strcmp(job->queue, type->queue) != 0 &&
	       !is_asked(queue->conf, job->queue);
}

bool
queue_may_go_to(const struct queue *queue, const struct job *job, const char *name)
{
	return name == NULL || !job->builtin || is_asked(queue->conf, name);
}

int
queue_bring_home(const struct queue *queue, struct job *job)
{
	return queue_is_away(queue, job) ? job_set(job, &job->queue, queue_type(queue, job)->queue)
					 : 0;
}

static bool
collect(void *arg, const struct queue_record *record)
{
	struct names *names = arg;
	void *longer;

	if (is_asked(names->conf, record->name))
		return true;
	longer = reallocarray(names->list, names->count + 1, sizeof(*names->list));
	if (longer == NULL) {
		names->failed = true;
		return false;
	}
	names->list = longer;
	strlcpy(names->list[names->count++], record->name, sizeof(*names->list));
	return true;
}

/* STORE_NONE: nothing that is away is ready there, up to the first whose type is not there any
 * more: that one waits for its section. */
static enum store_result
move_first(struct queue *queue, const char *name)
{
	struct store *store = queue->store;
	enum store_result result;
	struct job job;

	if ((result = store->ops->job_first(store, name, true, &job)) != STORE_OK)
		return result;
	if (!queue_is_away(queue, &job))
		result = STORE_NONE;
	else if (queue_bring_home(queue, &job) == -1)
		result = queue_no_memory(queue);
	else
		result = store->ops->job_save(store, &job);
	job_clear(&job);
	return result;
}

/* STORE_NONE: all are at home. */
static enum store_result
move_some(struct queue *queue, const struct names *names)
{
	enum store_result result;
	size_t moved = 0;

	for (size_t i = 0; i < names->count; i++) {
		while ((result = move_first(queue, names->list[i])) == STORE_OK)
			if (++moved == MOVE_MAX)
				return STORE_OK;
		if (result == STORE_FAILED)
			return result;
	}
	return STORE_NONE;
}

enum store_result
queue_come_home(struct queue *queue)
{
	struct names names = { .conf = queue->conf };
	enum store_result result = queue->store->ops->queue_list(queue->store, collect, &names);

	if (names.failed)
		result = queue_no_memory(queue);
	if (result == STORE_OK)
		result = move_some(queue, &names);
	free(names.list);
	queue->has_ready = true;
	/* The next turn is at once. */
	if (result == STORE_OK)
		queue->rate_wake = queue->now;
	queue->is_away = result != STORE_NONE;
	return result == STORE_NONE ? STORE_OK : result;
}
