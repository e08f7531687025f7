/* POST /api/v1/jobs: 202 only when it is on disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "new_job.h"

#define BULK_MAX 1000
/* What the queue says when a job like it is kept in its place. */
#define KEPT "KEPT "

struct push {
	json_t *jobs; /* the payloads */
	bool is_bulk;
};

static void then_pushed(struct request *);
static void then_bulk(struct request *);
static void then_known(struct request *);

static void
push_free(void *state)
{
	struct push *push = state;

	json_decref(push->jobs);
	free(push);
}

static bool
read_one(struct request *request, json_t *body, json_t *jobs)
{
	char why[256];
	json_t *job = new_job_read(
	    request, body, request_header(request, "Idempotency-Key"), why, sizeof(why));

	if (job == NULL) {
		respond_problem(request, MHD_HTTP_UNPROCESSABLE_CONTENT, "%s", why);
		return false;
	}
	json_array_append_new(jobs, job);
	return true;
}

void
api_jobs_push(struct request *request)
{
	struct push *push = calloc(1, sizeof(*push));
	const json_t *list;
	json_error_t error;
	json_t *body;
	bool good;

	if (push == NULL || (push->jobs = json_array()) == NULL) {
		free(push);
		respond_unavailable(request, "no memory");
		return;
	}
	request->state = push;
	request->state_free = push_free;
	body = json_loadb(request->body.data, request->body.len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(body) && !json_is_array(body)) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST,
		    "the body is no JSON object or list: %s", body == NULL ? error.text : "");
		json_decref(body);
		return;
	}
	list = json_is_array(body) ? body : json_object_get(body, "jobs");
	push->is_bulk = json_is_array(list);
	good = push->is_bulk ? new_jobs_read(request, list, push->jobs)
			     : read_one(request, body, push->jobs);
	json_decref(body);
	if (!good)
		return;
	if (push->is_bulk)
		api_ask_json(request, UPSTREAM_QUEUE, VERB_PUSHB, json_incref(push->jobs));
	else
		api_ask_json(
		    request, UPSTREAM_QUEUE, VERB_PUSH, json_incref(json_array_get(push->jobs, 0)));
	request_then(request, push->is_bulk ? then_bulk : then_pushed);
}

/* What it is now, as far as its payload says. */
static const char *
first_state(const json_t *job)
{
	const json_t *custom = json_object_get(job, "custom");
	const char *at = json_string_value(json_object_get(job, "at")), *errstr;
	struct walltime when;

	if (at != NULL && walltime_parse(at, &when, &errstr) == 0 && when.us > walltime_now().us)
		return "scheduled";
	return json_array_size(json_object_get(custom, "after")) > 0 ? "blocked" : "ready";
}

static void
respond_accepted(struct request *request, const char *jid, const char *state, bool again)
{
	struct buf text = { 0 }, location = { 0 };

	buf_text(&text, "{\"id\":");
	buf_json(&text, jid);
	buf_printf(&text, ",\"state\":\"%s\",\"replayed\":%s}", state, again ? "true" : "false");
	respond_json(request, MHD_HTTP_ACCEPTED, &text);
	buf_printf(&location, "%s/api/v1/jobs/", request->prefix);
	buf_url(&location, jid);
	if (!location.failed)
		respond_header(request, MHD_HTTP_HEADER_LOCATION, location.data);
	buf_free(&location);
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
	const json_t *job = json_array_get(push->jobs, 0);

	if (was_there_already(request)) {
		request_forget(request);
		request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", new_job_id(job));
		request_then(request, then_known);
	} else if (request_reply_is_good(request, 0) &&
		   strncmp(request_reply(request, 0), KEPT, strlen(KEPT)) == 0)
		respond_accepted(request, request_reply(request, 0) + strlen(KEPT), "ready", true);
	else if (request->response == NULL)
		respond_accepted(request, new_job_id(job), first_state(job), false);
}

/* The key was used before: the answer is what became of that. */
static void
then_known(struct request *request)
{
	const struct push *push = request->state;
	const char *jid = new_job_id(json_array_get(push->jobs, 0)), *state;
	json_t *job;

	if (!request_reply_is_good(request, 0)) {
		if (request->status == MHD_HTTP_NOT_FOUND)
			respond_problem(
			    request, MHD_HTTP_CONFLICT, "the id '%.100s' is in use", jid);
		return;
	}
	job = json_loads(request_reply(request, 0), 0, NULL);
	state = json_string_value(json_object_get(job, "state"));
	respond_accepted(request, jid, state != NULL ? state : "ready", true);
	json_decref(job);
}

/* What was refused comes by jid; all else is on disk. */
static void
then_bulk(struct request *request)
{
	const struct push *push = request->state;
	size_t count = json_array_size(push->jobs), refused = 0;
	struct buf text = { 0 };
	json_t *refusals;

	if (!request_reply_is_good(request, 0))
		return;
	refusals = json_loads(request_reply(request, 0), 0, NULL);
	buf_text(&text, "{\"jobs\":[");
	for (size_t i = 0; i < count; i++) {
		const json_t *job = json_array_get(push->jobs, i);
		const char *why = json_string_value(json_object_get(refusals, new_job_id(job)));

		buf_text(&text, i > 0 ? ",{\"id\":" : "{\"id\":");
		buf_json(&text, new_job_id(job));
		if (why != NULL && strstr(why, "there is a job with the jid") != NULL)
			buf_text(&text, ",\"replayed\":true}");
		else if (why != NULL) {
			refused++;
			buf_text(&text, ",\"error\":");
			buf_json(&text, why);
			buf_text(&text, "}");
		} else
			buf_printf(&text, ",\"state\":\"%s\"}", first_state(job));
	}
	buf_printf(&text, "],\"refused\":%zu}", refused);
	json_decref(refusals);
	respond_json(
	    request, refused == count ? MHD_HTTP_UNPROCESSABLE_CONTENT : MHD_HTTP_ACCEPTED, &text);
}
