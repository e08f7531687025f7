/* Requests by which workers get and report jobs: TAKE, FETCH, ACK, FAIL. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "proto/verbs.h"
#include "server.h"

/* Faktory's errors quote what they did not understand; so much of it. */
#define QUOTE "%.200s"

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
