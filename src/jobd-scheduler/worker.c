#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker.h"

static const char *const state_words[] = {
	[WORKER_RUNNING] = "running",
	[WORKER_QUIET] = "quiet",
	[WORKER_TERMINATE] = "terminate",
};

void
workers_init(struct workers *workers)
{
	LIST_INIT(&workers->list);
	workers->count = 0;
}

static void
worker_free(struct workers *workers, struct worker *worker)
{
	struct order order;

	while (worker_take_order(worker, &order))
		continue;
	LIST_REMOVE(worker, entry);
	workers->count--;
	free(worker);
}

void
workers_clear(struct workers *workers)
{
	while (!LIST_EMPTY(&workers->list))
		worker_free(workers, LIST_FIRST(&workers->list));
}

struct worker *
worker_find(const struct workers *workers, const char *wid)
{
	struct worker *worker;

	LIST_FOREACH (worker, &workers->list, entry)
		if (strcmp(worker->wid, wid) == 0)
			return worker;
	return NULL;
}

struct worker *
worker_connect(struct workers *workers, const char *wid, bool builtin)
{
	struct worker *worker = worker_find(workers, wid);

	if (worker == NULL) {
		if ((worker = calloc(1, sizeof(*worker))) == NULL)
			return NULL;
		TAILQ_INIT(&worker->orders);
		snprintf(worker->wid, sizeof(worker->wid), "%s", wid);
		worker->builtin = builtin;
		worker->may_have_orders = true;
		LIST_INSERT_HEAD(&workers->list, worker, entry);
		workers->count++;
	}
	worker->connections++;
	return worker;
}

void
worker_disconnect(struct workers *workers, struct worker *worker)
{
	if (--worker->connections == 0)
		worker_free(workers, worker);
}

void
worker_label(struct worker *worker, const char *label)
{
	size_t size = strlen(label) + 1;

	if (size > sizeof(worker->labels) - worker->labels_len)
		return;
	memcpy(worker->labels + worker->labels_len, label, size);
	worker->labels_len += size;
}

void
worker_asks(struct worker *worker, char *const *queues, size_t count)
{
	size_t len = 0;

	worker->queues[len++] = ' ';
	for (size_t i = 0; i < count; i++) {
		size_t name = strlen(queues[i]);

		if (name + 2 > sizeof(worker->queues) - len)
			break;
		memcpy(worker->queues + len, queues[i], name);
		worker->queues[len + name] = ' ';
		len += name + 1;
	}
	worker->queues[len] = '\0';
}

const struct worker *
workers_asking(const struct workers *workers, const char *queue, bool builtin)
{
	const struct worker *worker;
	char name[JOB_NAME_MAX + 3];

	snprintf(name, sizeof(name), " %s ", queue);
	LIST_FOREACH (worker, &workers->list, entry)
		if (worker->builtin == builtin && worker->state == WORKER_RUNNING &&
		    strstr(worker->queues, name) != NULL)
			return worker;
	return NULL;
}

void
worker_heard(struct worker *worker, struct monotime now, struct walltime wall)
{
	worker->heard_at = now;
	worker->beat_at = wall;
	if (!walltime_is_set(worker->started_at))
		worker->started_at = wall;
}

struct worker *
worker_silent(const struct workers *workers, struct monotime now)
{
	struct worker *worker;

	LIST_FOREACH (worker, &workers->list, entry)
		if (!worker->builtin && monotime_diff_ms(now, worker->heard_at) > WORKER_SILENCE_MS)
			return worker;
	return NULL;
}

int
worker_state_parse(const char *word, enum worker_state *state)
{
	for (int i = 0; i <= WORKER_TERMINATE; i++) {
		if (strcmp(word, state_words[i]) == 0) {
			*state = (enum worker_state)i;
			return 0;
		}
	}
	return -1;
}

const char *
worker_state_word(enum worker_state state)
{
	return state_words[state];
}

void
worker_order(struct worker *worker, const struct job *job)
{
	struct order *order;

	worker->may_have_orders = true;
	/* Who never asked with TAKE is told at its BEAT. */
	if (!worker->builtin && worker->takers == 0)
		return;
	TAILQ_FOREACH (order, &worker->orders, entry)
		if (strcmp(order->jid, job->jid) == 0)
			return;
	if ((order = calloc(1, sizeof(*order))) == NULL)
		return;
	snprintf(order->jid, sizeof(order->jid), "%s", job->jid);
	snprintf(order->reason, sizeof(order->reason), "%s", job->order);
	order->fresh = true;
	TAILQ_INSERT_TAIL(&worker->orders, order, entry);
}

bool
worker_take_order(struct worker *worker, struct order *copy)
{
	struct order *order = TAILQ_FIRST(&worker->orders);

	if (order == NULL)
		return false;
	*copy = *order;
	TAILQ_REMOVE(&worker->orders, order, entry);
	free(order);
	return true;
}

void
workers_turn_end(struct workers *workers, bool kept)
{
	struct worker *worker;
	struct order *order, *next;

	LIST_FOREACH (worker, &workers->list, entry) {
		for (order = TAILQ_FIRST(&worker->orders); order != NULL; order = next) {
			next = TAILQ_NEXT(order, entry);
			if (order->fresh && !kept) {
				TAILQ_REMOVE(&worker->orders, order, entry);
				free(order);
			} else
				order->fresh = false;
		}
	}
}

/* Running jobs of one worker, or of all jobd-runners, found before any of them is changed. */
struct running {
	bool builtin;
	char (*jids)[JOB_JID_MAX + 1];
	size_t count;
	bool failed;
};

static bool
collect_running(void *arg, const struct job *job)
{
	struct running *running = arg;
	void *longer;

	if (job->builtin != running->builtin)
		return true;
	longer = reallocarray(running->jids, running->count + 1, sizeof(*running->jids));
	if (longer == NULL) {
		running->failed = true;
		return false;
	}
	running->jids = longer;
	snprintf(running->jids[running->count++], sizeof(*running->jids), "%s", job->jid);
	return true;
}

static bool
is_named(const char *jid, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] != NULL && strcmp(names[i], jid) == 0)
			return true;
	return false;
}

static enum store_result
settle_one(struct worker *worker, struct queue *queue, const char *jid, const char *const *names,
    size_t count)
{
	enum store_result result;
	struct job job;

	if ((result = queue->store->ops->job_get(queue->store, jid, &job)) != STORE_OK)
		return result;
	if (strcmp(job.worker, worker->wid) != 0)
		result = queue_crashed(queue, &job);
	else if (names != NULL && !is_named(jid, names, count))
		result = queue_give_back(queue, &job);
	else if (job.order[0] != '\0')
		worker_order(worker, &job);
	job_clear(&job);
	return result;
}

enum store_result
worker_came(struct worker *worker, struct queue *queue, const char *const *names, size_t count)
{
	struct job_filter filter = {
		.states = 1u << JOB_RUNNING,
		.worker = worker->builtin ? NULL : worker->wid,
		.oldest_first = true,
		.limit = INT32_MAX,
	};
	struct running running = { .builtin = worker->builtin };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, &filter, collect_running, &running);

	if (running.failed) {
		snprintf(queue->store->error, sizeof(queue->store->error), "out of memory");
		result = STORE_FAILED;
	}
	/* What it has taken over a connection that still stands may be on its way to it. */
	if (worker->askers > 0)
		names = NULL;
	for (size_t i = 0; i < running.count && result == STORE_OK; i++)
		result = settle_one(worker, queue, running.jids[i], names, count);
	free(running.jids);
	return result;
}
