/* Requests about many jobs: JOBS, COUNT, BULK, MUTATE, FLUSH. */
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "proto/verbs.h"
#include "server.h"

/* A list ends where it has grown so long. */
#define JOBS_BYTES_MAX ((size_t)8 * 1024 * 1024)
/* Jobs that a MUTATE looks at in one turn. */
#define MUTATE_SLICE 1000
#define QUOTE        "%.200s"

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
		if (!scheduler_failed(scheduler, queue_bulk(&scheduler->queue, wish->fn, &filter,
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

/* MUTATE. */

struct mutation {
	struct fields *fields; /* what it says, from which the rest borrows */
	queue_wish_fn wish;
	enum job_state state;
	const char *glob, *type;     /* NULL: any */
	const struct fields *filter; /* NULL: there is none */
	size_t next_jid;             /* of the filter's, if it names some */
	int64_t after;               /* seq of the last job that was looked at */
	char (*found)[JOB_JID_MAX + 1];
	size_t found_count, looked;
};

static void
mutation_free(void *arg)
{
	struct mutation *mutation = arg;

	fields_free(mutation->fields);
	free(mutation->found);
	free(mutation);
}

/* The pattern is for the job as a worker would get it. */
static bool
mutation_wants(const struct mutation *mutation, const struct job *job)
{
	size_t len;
	char *text;
	bool matches;

	if (mutation->type != NULL && strcmp(mutation->type, job->type) != 0)
		return false;
	if (mutation->glob == NULL)
		return true;
	if ((text = render(render_payload, job, &len)) == NULL)
		return false;
	matches = glob_match(mutation->glob, text, len);
	free(text);
	return matches;
}

static bool
mutation_look(void *arg, const struct job *job)
{
	struct mutation *mutation = arg;

	mutation->after = job->id;
	mutation->looked++;
	if (mutation_wants(mutation, job))
		strlcpy(mutation->found[mutation->found_count++], job->jid, JOB_JID_MAX + 1);
	return true;
}

/* A wish that a job's state does not allow any more is passed over. */
static bool
mutate_found(struct scheduler *scheduler, struct mutation *mutation)
{
	for (size_t i = 0; i < mutation->found_count; i++)
		if (mutation->wish(&scheduler->queue, mutation->found[i]) == QUEUE_FAILED)
			return !scheduler_failed(scheduler, STORE_FAILED);
	return true;
}

/* The next jobs of the target; true when they were the last ones. */
static bool
mutate_scan(struct peer *peer, struct mutation *mutation)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct job_filter filter = { .states = 1u << mutation->state,
		.type = mutation->type,
		.after = mutation->after,
		.oldest_first = true,
		.limit = MUTATE_SLICE };

	mutation->found_count = mutation->looked = 0;
	if (scheduler_failed(scheduler, scheduler->store->ops->job_list(
					    scheduler->store, &filter, mutation_look, mutation)) ||
	    !mutate_found(scheduler, mutation) || mutation->looked == MUTATE_SLICE)
		return false;
	peer_ok(peer, "OK");
	return true;
}

/* The next ones of those that are named; the others of the filter do not count. */
static bool
mutate_named(struct peer *peer, struct mutation *mutation)
{
	struct scheduler *scheduler = peer->server->scheduler;
	size_t count = fields_count(mutation->filter, "jids");
	struct job job;

	mutation->found_count = 0;
	for (; mutation->next_jid < count && mutation->found_count < MUTATE_SLICE;
	     mutation->next_jid++) {
		const char *jid = fields_element(mutation->filter, "jids", mutation->next_jid);
		enum store_result result =
		    jid == NULL || strlen(jid) > JOB_JID_MAX
			? STORE_NONE
			: scheduler->store->ops->job_get(scheduler->store, jid, &job);

		if (scheduler_failed(scheduler, result))
			return false;
		if (result != STORE_OK)
			continue;
		if (job.state == mutation->state)
			strlcpy(mutation->found[mutation->found_count++], jid, JOB_JID_MAX + 1);
		job_clear(&job);
	}
	if (!mutate_found(scheduler, mutation) || mutation->next_jid < count)
		return false;
	peer_ok(peer, "OK");
	return true;
}

static bool
mutate_step(struct peer *peer, void *arg)
{
	struct mutation *mutation = arg;

	return mutation->filter != NULL && fields_count(mutation->filter, "jids") > 0
		   ? mutate_named(peer, mutation)
		   : mutate_scan(peer, mutation);
}

/* False: an error was replied. */
static bool
read_mutation(struct peer *peer, struct mutation *mutation)
{
	static const struct {
		const char *word;
		queue_wish_fn fn;
	} commands[] = {
		{"clear",    queue_delete},
		{ "discard", queue_delete},
		{ "kill",    queue_bury  },
		{ "requeue", queue_retry },
	};
	static const struct {
		const char *word;
		enum job_state state;
	} targets[] = {
		{"scheduled", JOB_SCHEDULED},
		{ "retries",  JOB_RETRY    },
		{ "dead",     JOB_DEAD     },
	};
	const char *command = fields_text(mutation->fields, "cmd");
	const char *target = fields_text(mutation->fields, "target");
	bool has_target = false;

	for (size_t i = 0; command != NULL && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].word, command) == 0)
			mutation->wish = commands[i].fn;
	for (size_t i = 0; target != NULL && i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (strcmp(targets[i].word, target) == 0) {
			mutation->state = targets[i].state;
			has_target = true;
		}
	}
	if (!has_target)
		peer_error(peer, "ERR", "invalid target for mutation command");
	else if (mutation->wish == NULL)
		peer_error(peer, "ERR", "unknown mutate operation");
	if (!has_target || mutation->wish == NULL)
		return false;
	mutation->filter =
	    strcmp(command, "clear") == 0 ? NULL : fields_object(mutation->fields, "filter");
	if (mutation->filter != NULL) {
		mutation->glob = fields_text(mutation->filter, "regexp");
		mutation->type = fields_text(mutation->filter, "jobtype");
		if (mutation->glob != NULL && mutation->glob[0] == '\0')
			mutation->glob = NULL;
		if (mutation->type != NULL && mutation->type[0] == '\0')
			mutation->type = NULL;
	}
	return true;
}

void
verb_mutate(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "";
	struct mutation *mutation;
	char error[160];

	if (request->json == NULL || request->arg_count > 0) {
		peer_error(peer, "ERR", "invalid format");
		return;
	}
	if ((mutation = calloc(1, sizeof(*mutation))) == NULL ||
	    (mutation->found = calloc(MUTATE_SLICE, sizeof(*mutation->found))) == NULL) {
		free(mutation);
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	mutation->fields = fields_read(text, strlen(text), error, sizeof(error));
	if (mutation->fields == NULL)
		peer_error(peer, "ERR", "invalid JSON: %s", error);
	if (mutation->fields != NULL && read_mutation(peer, mutation))
		task_begin(peer, TASK_IN_TURN, mutate_step, mutation_free, mutation);
	else
		mutation_free(mutation);
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
