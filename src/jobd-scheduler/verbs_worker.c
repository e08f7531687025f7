/* Requests of workers: HELLO, END, BEAT, TAKE, FETCH, ACK, FAIL. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fields.h"
#include "proto/verbs.h"
#include "server.h"

/* Faktory's errors quote what they did not understand; so much of it. */
#define QUOTE "%.200s"

/* The labels of a HELLO that name jobd-runner. */
static bool
is_runner(const struct fields *hello)
{
	for (size_t i = 0; i < fields_count(hello, "labels"); i++) {
		const char *label = fields_element(hello, "labels", i);

		if (label != NULL && strcmp(label, WORKER_RUNNER_LABEL) == 0)
			return true;
	}
	return false;
}

/* Settles what became of the jobs that it had; false if the HELLO is refused. */
static bool
welcome(struct peer *peer, const struct fields *hello)
{
	struct scheduler *scheduler = peer->server->scheduler;
	size_t count = fields_count(hello, "running");
	const char **names;
	enum store_result result;

	if (!scheduler_may_write(scheduler)) {
		peer_error(peer, "ERR", "%s", scheduler->trouble);
		return false;
	}
	scheduler_work(scheduler);
	if ((names = calloc(count + 1, sizeof(*names))) == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return false;
	}
	for (size_t i = 0; i < count; i++)
		names[i] = fields_element(hello, "running", i);
	result = worker_came(
	    peer->worker, &scheduler->queue, fields_has(hello, "running") ? names : NULL, count);
	free(names);
	return !scheduler_failed(scheduler, result);
}

/* The connection becomes one of the worker's; false if it is refused. */
static bool
join_worker(struct peer *peer, const struct fields *hello)
{
	const char *wid = fields_text(hello, "wid");
	bool runner = is_runner(hello);

	if (wid == NULL || wid[0] == '\0') {
		if (runner)
			peer_error(peer, "ERR", "a runner needs a wid");
		return !runner;
	}
	if (strlen(wid) > WORKER_WID_MAX) {
		peer_error(peer, "ERR", "the wid is longer than %d bytes", WORKER_WID_MAX);
		return false;
	}
	if (runner && peer->right < RIGHT_OWN) {
		peer_error(peer, "DENIED", "permission denied: only jobd's own user is a runner");
		return false;
	}
	peer->worker = worker_connect(&peer->server->workers, wid, runner);
	if (peer->worker == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return false;
	}
	if (peer->worker->builtin != runner) {
		peer_error(peer, "ERR", "this wid belongs to another kind of worker");
		return false;
	}
	return (!runner && !fields_has(hello, "running")) || welcome(peer, hello);
}

/* False: an error was replied. */
static bool
knows_password(struct peer *peer, const struct fields *hello)
{
	const char *hash = fields_text(hello, "pwdhash");
	int64_t version = fields_int(hello, "v", 2);

	if (!peer->asks_password ||
	    (hash != NULL && challenge_is_met(&peer->challenge, peer->server->password,
				 version < 2 ? 1 : 2, hash)))
		return true;
	log_info("a client (%s) gave a wrong password", peer->from);
	peer_error(peer, "ERR", "Invalid password");
	return false;
}

void
verb_hello(struct peer *peer, struct request *request)
{
	struct fields *hello;
	char error[160];

	if (peer->greeted) {
		peer_error(peer, "ERR", "HELLO was said already");
		return;
	}
	hello = fields_read(request->json, strlen(request->json), error, sizeof(error));
	if (hello == NULL)
		peer_error(peer, "ERR", "invalid HELLO: %s", error);
	else if (knows_password(peer, hello) && join_worker(peer, hello)) {
		peer->greeted = peer->greeted_now = true;
		event_del(peer->deadline);
		peer_ok(peer, "OK");
	}
	fields_free(hello);
	if (peer->greeted && peer->surplus)
		peer_error(peer, "ERR", "too many connections: %zu", peer->server->client_count);
	if (!peer->greeted || peer->surplus)
		peer_close(peer);
}

void
verb_end(struct peer *peer, struct request *request)
{
	(void)request;
	peer->requests--; /* it has no reply */
	peer_close(peer);
}

/* The queues of TAKE and FETCH are the words behind the verb; false if one is wrong. */
static bool
take_queues(struct peer *peer, const struct request *request)
{
	for (size_t i = 0; i < request->arg_count; i++) {
		if (!job_is_queue_name(request->args[i])) {
			peer_error(peer, "ERR",
			    "cannot get \"" QUOTE
			    "\" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z",
			    request->args[i]);
			return false;
		}
	}
	peer->queues = calloc(request->arg_count + 1, sizeof(*peer->queues));
	for (size_t i = 0; peer->queues != NULL && i < request->arg_count; i++) {
		if ((peer->queues[i] = strdup(request->args[i])) == NULL)
			break;
		peer->queue_count++;
	}
	if (peer->queues == NULL || peer->queue_count < request->arg_count) {
		peer_error(peer, "ERR", "out of memory");
		return false;
	}
	return true;
}

