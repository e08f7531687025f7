/* Requests about single jobs: RUN, JOBS, JOB, WAIT, CANCEL, RETRY. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "json_scan.h"
#include "payload.h"
#include "server.h"

#define JOBS_LIMIT     100
#define JOBS_LIMIT_MAX 10000
/* A list ends where it has grown so long. */
#define JOBS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define QUOTE          "%.200s"

/* The members of a request's object, of which only `known` are allowed; NULL: an error was replied.
 */
static struct fields *
read_object(struct peer *peer, const struct request *request, const char *const *known)
{
	const char *text = request->json != NULL ? request->json : "{}", *unknown;
	struct fields *fields;
	char error[160];

	fields = fields_read(text, strlen(text), error, sizeof(error));
	if (fields == NULL) {
		peer_error(peer, "ERR", "invalid JSON: %s", error);
		return NULL;
	}
	if ((unknown = fields_unknown(fields, known)) != NULL) {
		peer_error(peer, "ERR", "unknown member '" QUOTE "'", unknown);
		fields_free(fields);
		return NULL;
	}
	return fields;
}

/* The args of a RUN, to the letter; the type's own if there are none.  NULL: an error was replied.
 */
static char *
run_args(struct peer *peer, const char *json, const struct conf_job *type)
{
	struct json_scan scan;
	struct json_piece piece;
	const char *args = type->args;
	size_t len = strlen(args);
	char *copy = NULL;

	json_scan_begin(&scan, json, strlen(json));
	while (json_scan_next(&scan, &piece) == 1) {
		if (json_piece_is(&piece, "args")) {
			args = piece.value;
			len = piece.value_len;
		}
	}
	if (args[0] != '[')
		peer_error(peer, "ERR", "args is no list");
	else if (len > PAYLOAD_MAX)
		peer_error(peer, "ERR", "args is longer than %zu bytes", PAYLOAD_MAX);
	else if ((copy = strndup(args, len)) == NULL)
		peer_error(peer, "ERR", "out of memory");
	return copy;
}

