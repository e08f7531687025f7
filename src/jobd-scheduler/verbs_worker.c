/* Requests by which workers get and report jobs: TAKE, FETCH, ACK, FAIL, RETURN. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "base/json_check.h"
#include "base/json_scan.h"
#include "proto/verbs.h"
#include "server.h"

/* Faktory's errors quote what they did not understand; so much of it. */
#define QUOTE "%.200s"
/* Of a FAIL; Faktory keeps as many. */
#define BACKTRACE_MAX 50
/* Of an ACK, kept with the job. */
#define RESULT_MAX ((size_t)64 * 1024)
/* A jid, each of its characters written with an escape. */
#define JID_WRITTEN_MAX (JOB_JID_MAX * 6 + 3)

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
	if (peer->worker != NULL && !peer->is_asker) {
		peer->is_asker = true;
		peer->worker->askers++;
	}
	if (peer->worker != NULL && peer->queue_count > 0)
		worker_asks(peer->worker, peer->queues, peer->queue_count);
	return true;
}

void
verb_take(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "free", "max", NULL };
	const char *errstr = "", *unknown = request_unknown_option(request, known);
	int64_t free_slots, most;

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
	if (request_option_int(request, "max", 1, INT32_MAX, 1, &most, &errstr) == -1) {
		peer_error(
		    peer, "ERR", "max: '" QUOTE "' %s", request_option(request, "max"), errstr);
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
	peer->take_list = request_option(request, "max") != NULL;
	peer->take_max = (size_t)most;
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

/* What an ACK or a FAIL says, on its way into a struct report. */
struct told {
	char *text; /* the object, which is changed at last */
	struct json_piece result, value;
	char jid[JOB_JID_MAX + 1];
	struct fields *fields; /* NULL if there is nothing but the jid */
	const char *backtrace[BACKTRACE_MAX];
};

/* A job's result is what the worker says; one that tells how the attempt went has it as `value`. */
static const struct json_piece *
told_result(const struct told *told)
{
	return told->value.value != NULL ? &told->value : &told->result;
}

static void
find_value(struct told *told)
{
	struct json_scan scan;
	struct json_piece piece;
	bool is_outcome = false;

	if (told->result.value[0] != '{')
		return;
	json_scan_begin(&scan, told->result.value, told->result.value_len);
	while (json_scan_next(&scan, &piece) == 1) {
		is_outcome = is_outcome || json_piece_is(&piece, "reason");
		if (json_piece_is(&piece, "value"))
			told->value = piece;
	}
	if (!is_outcome)
		told->value = (struct json_piece){ 0 };
	else if (told->value.value == NULL)
		told->result = (struct json_piece){ 0 };
}

/* False if it is no object; the jid is "" if it has none. */
static bool
told_read(struct told *told, char *text)
{
	size_t len = strlen(text), members = 0;
	char jid[JID_WRITTEN_MAX] = "", error[160];
	struct json_scan scan;
	struct json_piece piece;

	*told = (struct told){ .text = text };
	if (json_check(text, len) != NULL || text[0] != '{')
		return false;
	json_scan_begin(&scan, text, len);
	while (json_scan_next(&scan, &piece) == 1) {
		members++;
		if (json_piece_is(&piece, "result"))
			told->result = piece;
		else if (json_piece_is(&piece, "jid") &&
			 (piece.value_len > sizeof(jid) ||
			     json_text(piece.value, piece.value_len, jid) == -1))
			jid[0] = '\0';
	}
	/* No job has a longer one: cut, it is as unknown. */
	strlcpy(told->jid, jid, sizeof(told->jid));
	if (jid[0] == '\0' || members == 1)
		return true;
	if (told->result.value != NULL)
		find_value(told);
	told->fields = fields_read(text, len, error, sizeof(error));
	return told->fields != NULL;
}

/* Takes over what the worker says in "result". */
static void
read_result(const struct fields *fields, struct report *report)
{
	const struct fields *result = fields_object(fields, "result");
	struct attempt *attempt = &report->attempt;
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
	report->retry_after_ms = fields_int(result, "retry_after_ms", -1);
	report->no_retry = fields_bool(result, "no_retry", false);
}

static void
read_fields(struct told *told, struct report *report)
{
	const struct fields *fields = told->fields;

	report->errtype = fields_text(fields, "errtype");
	report->message = fields_text(fields, "message");
	if (report->message != NULL)
		report->attempt.error = report->message;
	read_result(fields, report);
	for (size_t i = 0;
	     i < fields_count(fields, "backtrace") && report->backtrace_count < BACKTRACE_MAX; i++)
		if ((told->backtrace[report->backtrace_count] =
			    fields_element(fields, "backtrace", i)) != NULL)
			report->backtrace_count++;
}

static void
answer_report(struct peer *peer, const struct report *report, enum queue_answer answer)
{
	if (answer == QUEUE_FAILED)
		scheduler_failed(peer->server->scheduler, STORE_FAILED);
	else if (answer == QUEUE_OK || report->success) /* as Faktory: a second ACK does no harm */
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "Job not found " QUOTE, report->jid);
}

static void
report(struct peer *peer, struct told *told, bool success)
{
	const struct worker *worker = peer->worker;
	const struct json_piece *result = told_result(told);
	struct report said = { .jid = told->jid,
		.worker = worker != NULL ? worker->wid : "",
		.builtin = worker != NULL && worker->builtin,
		.success = success,
		.backtrace = told->backtrace,
		.retry_after_ms = -1 };

	if (result->value_len > RESULT_MAX) {
		peer_error(peer, "ERR", "the result is longer than %zu bytes", RESULT_MAX);
		return;
	}
	attempt_init(&said.attempt);
	said.attempt.reason = success ? "done" : "failed";
	if (told->fields != NULL)
		read_fields(told, &said);
	if (result->value != NULL) {
		said.result = result->value;
		told->text[(size_t)(result->value - told->text) + result->value_len] = '\0';
	}
	answer_report(peer, &said, queue_report(&peer->server->scheduler->queue, &said));
}

static void
read_and_report(struct peer *peer, struct request *request, bool success)
{
	char nothing[1] = "", *text = request->json != NULL ? request->json : nothing;
	struct told told;

	if (told_read(&told, text) && told.jid[0] != '\0')
		report(peer, &told, success);
	else if (!success && json_check(text, strlen(text)) == NULL)
		peer_error(peer, "ERR", "missing JID");
	else
		peer_error(
		    peer, "ERR", success ? "invalid ACK " QUOTE : "invalid FAIL " QUOTE, text);
	fields_free(told.fields);
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

void
verb_return(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "jid", "delay_ms", "reason", NULL };
	struct fields *fields = verb_object(peer, request, known);
	const char *jid, *reason;
	int64_t delay_ms;

	if (fields == NULL)
		return;
	jid = fields_text(fields, "jid");
	reason = fields_text(fields, "reason");
	delay_ms = fields_int(fields, "delay_ms", 0);
	if (jid == NULL || delay_ms < 0)
		peer_error(peer, "ERR", "RETURN needs {\"jid\":JID,\"delay_ms\":N}");
	else
		verb_answer(peer, jid,
		    queue_return(&peer->server->scheduler->queue, jid,
			peer->worker != NULL ? peer->worker->wid : "", delay_ms,
			reason != NULL ? reason : "returned"),
		    "the job is not run by this worker");
	fields_free(fields);
}
