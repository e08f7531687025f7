/* POST /api/v1/jobs: 202 only when it is on disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_plain.h"
#include "base/json_scan.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "new_job.h"
#include "reply_json.h"

/* What the queue says when a job like it is kept in its place. */
#define KEPT "KEPT "

struct push {
	size_t count, size;
	struct new_job jobs[];
};

static void then_pushed(struct request *);
static void then_bulk(struct request *);
static void then_known(struct request *);

/* Behind the string that begins here. */
static char *
string_end(char *at, char *end)
{
	for (at++; (at += json_plain(at, (size_t)(end - at))) < end && *at != '"'; at++)
		at += *at == '\\';
	return at < end ? at + 1 : end;
}

/* Without what stands between the words of JSON: a request is one line.  The new length. */
static size_t
squeeze(char *text, size_t len)
{
	char *out = text, *at = text, *end = text + len;

	while (at < end) {
		char *begin = at;

		while (at < end && !json_is_blank(*at))
			at = *at == '"' ? string_end(at, end) : at + 1;
		if (out != begin)
			memmove(out, begin, (size_t)(at - begin));
		out += at - begin;
		while (at < end && json_is_blank(*at))
			at++;
	}
	*out = '\0';
	return (size_t)(out - text);
}

/* The list of the body, if it has one: the body itself or its member "jobs". */
static bool
find_list(const char *text, size_t len, struct json_piece *list)
{
	struct json_scan scan;

	if (text[0] == '[') {
		*list = (struct json_piece){ .value = text, .value_len = len };
		return true;
	}
	json_scan_begin(&scan, text, len);
	while (json_scan_next(&scan, list) == 1)
		if (json_piece_is(list, "jobs"))
			return list->value[0] == '[';
	return false;
}

/* For one more job, or NULL. */
static struct new_job *
push_place(struct request *request)
{
	struct push *push = request->state;
	size_t count = push != NULL ? push->count : 0;
	size_t size = count == 0 ? 1 : count * 2;

	if (push != NULL && count < push->size)
		return &push->jobs[count];
	if ((push = realloc(push, sizeof(*push) + size * sizeof(push->jobs[0]))) == NULL)
		return NULL;
	push->count = count;
	push->size = size;
	request->state = push;
	request->state_free = free;
	return &push->jobs[count];
}

/* 0, or the status with what is wrong in `why`. */
static unsigned int
add_job(struct request *request, const char *text, size_t len, const char *key, struct buf *line,
    char why[NEW_JOB_WHY])
{
	struct new_job *job = push_place(request);
	struct push *push = request->state;
	unsigned int status;

	if (job == NULL || text[0] != '{') {
		strlcpy(why, job == NULL ? "no memory" : "a job is a JSON object", NEW_JOB_WHY);
		return MHD_HTTP_UNPROCESSABLE_CONTENT;
	}
	status = new_job_write(request, text, len, key, line, job, why);
	push->count += status == 0;
	return status;
}

/* A list of jobs.  False: answered. */
static bool
add_list(struct request *request, const struct json_piece *list, struct buf *line)
{
	char why[NEW_JOB_WHY];
	struct json_piece piece;
	struct json_scan scan;
	unsigned int status;
	size_t count = 0;

	buf_text(line, VERB_PUSHB " [");
	json_scan_begin(&scan, list->value, list->value_len);
	for (; count <= NEW_JOBS_MAX && json_scan_next(&scan, &piece) == 1; count++) {
		if (count > 0)
			buf_add(line, ",", 1);
		status = add_job(request, piece.value, piece.value_len, NULL, line, why);
		if (status == 0)
			continue;
		respond_problem(request, status, "job %zu: %s", count, why);
		return false;
	}
	buf_add(line, "]", 1);
	if (count > 0 && count <= NEW_JOBS_MAX)
		return true;
	respond_problem(request, MHD_HTTP_UNPROCESSABLE_CONTENT, "from 1 to %d jobs", NEW_JOBS_MAX);
	return false;
}

/* One job, or what is none because it has a list of them.  False: answered. */
static bool
add_body(struct request *request, const char *text, size_t len, struct buf *line, bool *is_bulk)
{
	const char *key = request_header(request, "Idempotency-Key");
	char why[NEW_JOB_WHY];
	struct json_piece list;
	unsigned int status;

	buf_text(line, VERB_PUSH " ");
	status = add_job(request, text, len, key, line, why);
	*is_bulk = status != 0 && find_list(text, len, &list);
	if (*is_bulk) {
		line->len = 0;
		return add_list(request, &list, line);
	}
	if (status != 0)
		respond_problem(request, status, "%s", why);
	return status == 0;
}

