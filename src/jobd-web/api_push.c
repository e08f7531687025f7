/* POST /api/v1/jobs: 202 only when it is on disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "jid.h"
#include "scope.h"

#define KEY_PREFIX "key-"
#define BULK_MAX   1000
/* What the queue says when a job like it is kept in its place. */
#define KEPT "KEPT "

/* Where each member goes in the payload of the queue. */
enum place { PLACE_TOP, PLACE_CUSTOM, PLACE_OURS };

/* clang-format off */
static const struct member {
	const char *name, *there;
	enum place place;
} members[] = {
	{ "type",		"jobtype",	PLACE_OURS },
	{ "args",		"args",		PLACE_OURS },
	{ "id",			"jid",		PLACE_OURS },
	{ "idempotency_key",	"",		PLACE_OURS },
	{ "queue",		"queue",	PLACE_TOP },
	{ "at",			"at",		PLACE_TOP },
	{ "priority",		"priority",	PLACE_TOP },
	{ "retry",		"retry",	PLACE_TOP },
	{ "reserve_for",	"reserve_for",	PLACE_TOP },
	{ "custom",		"custom",	PLACE_OURS },
	{ "tags",		"tags",		PLACE_CUSTOM },
	{ "unique_key",		"unique_key",	PLACE_CUSTOM },
	{ "unique_for",		"unique_for",	PLACE_CUSTOM },
	{ "unique_until",	"unique_until",	PLACE_CUSTOM },
	{ "on_conflict",	"on_conflict",	PLACE_CUSTOM },
	{ "concurrency_key",	"concurrency_key", PLACE_CUSTOM },
	{ "after",		"after",	PLACE_CUSTOM },
	{ "parent",		"parent",	PLACE_CUSTOM },
	{ "expires_at",		"expires_at",	PLACE_CUSTOM },
	{ "track",		"track",	PLACE_CUSTOM },
	{ "bid",		"bid",		PLACE_CUSTOM },
};
/* clang-format on */

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

static const char *
jid_of(const json_t *job)
{
	return json_string_value(json_object_get(job, "jid"));
}

/* The same key is the same id, whenever it comes: the queue has no two jobs with one id. */
static int
key_jid(const struct request *request, const char *key, char jid[JID_MAX])
{
	struct buf own = { 0 };
	int result = -1;

	scope_own_name(request, key, &own);
	if (!own.failed)
		result = jid_of_key(KEY_PREFIX, own.data, own.len, jid);
	buf_free(&own);
	return result;
}

/* The id: as given, from the key, or a new one.  NULL or what is wrong. */
static const char *
set_jid(const struct request *request, const json_t *body, const char *header_key, json_t *job)
{
	const json_t *id = json_object_get(body, "id"),
		     *key = json_object_get(body, "idempotency_key");
	const char *key_text = key != NULL ? json_string_value(key) : header_key;
	char jid[JID_MAX];

	if ((id != NULL && !json_is_string(id)) || (key != NULL && !json_is_string(key)))
		return "id and idempotency_key are texts";
	if (id != NULL) {
		json_object_set(job, "jid", (json_t *)(uintptr_t)id);
		return NULL;
	}
	if (key_text != NULL && (key_text[0] == '\0' || strlen(key_text) > 255))
		return "an idempotency key has from 1 to 255 bytes";
	if (key_text == NULL)
		jid_random(jid);
	else if (key_jid(request, key_text, jid) == -1)
		return "no memory";
	json_object_set_new(job, "jid", json_string(jid));
	return NULL;
}

/* What is no list becomes the only argument, so that its members have names in templates. */
static void
set_args(json_t *args, json_t *job)
{
	json_t *list;

	if (json_is_array(args)) {
		json_object_set(job, "args", args);
		return;
	}
	list = json_array();
	if (args != NULL)
		json_array_append(list, args);
	json_object_set_new(job, "args", list);
}

static const struct member *
member_find(const char *name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

/* One job's payload, or NULL with what is wrong. */
static json_t *
read_job(
    const struct request *request, json_t *body, const char *header_key, char *why, size_t size)
{
	json_t *job = json_object(), *custom = json_object_get(body, "custom"), *value;
	const char *type = json_string_value(json_object_get(body, "type")), *name, *wrong;

	custom = json_is_object(custom) ? json_deep_copy(custom) : json_object();
	why[0] = '\0';
	json_object_foreach(body, name, value)
	{
		const struct member *member = member_find(name);

		if (member == NULL)
			snprintf(why, size, "there is no member '%.100s' here", name);
		else if (member->place == PLACE_TOP)
			json_object_set(job, member->there, value);
		else if (member->place == PLACE_CUSTOM)
			json_object_set(custom, member->there, value);
	}
	if (type == NULL || type[0] == '\0')
		snprintf(why, size, "'type' is missing: the name of a type of job");
	json_object_set_new(job, "jobtype", json_string(type != NULL ? type : ""));
	set_args(json_object_get(body, "args"), job);
	if ((wrong = set_jid(request, body, header_key, job)) != NULL)
		snprintf(why, size, "%s", wrong);
	if (json_object_size(custom) > 0)
		json_object_set(job, "custom", custom);
	json_decref(custom);
	if (why[0] == '\0')
		return job;
	json_decref(job);
	return NULL;
}

/* A list of bodies becomes a list of payloads; false: answered. */
static bool
read_jobs(struct request *request, const json_t *bodies, json_t *jobs)
{
	char why[256];

	if (json_array_size(bodies) == 0 || json_array_size(bodies) > BULK_MAX) {
		respond_problem(
		    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "from 1 to %d jobs", BULK_MAX);
		return false;
	}
	for (size_t i = 0; i < json_array_size(bodies); i++) {
		json_t *body = json_array_get(bodies, i);
		json_t *job = NULL;

		if (json_is_object(body))
			job = read_job(request, body, NULL, why, sizeof(why));
		else
			snprintf(why, sizeof(why), "a job is a JSON object");
		if (job == NULL) {
			respond_problem(
			    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "job %zu: %s", i, why);
			return false;
		}
		json_array_append_new(jobs, job);
	}
	return true;
}

static bool
read_one(struct request *request, json_t *body, json_t *jobs)
{
	char why[256];
	json_t *job =
	    read_job(request, body, request_header(request, "Idempotency-Key"), why, sizeof(why));

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
	good = push->is_bulk ? read_jobs(request, list, push->jobs)
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
		request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", jid_of(job));
		request_then(request, then_known);
	} else if (request_reply_is_good(request, 0) &&
		   strncmp(request_reply(request, 0), KEPT, strlen(KEPT)) == 0)
		respond_accepted(request, request_reply(request, 0) + strlen(KEPT), "ready", true);
	else if (request->response == NULL)
		respond_accepted(request, jid_of(job), first_state(job), false);
}

/* The key was used before: the answer is what became of that. */
static void
then_known(struct request *request)
{
	const struct push *push = request->state;
	const char *jid = jid_of(json_array_get(push->jobs, 0)), *state;
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
		const char *why = json_string_value(json_object_get(refusals, jid_of(job)));

		buf_text(&text, i > 0 ? ",{\"id\":" : "{\"id\":");
		buf_json(&text, jid_of(job));
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