static void
run(struct peer *peer, const struct conf_job *type, const char *args)
{
	struct scheduler *scheduler = peer->server->scheduler;
	enum tick_action action;
	struct job job;

	if (scheduler_failed(scheduler, queue_overlap(&scheduler->queue, type, &action)))
		return;
	if (action == TICK_SKIP_OVERLAP) {
		peer_error(peer, "ERR",
		    "%s is running or about to (its overlap is 'skip'); wait or cancel it",
		    type->name);
		return;
	}
	if (action == TICK_SKIP_BACKLOG) {
		peer_error(peer, "ERR", "%s: %d runs wait already", type->name, TICK_BACKLOG_MAX);
		return;
	}
	if (queue_make_job(&scheduler->queue, type, args, &job) == -1) {
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	if (!scheduler_failed(scheduler, queue_start(&scheduler->queue, &job, action)))
		peer_json(peer, render_job, &job);
	job_clear(&job);
}

void
verb_run(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "job", "args", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = read_object(peer, request, known);
	const struct conf_job *type = NULL;
	const char *name;
	char *args = NULL;

	if (fields == NULL)
		return;
	name = fields_text(fields, "job");
	if (name != NULL)
		type = conf_find_job(scheduler->conf, name);
	if (name == NULL)
		peer_error(peer, "ERR", "RUN needs {\"job\":NAME}");
	else if (type == NULL)
		peer_error(peer, "ERR", "no such job: '" QUOTE "'", name);
	else if (!type->enabled)
		peer_error(peer, "ERR", "the job '%s' is disabled (enabled = false)", name);
	else if ((args = run_args(peer, request->json, type)) != NULL)
		run(peer, type, args);
	free(args);
	fields_free(fields);
}

/* Lists of jobs. */

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

/* Reads what is asked for; false: an error was replied. */
static bool
read_filter(struct peer *peer, const struct fields *fields, struct job_filter *filter)
{
	const char *word = fields_text(fields, "state");
	int64_t limit = fields_int(fields, "limit", JOBS_LIMIT);
	enum job_state state;

	*filter = (struct job_filter){ .type = fields_text(fields, "type"),
		.queue = fields_text(fields, "queue") };
	if (word != NULL && job_state_parse(word, &state) == -1) {
		peer_error(peer, "ERR",
		    "no such state: '" QUOTE "' (scheduled, ready, blocked, running, retry, done, "
		    "dead, cancelled)",
		    word);
		return false;
	}
	if (word != NULL)
		filter->states = 1u << state;
	if (limit < 1 || limit > JOBS_LIMIT_MAX) {
		peer_error(peer, "ERR", "limit is from 1 to %d", JOBS_LIMIT_MAX);
		return false;
	}
	filter->limit = limit;
	return true;
}

void
verb_jobs(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "state", "type", "queue", "limit", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = read_object(peer, request, known);
	struct list list = { .peer = peer };
	size_t mark = peer_list_begin(peer);
	struct job_filter filter;

	if (fields == NULL)
		return;
	if (read_filter(peer, fields, &filter) &&
	    !scheduler_failed(scheduler,
		scheduler->store->ops->job_list(scheduler->store, &filter, list_add, &list)))
		peer_list_end(peer, mark, list.count);
	fields_free(fields);
}

/* One job. */

struct whole {
	const struct job *job;
	struct queue *queue;
	struct json *json;
	enum store_result result;
};

static bool
add_attempt(void *arg, const struct attempt *attempt)
{
	render_attempt(arg, attempt);
	return true;
}

static void
render_whole(struct json *json, const void *arg)
{
	/* The store may fail while it is read: the outcome goes back to who asked. */
	struct whole *whole = (struct whole *)(uintptr_t)arg;

	render_job_open(json, whole->job);
	json_array(json, "attempts");
	whole->result = queue_attempts(whole->queue, whole->job, add_attempt, json);
	json_array_end(json);
	json_object_end(json);
}

bool
reply_job(struct peer *peer, const char *jid)
{
	struct store *store = peer->server->scheduler->store;
	struct whole whole = { .queue = &peer->server->scheduler->queue, .result = STORE_OK };
	struct job job;
	enum store_result result = store->ops->job_get(store, jid, &job);

	if (result != STORE_OK) {
		if (result == STORE_NONE)
			peer_error(peer, "ERR", "Job not found " QUOTE, jid);
		return result == STORE_NONE;
	}
	whole.job = &job;
	peer_json(peer, render_whole, &whole);
	job_clear(&job);
	return whole.result == STORE_OK;
}

/* The one argument of the verb; NULL: an error was replied. */
static const char *
one_jid(struct peer *peer, const struct request *request)
{
	if (request->arg_count == 1 && request->option_count == 0 && request->json == NULL)
		return request->args[0];
	peer_error(peer, "ERR", "%s takes one jid", request->verb);
	return NULL;
}

void
verb_job(struct peer *peer, struct request *request)
{
	const char *jid = one_jid(peer, request);

	if (jid != NULL && !reply_job(peer, jid))
		scheduler_failed(peer->server->scheduler, STORE_FAILED);
}

void
verb_wait(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	const char *jid = one_jid(peer, request);
	enum store_result result;
	bool finished;
	struct job job;

	if (jid == NULL)
		return;
	result = scheduler->store->ops->job_get(scheduler->store, jid, &job);
	if (scheduler_failed(scheduler, result))
		return;
	if (result == STORE_NONE) {
		peer_error(peer, "ERR", "Job not found " QUOTE, jid);
		return;
	}
	finished = job_is_finished(job.state);
	job_clear(&job);
	if (finished) {
		if (!reply_job(peer, jid))
			scheduler_failed(scheduler, STORE_FAILED);
		return;
	}
	server_wait(peer, WAIT_JOB);
	if ((peer->jid = strdup(jid)) == NULL) {
		server_wait_end(peer);
		peer_error(peer, "ERR", "out of memory");
	}
}

static void
answer(struct peer *peer, const char *jid, enum queue_answer answer, const char *refused)
{
	switch (answer) {
	case QUEUE_OK:
		peer_ok(peer, "OK");
		break;
	case QUEUE_NO_JOB:
		peer_error(peer, "ERR", "Job not found " QUOTE, jid);
		break;
	case QUEUE_REFUSED:
	case QUEUE_NOT_UNIQUE:
		peer_error(peer, "ERR", "%s", refused);
		break;
	case QUEUE_FAILED:
		scheduler_failed(peer->server->scheduler, STORE_FAILED);
		break;
	}
}

void
verb_cancel(struct peer *peer, struct request *request)
{
	const char *jid = one_jid(peer, request);

	if (jid != NULL)
		answer(peer, jid, queue_cancel(&peer->server->scheduler->queue, jid),
		    "the job has ended already");
}

void
verb_retry(struct peer *peer, struct request *request)
{
	const char *jid = one_jid(peer, request);

	if (jid != NULL)
		answer(peer, jid, queue_retry(&peer->server->scheduler->queue, jid),
		    "only a dead, cancelled or waiting job can be tried again");
}