void
api_jobs_push(struct request *request)
{
	const char *wrong = json_check(request->body.data, request->body.len);
	char *text = request->body.data;
	struct buf line = { 0 };
	bool is_bulk;
	size_t len;

	len = wrong == NULL ? squeeze(text, request->body.len) : 0;
	if (len == 0 || (text[0] != '{' && text[0] != '[')) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST,
		    "the body is no JSON object or list%s%s", wrong != NULL ? ": " : "",
		    wrong != NULL ? wrong : "");
		return;
	}
	if (!add_body(request, text, len, &line, &is_bulk)) {
		buf_free(&line);
		return;
	}
	request_ask_buf(request, UPSTREAM_QUEUE, &line, REQUEST_TIMEOUT_MS);
	request_then(request, is_bulk ? then_bulk : then_pushed);
}

static void
respond_accepted(struct request *request, const char *jid, const char *state, bool again)
{
	struct buf text = { 0 };

	buf_text(&text, "{\"id\":");
	buf_json(&text, jid);
	buf_text(&text, ",\"state\":\"");
	buf_text(&text, state);
	buf_text(&text, again ? "\",\"replayed\":true}" : "\",\"replayed\":false}");
	respond_json(request, MHD_HTTP_ACCEPTED, &text);
	api_location(request, "/api/v1/jobs/", jid);
}

static bool
was_there_already(const struct request *request)
{
	return request->replies[0].kind == REPLY_ERROR &&
	       strstr(request_reply(request, 0), "there is a job with the jid") != NULL;
}

static void
then_pushed(struct request *request)
{
	const struct push *push = request->state;
	const struct new_job *job = &push->jobs[0];

	if (was_there_already(request)) {
		request_forget(request);
		request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", job->id);
		request_then(request, then_known);
	} else if (request_reply_is_good(request, 0) &&
		   strncmp(request_reply(request, 0), KEPT, strlen(KEPT)) == 0)
		respond_accepted(request, request_reply(request, 0) + strlen(KEPT), "ready", true);
	else if (request->response == NULL)
		respond_accepted(request, job->id, job->state, false);
}

/* The body, a job, is of the type that the known one has. */
static bool
is_same_type(const struct request *request, const json_t *known)
{
	json_t *body = json_loads(request->body.data, 0, NULL);
	const char *type = json_string_value(json_object_get(body, "type"));
	const char *other = json_string_value(json_object_get(known, "jobtype"));
	bool is_same = type == NULL || other == NULL || strcmp(type, other) == 0;

	json_decref(body);
	return is_same;
}

/* The key was used before: the answer is what became of that. */
static void
then_known(struct request *request)
{
	const struct push *push = request->state;
	const char *jid = push->jobs[0].id, *state;
	json_t *job;

	if (!request_reply_is_good(request, 0)) {
		if (request->status == MHD_HTTP_NOT_FOUND)
			respond_problem(
			    request, MHD_HTTP_CONFLICT, "the id '%.100s' is in use", jid);
		return;
	}
	job = reply_json(request_reply(request, 0));
	state = json_string_value(json_object_get(job, "state"));
	if (is_same_type(request, job))
		respond_accepted(request, jid, state != NULL ? state : "ready", true);
	else
		respond_problem(request, MHD_HTTP_CONFLICT,
		    "the id or key is that of a job of another type: %.100s", jid);
	json_decref(job);
}

/* What was refused comes by jid; all else is on disk. */
static void
then_bulk(struct request *request)
{
	const struct push *push = request->state;
	size_t refused = 0;
	struct buf text = { 0 };
	json_t *refusals;

	if (!request_reply_is_good(request, 0))
		return;
	refusals = reply_json(request_reply(request, 0));
	buf_text(&text, "{\"jobs\":[");
	for (size_t i = 0; i < push->count; i++) {
		const struct new_job *job = &push->jobs[i];
		const char *why = json_string_value(json_object_get(refusals, job->id));

		buf_text(&text, i > 0 ? ",{\"id\":" : "{\"id\":");
		buf_json(&text, job->id);
		if (why != NULL && strstr(why, "there is a job with the jid") != NULL)
			buf_text(&text, ",\"replayed\":true}");
		else if (why != NULL) {
			refused++;
			buf_text(&text, ",\"error\":");
			buf_json(&text, why);
			buf_text(&text, "}");
		} else
			buf_printf(&text, ",\"state\":\"%s\"}", job->state);
	}
	buf_printf(&text, "],\"refused\":%zu}", refused);
	json_decref(refusals);
	respond_json(request,
	    refused == push->count ? MHD_HTTP_UNPROCESSABLE_CONTENT : MHD_HTTP_ACCEPTED, &text);
}
