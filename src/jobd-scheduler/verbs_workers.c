/* Requests about workers: BEAT, WORKERS, WORKER. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "proto/verbs.h"
#include "server.h"

#define QUOTE "%.200s"
/* Jobs of one worker that are named. */
#define RUNNING_MAX 1000

/* The running jobs of a worker. */
struct running {
	struct scheduler *scheduler;
	const struct worker *worker;
	struct json *json;
	char *text; /* the jids of those that are to be ended, with blanks between */
	size_t len, size;
};

static enum store_result
list_running(struct running *running, store_job_fn fn)
{
	struct store *store = running->scheduler->store;
	const struct job_filter filter = { .states = 1u << JOB_RUNNING,
		.worker = running->worker->wid,
		.oldest_first = true,
		.limit = RUNNING_MAX };

	return store->ops->job_list(store, &filter, fn, running);
}

/* BEAT. */

static bool
add_order(void *arg, const struct job *job)
{
	struct running *running = arg;
	size_t len = strlen(job->jid);

	if (job->order[0] == '\0')
		return true;
	if (running->len + len + 2 > running->size)
		return false;
	if (running->len > 0)
		running->text[running->len++] = ' ';
	memcpy(running->text + running->len, job->jid, len + 1);
	running->len += len;
	return true;
}

static void
render_beat(struct json *json, const void *arg)
{
	const struct running *running = arg;

	json_object(json, NULL);
	if (running->worker->state != WORKER_RUNNING)
		json_string(json, "state", worker_state_word(running->worker->state));
	if (running->len > 0)
		json_string(json, "kill", running->text);
	json_object_end(json);
}

/* Orders stand until their jobs have ended: a reply may not arrive. */
static void
answer_beat(struct peer *peer, struct worker *worker)
{
	struct scheduler *scheduler = peer->server->scheduler;
	char text[4096];
	struct running running = {
		.scheduler = scheduler, .worker = worker, .text = text, .size = sizeof(text)
	};

	if (worker->may_have_orders && scheduler_may_read(scheduler)) {
		if (scheduler_failed(scheduler, list_running(&running, add_order)))
			return;
		worker->may_have_orders = running.len > 0;
	}
	if (worker->state == WORKER_RUNNING && running.len == 0)
		peer_ok(peer, "OK");
	else
		peer_json(peer, render_beat, &running);
}

static void
hear(struct worker *worker, const struct fields *beat)
{
	const char *word = fields_text(beat, "current_state");
	enum worker_state state;

	worker_heard(worker, monotime_now(), walltime_now());
	worker->rss_kb = fields_int(beat, "rss_kb", worker->rss_kb);
	if (word != NULL && worker_state_parse(word, &state) == 0 && state > worker->state)
		worker->state = state;
}

void
verb_beat(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "", *wid;
	struct worker *worker = NULL;
	struct fields *fields;
	char error[160];

	fields = fields_read(text, strlen(text), error, sizeof(error));
	wid = fields != NULL ? fields_text(fields, "wid") : NULL;
	if (wid != NULL)
		worker = worker_find(&peer->server->workers, wid);
	if (wid == NULL)
		peer_error(peer, "ERR", "invalid BEAT " QUOTE, text);
	else if (worker == NULL)
		peer_error(peer, "ERR", "unknown worker " QUOTE, wid);
	else {
		hear(worker, fields);
		answer_beat(peer, worker);
	}
	fields_free(fields);
}

/* WORKERS. */

static bool
add_jid(void *arg, const struct job *job)
{
	const struct running *running = arg;

	json_string(running->json, NULL, job->jid);
	return true;
}

static void
render_worker(struct json *json, const void *arg)
{
	/* The jobs are read while it is written. */
	struct running *running = (struct running *)(uintptr_t)arg;
	const struct worker *worker = running->worker;

	json_object(json, NULL);
	json_string(json, "wid", worker->wid);
	json_string(json, "hostname", worker->hostname);
	json_int(json, "pid", worker->pid);
	json_array(json, "labels");
	for (size_t at = 0; at < worker->labels_len; at += strlen(worker->labels + at) + 1)
		json_string(json, NULL, worker->labels + at);
	json_array_end(json);
	json_string(json, "state", worker_state_word(worker->state));
	render_time(json, "started_at", worker->started_at);
	render_time(json, "beat_at", worker->beat_at);
	json_int(json, "connections", (int64_t)worker->connections);
	json_int(json, "rss_kb", worker->rss_kb);
	json_array(json, "running");
	running->json = json;
	scheduler_failed(running->scheduler, list_running(running, add_jid));
	json_array_end(json);
	json_object_end(json);
}

void
verb_workers(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	size_t mark = peer_list_begin(peer);
	const struct worker *worker;

	(void)request;
	LIST_FOREACH (worker, &peer->server->workers.list, entry) {
		struct running running = { .scheduler = scheduler, .worker = worker };

		peer_json(peer, render_worker, &running);
	}
	peer_list_end(peer, mark, peer->server->workers.count);
}

void
verb_worker(struct peer *peer, struct request *request)
{
	enum worker_state state;
	struct worker *worker;

	if (request->arg_count != 2 || request->json != NULL ||
	    worker_state_parse(request->args[0], &state) == -1 || state == WORKER_RUNNING) {
		peer_error(peer, "ERR", "WORKER takes quiet or terminate, and a wid");
		return;
	}
	if ((worker = worker_find(&peer->server->workers, request->args[1])) == NULL) {
		peer_error(peer, "ERR", "unknown worker " QUOTE, request->args[1]);
		return;
	}
	if (state > worker->state)
		worker->state = state;
	peer_ok(peer, "OK");
}
