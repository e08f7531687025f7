/* Requests about many jobs: JOBS, COUNT, BULK, FLUSH. */
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"
#include "role.h"
#include "server.h"

/* A list ends where it has grown so long. */
#define JOBS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define QUOTE          "%.200s"

/* JOBS. */

struct list {
	struct peer *peer;
	size_t count;
};

static bool
list_add(void *arg, const struct job *job)
{
	struct list *list = arg;
	const struct outbuf *out = &list->peer->out;

	peer_json(list->peer, render_job, job);
	list->count++;
	return out->len - out->kept < JOBS_BYTES_MAX;
}

void
verb_jobs(struct peer *peer, struct request *request)
{
	static const char *const known[] = { VERB_FILTER, "sort", "offset", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	struct list list = { .peer = peer };
	size_t mark = peer_list_begin(peer);
	struct job_filter filter;

	if (fields == NULL)
		return;
	if (!verb_filter(peer, fields, &filter)) {
		fields_free(fields);
		return;
	}
	if (fields_has(fields, "sort") || fields_has(fields, "offset"))
		jobs_sorted(peer, fields, &filter);
	else if (!scheduler_failed(scheduler,
		     scheduler->store->ops->job_list(scheduler->store, &filter, list_add, &list)))
		peer_list_end(peer, mark, list.count);
	fields_free(fields);
}

/* COUNT. */

static void
render_counts(struct json *json, const void *arg)
{
	const int64_t *counts = arg;
	int64_t sum = 0;

	for (int i = 0; i < JOB_STATE_COUNT; i++)
		sum += counts[i];
	json_object(json, NULL);
	json_int(json, "count", sum);
	json_object(json, "states");
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		if (counts[i] > 0)
			json_int(json, job_state_word((enum job_state)i), counts[i]);
	json_object_end(json);
	json_object_end(json);
}

void
verb_count(struct peer *peer, struct request *request)
{
	static const char *const known[] = { VERB_FILTER, NULL };
	struct store *store = peer->server->scheduler->store;
	struct fields *fields = verb_object(peer, request, known);
	int64_t counts[JOB_STATE_COUNT] = { 0 };
	struct job_filter filter;

	if (fields == NULL)
		return;
	if (verb_filter(peer, fields, &filter) &&
	    !scheduler_failed(
		peer->server->scheduler, store->ops->job_count(store, &filter, counts)))
		peer_json(peer, render_counts, counts);
	fields_free(fields);
}

/* BULK. */

struct changed {
	int64_t count, last;
	bool more;
};

static void
render_changed(struct json *json, const void *arg)
{
	const struct changed *changed = arg;

	json_object(json, NULL);
	json_int(json, "changed", changed->count);
	json_bool(json, "more", changed->more);
	json_int(json, "last", changed->last);
	json_object_end(json);
}

#define BIT(state)     (1u << (state))
#define WAITING_STATES (BIT(JOB_SCHEDULED) | BIT(JOB_READY) | BIT(JOB_BLOCKED) | BIT(JOB_RETRY))
#define ENDED_STATES   (BIT(JOB_DONE) | BIT(JOB_DEAD) | BIT(JOB_CANCELLED))

/* What may be done, and with which states if none is said. */
static const struct wish {
	const char *word;
	queue_wish_fn fn;
	unsigned states;
} wishes[] = {
	{"retry",   queue_retry,
         BIT(JOB_DEAD) | BIT(JOB_CANCELLED) | BIT(JOB_SCHEDULED) | BIT(JOB_RETRY)},
	{ "cancel", queue_cancel, WAITING_STATES | BIT(JOB_RUNNING)              },
	{ "kill",   queue_kill,   WAITING_STATES | BIT(JOB_RUNNING)              },
	{ "delete", queue_delete, WAITING_STATES | ENDED_STATES                  },
};

static const struct wish *
wish_find(const char *word)
{
	for (size_t i = 0; word != NULL && i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (strcmp(wishes[i].word, word) == 0)
			return &wishes[i];
	return NULL;
}

static void
bulk(struct peer *peer, const struct fields *fields, const struct wish *wish)
{
	static const char *const known[] = { VERB_FILTER, NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	const struct fields *filter_fields = fields_object(fields, "filter");
	int64_t limit = fields_int(fields, "limit", QUEUE_BULK_MAX);
	queue_leave_fn leave = role_is_operator(peer) ? role_is_for_admins : NULL;
	struct changed changed = { 0, 0, false };
	struct job_filter filter;
	const char *unknown;

	if (filter_fields == NULL)
		peer_error(peer, "ERR", "BULK needs {\"filter\":{...}}; an empty one means all");
	else if ((unknown = fields_unknown(filter_fields, known)) != NULL)
		peer_error(peer, "ERR", "unknown member '" QUOTE "'", unknown);
	else if (limit < 1 || limit > QUEUE_BULK_MAX)
		peer_error(peer, "ERR", "limit is from 1 to %d", QUEUE_BULK_MAX);
	else if (verb_filter(peer, filter_fields, &filter)) {
		filter.limit = limit;
		filter.states = filter.states != 0 ? filter.states : wish->states;
		if (!scheduler_failed(
			scheduler, queue_bulk(&scheduler->queue, wish->fn, &filter, leave,
				       &changed.count, &changed.last, &changed.more)))
			peer_json(peer, render_changed, &changed);
	}
}

void
verb_bulk(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "do", "filter", "limit", NULL };
	struct fields *fields = verb_object(peer, request, known);
	const struct wish *wish;

	if (fields == NULL)
		return;
	if ((wish = wish_find(fields_text(fields, "do"))) == NULL)
		peer_error(peer, "ERR", "do is retry, cancel, kill or delete");
	else
		bulk(peer, fields, wish);
	fields_free(fields);
}

/* FLUSH. */

void
verb_flush(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;

	(void)request;
	if (!scheduler_failed(scheduler, queue_flush(&scheduler->queue)))
		peer_ok(peer, "OK");
}
