/* Requests about single jobs: RUN, JOB, WAIT, CANCEL, KILL, RETRY, DELETE, CHANGE, WHY. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#include "fields.h"
#include "payload.h"
#include "server.h"

#define QUOTE "%.200s"

/* The args of a RUN, to the letter: allocated, or NULL if there are none.  False: an error was
 * replied. */
static bool
run_args(struct peer *peer, const char *json, char **args)
{
	struct json_scan scan;
	struct json_piece piece;

	*args = NULL;
	json_scan_begin(&scan, json, strlen(json));
	while (json_scan_next(&scan, &piece) == 1) {
		if (!json_piece_is(&piece, "args"))
			continue;
		free(*args);
		*args = NULL;
		if (piece.value[0] != '[')
			peer_error(peer, "ERR", "args is no list");
		else if (piece.value_len > PAYLOAD_MAX)
			peer_error(peer, "ERR", "args is longer than %zu bytes", PAYLOAD_MAX);
		else if ((*args = strndup(piece.value, piece.value_len)) == NULL)
			peer_error(peer, "ERR", "out of memory");
		if (*args == NULL)
			return false;
	}
	return true;
}

/* A schedule that a user made. */
static void
run_routine(struct peer *peer, const char *name, const char *args)
{
	struct scheduler *scheduler = peer->server->scheduler;
	char why[QUEUE_WHY_MAX] = "";
	enum queue_answer answer;
	struct job job;

	answer = calendar_run_routine(scheduler->calendar, name, args, &job, why);
	if (answer == QUEUE_OK)
		peer_json(peer, render_job, &job);
	else if (answer == QUEUE_NO_JOB)
		peer_error(peer, "ERR", "no such job: '" QUOTE "'", name);
	else
		verb_answer(peer, name, answer, why);
	job_clear(&job);
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
	struct fields *fields = verb_object(peer, request, known);
	const struct conf_job *type = NULL;
	char *args = NULL;
	const char *name;

	if (fields == NULL)
		return;
	name = fields_text(fields, "job");
	if (name != NULL)
		type = conf_find_job(scheduler->conf, name);
	if (name == NULL)
		peer_error(peer, "ERR", "RUN needs {\"job\":NAME}");
	else if (type != NULL && !type->enabled)
		peer_error(peer, "ERR", "the job '%s' is disabled (enabled = false)", name);
	else if (!run_args(peer, request->json, &args))
		;
	else if (type != NULL)
		run(peer, type, args != NULL ? args : type->args);
	else
		run_routine(peer, name, args);
	free(args);
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

void
verb_job(struct peer *peer, struct request *request)
{
	const char *jid = verb_one_jid(peer, request);

	if (jid != NULL && !reply_job(peer, jid))
		scheduler_failed(peer->server->scheduler, STORE_FAILED);
}

void
verb_wait(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	const char *jid = verb_one_jid(peer, request);
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

/* Verbs that take one jid and do one thing with it. */
static void
wish(struct peer *peer, struct request *request, queue_wish_fn fn, const char *refused)
{
	const char *jid = verb_one_jid(peer, request);

	if (jid != NULL)
		verb_answer(peer, jid, fn(&peer->server->scheduler->queue, jid), refused);
}

void
verb_cancel(struct peer *peer, struct request *request)
{
	wish(peer, request, queue_cancel, "the job has ended already");
}

void
verb_kill(struct peer *peer, struct request *request)
{
	wish(peer, request, queue_kill, "the job has ended already");
}

void
verb_retry(struct peer *peer, struct request *request)
{
	wish(
	    peer, request, queue_retry, "only a dead, cancelled or waiting job can be tried again");
}

void
verb_delete(struct peer *peer, struct request *request)
{
	wish(peer, request, queue_delete, "the job runs: cancel it first");
}

/* False: an error was replied. */
static bool
read_change(struct peer *peer, const struct fields *fields, struct job_change *change)
{
	const char *when = fields_text(fields, "run_at"), *errstr;

	change->queue = fields_text(fields, "queue");
	change->priority = fields_int(fields, "priority", 0);
	if (fields_has(fields, "priority") &&
	    (change->priority < JOB_PRIORITY_MIN || change->priority > JOB_PRIORITY_MAX))
		peer_error(
		    peer, "ERR", "priority is from %d to %d", JOB_PRIORITY_MIN, JOB_PRIORITY_MAX);
	else if (fields_has(fields, "queue") &&
		 (change->queue == NULL || !job_is_queue_name(change->queue)))
		peer_error(peer, "ERR",
		    "cannot get \"" QUOTE "\" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z",
		    change->queue != NULL ? change->queue : "");
	else if (fields_has(fields, "run_at") && when == NULL)
		peer_error(peer, "ERR", "run_at is not a text");
	else if (when != NULL && walltime_parse(when, &change->run_at, &errstr) == -1)
		peer_error(peer, "ERR", "run_at: '" QUOTE "' %s", when, errstr);
	else
		return true;
	return false;
}

void
verb_change(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "jid", "priority", "run_at", "queue", NULL };
	struct fields *fields = verb_object(peer, request, known);
	struct job_change change = { .priority = 0 };
	const char *jid;

	if (fields == NULL)
		return;
	if ((jid = fields_text(fields, "jid")) == NULL)
		peer_error(peer, "ERR", "CHANGE needs {\"jid\":JID}");
	else if (read_change(peer, fields, &change) &&
		 (change.queue == NULL || verb_queue_fits(peer, change.queue)))
		verb_answer(peer, jid, queue_change(&peer->server->scheduler->queue, jid, &change),
		    "only a job that does not run yet can be changed, and one of jobd-runner goes "
		    "to queues of its jobs only");
	fields_free(fields);
}

/* WHY. */

struct why {
	const struct job *job;
	struct queue_because becauses[QUEUE_BECAUSE_MAX + 1];
	size_t count;
};

static void
render_why(struct json *json, const void *arg)
{
	const struct why *why = arg;

	json_object(json, NULL);
	json_string(json, "jid", why->job->jid);
	json_string(json, "state", job_state_word(why->job->state));
	json_array(json, "because");
	for (size_t i = 0; i < why->count; i++) {
		json_object(json, NULL);
		json_string(json, "what", why->becauses[i].what);
		json_string(json, "text", why->becauses[i].text);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static void
say_no_worker(const struct server *server, const struct job *job, struct queue_because *because)
{
	because->what = "no_worker";
	if (job->builtin)
		snprintf(because->text, sizeof(because->text),
		    "jobd-runner does not ask for jobs of the queue %s", job->queue);
	else if (workers_asking(&server->workers, job->queue, true) != NULL)
		snprintf(because->text, sizeof(because->text),
		    "no worker asks for jobs of the queue %s but jobd-runner, for which the "
		    "type %.200s has no command, URL or mail",
		    job->queue, job->type);
	else
		snprintf(because->text, sizeof(because->text),
		    "no worker asks for jobs of the queue %s", job->queue);
}

/* Without a worker it waits whatever else holds it back; with one, and nothing else, for its turn.
 */
static void
look_for_worker(const struct server *server, struct why *why)
{
	const struct job *job = why->job;
	struct queue_because *because = &why->becauses[why->count];

	if (job->state != JOB_READY)
		return;
	if (workers_asking(&server->workers, job->queue, job->builtin) == NULL) {
		say_no_worker(server, job, because);
		why->count++;
	} else if (why->count == 0) {
		because->what = "behind";
		snprintf(because->text, sizeof(because->text),
		    "all workers of the queue %s are busy", job->queue);
		why->count++;
	}
}

void
verb_why(struct peer *peer, struct request *request)
{
	const char *jid = verb_one_jid(peer, request);
	struct why why = { .count = 0 };
	enum queue_answer answer;
	struct job job;

	if (jid == NULL)
		return;
	why.job = &job;
	answer = queue_why(&peer->server->scheduler->queue, jid, why.becauses, &why.count, &job);
	if (answer != QUEUE_OK) {
		verb_answer(peer, jid, answer, "");
		return;
	}
	look_for_worker(peer->server, &why);
	peer_json(peer, render_why, &why);
	job_clear(&job);
}
