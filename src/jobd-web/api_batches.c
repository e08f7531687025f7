/* Batches: made with their callbacks, perhaps with all their jobs at once, and looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "new_job.h"
#include "reply_json.h"

#define LIMIT     100
#define LIMIT_MAX 1000

/* A batch on its way: made, filled, committed. */
struct making {
	json_t *head; /* of BATCH NEW */
	json_t *jobs; /* payloads, or NULL: they come later, and so does the commit */
	json_t *refused;
	char bid[128];
};

static void then_made(struct request *);
static void then_filled(struct request *);
static void then_committed(struct request *);

static void
put_batch(struct buf *out, const char *text)
{
	json_t *batch = json_loads(text, 0, NULL);
	const char *bid = json_string_value(json_object_get(batch, "bid"));

	buf_text(out, "{\"id\":");
	buf_json(out, bid != NULL ? bid : "");
	buf_text(out, ",");
	buf_text(out, text[0] == '{' ? text + 1 : "}");
	json_decref(batch);
}

static void
then_batches(struct request *request)
{
	const struct reply *reply = &request->replies[0];
	const char *given = pairs_find(&request->query, "limit"), *errstr;
	int64_t limit = LIMIT;
	struct buf text = { 0 };
	json_t *last = NULL;

	if (!request_reply_is_good(request, 0))
		return;
	if (given != NULL && text_to_int(given, 1, LIMIT_MAX, &limit, &errstr) == -1)
		limit = LIMIT;
	buf_text(&text, "{\"batches\":[");
	for (size_t i = 0; i < reply->count; i++) {
		buf_text(&text, i > 0 ? "," : "");
		put_batch(&text, reply_item(reply, i, NULL));
	}
	buf_text(&text, "],\"next\":");
	if ((int64_t)reply->count >= limit)
		last = reply_json(reply_item(reply, reply->count - 1, NULL));
	if (last != NULL)
		buf_json(&text, json_string_value(json_object_get(last, "bid")));
	else
		buf_text(&text, "null");
	buf_text(&text, "}");
	json_decref(last);
	respond_json(request, MHD_HTTP_OK, &text);
}

void
api_batches(struct request *request)
{
	static const char *const known[] = { "after", "limit", NULL };
	const char *after = pairs_find(&request->query, "after"), *errstr;
	const char *limit = pairs_find(&request->query, "limit");
	int64_t count = LIMIT;
	json_t *filter;

	if (!api_query_is(request, known))
		return;
	if (limit != NULL && text_to_int(limit, 1, LIMIT_MAX, &count, &errstr) == -1) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "limit is from 1 to %d", LIMIT_MAX);
		return;
	}
	filter = json_pack("{sI}", "limit", (json_int_t)count);
	if (after != NULL)
		json_object_set_new(filter, "before", json_string(after));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_BATCH " LIST", filter);
	request_then(request, then_batches);
}

static void
then_batch(struct request *request)
{
	struct buf text = { 0 };

	if (!request_reply_is_good(request, 0))
		return;
	put_batch(&text, request_reply(request, 0));
	respond_json(request, MHD_HTTP_OK, &text);
}

void
api_batch(struct request *request)
{
	api_ask_name(request, VERB_BATCH " STATUS", then_batch);
}

void
api_batch_commit(struct request *request)
{
	api_ask_name(request, VERB_BATCH " COMMIT", api_then_nothing);
}

/* Making one. */

static void
making_free(void *state)
{
	struct making *making = state;

	json_decref(making->head);
	json_decref(making->jobs);
	json_decref(making->refused);
	free(making);
}

/* A callback of the body goes into the head; false: answered. */
static bool
read_callback(struct request *request, const json_t *body, const char *name, json_t *head)
{
	json_t *written = json_object_get(body, name), *job;
	char why[NEW_JOB_WHY] = "it is no JSON object";

	if (written == NULL || json_is_null(written))
		return true;
	job = json_is_object(written) ? new_job_read(request, written, why) : NULL;
	if (job == NULL) {
		respond_problem(request, MHD_HTTP_UNPROCESSABLE_CONTENT, "%s: %s", name, why);
		return false;
	}
	json_object_set_new(head, name, job);
	return true;
}