void
verb_take(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "free", NULL };
	const char *errstr = "", *unknown = request_unknown_option(request, known);
	int64_t free_slots;

	if (peer->worker == NULL) {
		peer_error(peer, "ERR", "TAKE is for workers: say HELLO with a wid");
		return;
	}
	if (unknown != NULL) {
		peer_error(peer, "ERR", "unknown option '" QUOTE "'", unknown);
		return;
	}
	if (request_option_int(request, "free", 0, INT32_MAX, 1, &free_slots, &errstr) == -1) {
		peer_error(
		    peer, "ERR", "free: '" QUOTE "' %s", request_option(request, "free"), errstr);
		return;
	}
	if (free_slots > 0 && request->arg_count == 0) {
		peer_error(peer, "ERR", "TAKE needs at least one queue");
		return;
	}
	/* Wait first: it is server_wait_end() that frees the names. */
	server_wait(peer, WAIT_TAKE);
	if (!take_queues(peer, request)) {
		server_wait_end(peer);
		return;
	}
	peer->wants_jobs = free_slots > 0;
	if (!peer->is_taker) {
		peer->is_taker = true;
		peer->worker->takers++;
	}
	peer->server->scheduler->queue.has_ready = true;
	scheduler_work(peer->server->scheduler);
}

void
verb_fetch(struct peer *peer, struct request *request)
{
	const struct timeval timeout = { SERVER_FETCH_MS / 1000, 0 };

	if (request->arg_count == 0) {
		peer_error(peer, "ERR", "must call fetch with at least one queue");
		return;
	}
	server_wait(peer, WAIT_FETCH);
	if (!take_queues(peer, request)) {
		server_wait_end(peer);
		return;
	}
	event_add(peer->deadline, &timeout);
	peer->server->scheduler->queue.has_ready = true;
	scheduler_work(peer->server->scheduler);
}

/* Takes over what the worker says in "result". */
static void
read_result(const struct fields *fields, struct attempt *attempt)
{
	const struct fields *result = fields_object(fields, "result");
	const char *reason, *head, *tail;

	if (result == NULL)
		return;
	reason = fields_text(result, "reason");
	attempt->code = fields_int(result, "code", -1);
	attempt->signal = fields_int(result, "signal", -1);
	attempt->duration_ms = fields_int(result, "duration_ms", 0);
	attempt->output_bytes = fields_int(result, "output_bytes", 0);
	head = fields_bytes(result, "output_head", &attempt->head_len);
	tail = fields_bytes(result, "output_tail", &attempt->tail_len);
	attempt->left_out = fields_int(result, "output_left_out",
	    attempt->output_bytes - (int64_t)(attempt->head_len + attempt->tail_len));
	if (attempt->left_out < 0 || attempt->tail_len == 0)
		attempt->left_out = 0;
	if (reason != NULL)
		attempt->reason = reason;
	if (head != NULL)
		attempt->output_head = head;
	if (tail != NULL)
		attempt->output_tail = tail;
}

static void
read_report(const struct fields *fields, bool success, struct report *report)
{
	struct attempt *attempt = &report->attempt;

	report->success = success;
	report->errtype = fields_text(fields, "errtype");
	report->message = fields_text(fields, "message");
	report->retry_after_ms = -1;
	attempt_init(attempt);
	attempt->reason = success ? "done" : "failed";
	if (report->message != NULL)
		attempt->error = report->message;
	read_result(fields, attempt);
}

static void
report(struct peer *peer, const struct fields *fields, const char *jid, bool success)
{
	struct scheduler *scheduler = peer->server->scheduler;
	size_t count = fields_count(fields, "backtrace");
	const char **backtrace = calloc(count + 1, sizeof(*backtrace));
	struct report said = { .jid = jid,
		.worker = peer->worker != NULL ? peer->worker->wid : "",
		.builtin = peer->worker != NULL && peer->worker->builtin,
		.backtrace = backtrace };

	if (backtrace == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	read_report(fields, success, &said);
	for (size_t i = 0; i < count; i++)
		if ((backtrace[said.backtrace_count] = fields_element(fields, "backtrace", i)) !=
		    NULL)
			said.backtrace_count++;
	switch (queue_report(&scheduler->queue, &said)) {
	case QUEUE_OK:
		peer_ok(peer, "OK");
		break;
	case QUEUE_NO_JOB:
	case QUEUE_REFUSED:
	case QUEUE_NOT_UNIQUE:
		/* As Faktory: a second ACK does no harm. */
		if (success)
			peer_ok(peer, "OK");
		else
			peer_error(peer, "ERR", "Job not found " QUOTE, jid);
		break;
	case QUEUE_FAILED:
		scheduler_failed(scheduler, STORE_FAILED);
		break;
	}
	free(backtrace);
}

static void
read_and_report(struct peer *peer, const struct request *request, bool success)
{
	const char *text = request->json != NULL ? request->json : "", *jid;
	struct fields *fields;
	char error[160];

	fields = fields_read(text, strlen(text), error, sizeof(error));
	jid = fields != NULL ? fields_text(fields, "jid") : NULL;
	if (fields == NULL || jid == NULL || jid[0] == '\0')
		peer_error(
		    peer, "ERR", success ? "invalid ACK " QUOTE : "invalid FAIL " QUOTE, text);
	else
		report(peer, fields, jid, success);
	fields_free(fields);
}

void
verb_ack(struct peer *peer, struct request *request)
{
	read_and_report(peer, request, true);
}

void
verb_fail(struct peer *peer, struct request *request)
{
	read_and_report(peer, request, false);
}

static void
render_state(struct json *json, const void *arg)
{
	const struct worker *worker = arg;

	json_object(json, NULL);
	json_string(json, "state", worker_state_word(worker->state));
	json_object_end(json);
}

void
verb_beat(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "", *wid, *word;
	struct worker *worker = NULL;
	enum worker_state state;
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
		word = fields_text(fields, "current_state");
		if (word != NULL && worker_state_parse(word, &state) == 0 && state > worker->state)
			worker->state = state;
		if (worker->state == WORKER_RUNNING)
			peer_ok(peer, "OK");
		else
			peer_json(peer, render_state, worker);
	}
	fields_free(fields);
}