static bool
read_batch(struct request *request, const json_t *body, struct making *making)
{
	static const char *const texts[][2] = {
		{"description", "description"},
                { "parent",     "parent_bid" }
	};
	const json_t *list = json_object_get(body, "jobs");

	for (size_t i = 0; i < 2; i++) {
		json_t *value = json_object_get(body, texts[i][0]);

		if (value != NULL && !json_is_string(value)) {
			respond_problem(
			    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "'%s' is a text", texts[i][0]);
			return false;
		}
		if (value != NULL)
			json_object_set(making->head, texts[i][1], value);
	}
	return read_callback(request, body, "success", making->head) &&
	       read_callback(request, body, "complete", making->head) &&
	       (list == NULL || new_jobs_read(request, list, making->jobs));
}

void
api_batch_create(struct request *request)
{
	static const char *const known[] = { "description", "parent", "success", "complete", "jobs",
		NULL };
	struct making *making = calloc(1, sizeof(*making));
	json_t *body;
	bool good;

	if (making == NULL) {
		respond_unavailable(request, "no memory");
		return;
	}
	making->head = json_object();
	making->jobs = json_array();
	request->state = making;
	request->state_free = making_free;
	if ((body = api_object(request)) == NULL)
		return;
	good = api_members_are(request, body, known) && read_batch(request, body, making);
	json_decref(body);
	if (!good)
		return;
	api_ask_json(request, UPSTREAM_QUEUE, VERB_BATCH " NEW", json_incref(making->head));
	request_then(request, then_made);
}

static void
join(json_t *job, const char *bid)
{
	json_t *custom = json_object_get(job, "custom");

	if (custom == NULL)
		json_object_set_new(job, "custom", custom = json_object());
	json_object_set_new(custom, "bid", json_string(bid));
}

static void
then_made(struct request *request)
{
	struct making *making = request->state;
	size_t count = json_array_size(making->jobs);

	if (!request_reply_is_good(request, 0))
		return;
	strlcpy(making->bid, request_reply(request, 0), sizeof(making->bid));
	if (count == 0) {
		then_committed(request);
		return;
	}
	for (size_t i = 0; i < count; i++)
		join(json_array_get(making->jobs, i), making->bid);
	request_forget(request);
	api_ask_json(request, UPSTREAM_QUEUE, VERB_PUSHB, json_incref(making->jobs));
	request_then(request, then_filled);
}

static void
then_filled(struct request *request)
{
	struct making *making = request->state;

	if (!request_reply_is_good(request, 0))
		return;
	making->refused = reply_json(request_reply(request, 0));
	request_forget(request);
	request_ask(request, UPSTREAM_QUEUE, VERB_BATCH " COMMIT %s", making->bid);
	request_then(request, then_committed);
}

/* Everything is on disk. */
static void
then_committed(struct request *request)
{
	const struct making *making = request->state;
	size_t count = json_array_size(making->jobs);
	struct buf text = { 0 };

	if (!request_reply_is_good(request, 0))
		return;
	buf_text(&text, "{\"id\":");
	buf_json(&text, making->bid);
	buf_printf(&text, ",\"committed\":%s,\"jobs\":[", count > 0 ? "true" : "false");
	for (size_t i = 0; i < count; i++) {
		const char *id = new_job_id(json_array_get(making->jobs, i));
		const char *why = json_string_value(json_object_get(making->refused, id));

		buf_text(&text, i > 0 ? ",{\"id\":" : "{\"id\":");
		buf_json(&text, id);
		if (why != NULL) {
			buf_text(&text, ",\"error\":");
			buf_json(&text, why);
		}
		buf_text(&text, "}");
	}
	buf_printf(&text, "],\"refused\":%zu}", json_object_size(making->refused));
	respond_json(request, count > 0 ? MHD_HTTP_ACCEPTED : MHD_HTTP_CREATED, &text);
	api_location(request, "/api/v1/batches/", making->bid);
}
