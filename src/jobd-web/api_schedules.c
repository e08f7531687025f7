/* Schedules: those of the configuration, and those that users make. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "reply_json.h"

#define SET VERB_SCHEDULE " SET"

/* Those that say when stand together. */
enum { WHEN_FIRST = 3, WHEN_LAST = 7 };
static const char *const members[] = { "name", "job", "args", "schedule", "frequency", "time",
	"day", "month_end", "timezone", "queue", "enabled", "tags", "catch_up", NULL };

void
api_schedules(struct request *request)
{
	static const char *const known[] = { "after", "limit", "job", "tag", "enabled", NULL };
	json_t *filter;
	int64_t limit;
	const char *errstr;

	if (!api_query_is(request, known))
		return;
	if (request->query.count == 0) {
		api_list(request, "schedules", UPSTREAM_QUEUE, VERB_SCHEDULES);
		return;
	}
	filter = json_object();
	for (size_t i = 0; i < request->query.count; i++) {
		const struct pair *pair = &request->query.list[i];
		json_t *value = json_string(pair->value);

		if (strcmp(pair->name, "enabled") == 0)
			value = json_boolean(strcmp(pair->value, "false") != 0);
		else if (strcmp(pair->name, "limit") == 0 &&
			 text_to_int(pair->value, 1, 10000, &limit, &errstr) == 0)
			value = json_integer(limit);
		json_object_set_new(filter, pair->name, value);
	}
	request->state = (void *)(uintptr_t) "schedules";
	api_ask_json(request, UPSTREAM_QUEUE, VERB_SCHEDULES, filter);
	request_then(request, api_then_list);
}

void
api_schedule(struct request *request)
{
	api_ask_name(request, VERB_SCHEDULES, api_then_first);
}

void
api_schedule_delete(struct request *request)
{
	api_ask_name(request, VERB_SCHEDULE " DELETE", api_then_nothing);
}

void
api_schedule_pause(struct request *request)
{
	api_ask_name(request, VERB_PAUSE, api_then_nothing);
}

void
api_schedule_resume(struct request *request)
{
	api_ask_name(request, VERB_RESUME, api_then_nothing);
}

/* The body as it is meant for the queue; NULL: answered. */
static json_t *
read_schedule(struct request *request, const char *name)
{
	json_t *body = api_object(request);

	if (body == NULL)
		return NULL;
	if (!api_members_are(request, body, members)) {
		json_decref(body);
		return NULL;
	}
	if (name != NULL)
		json_object_set_new(body, "name", json_string(name));
	return body;
}

static void
then_created(struct request *request)
{
	struct buf text = { 0 };
	json_t *made;

	if (!request_reply_is_good(request, 0))
		return;
	made = reply_json(request_reply(request, 0));
	buf_text(&text, request_reply(request, 0));
	respond_json(request, MHD_HTTP_CREATED, &text);
	if (made != NULL)
		api_location(request, "/api/v1/schedules/",
		    json_string_value(json_object_get(made, "name")));
	json_decref(made);
}

void
api_schedule_create(struct request *request)
{
	json_t *body = read_schedule(request, NULL);

	if (body == NULL)
		return;
	api_ask_json(request, UPSTREAM_QUEUE, SET, body);
	request_then(request, then_created);
}

void
api_schedule_set(struct request *request)
{
	const char *name = api_name(request);
	json_t *body = name != NULL ? read_schedule(request, name) : NULL;

	if (body == NULL)
		return;
	api_ask_json(request, UPSTREAM_QUEUE, SET, body);
	request_then(request, api_then_one);
}

/* What the body does not name stays as it is. */
static void
then_merge(struct request *request)
{
	json_t *body, *now, *whole;

	if (!request_reply_is_good(request, 0))
		return;
	now = reply_json(request_reply(request, 0));
	if (now == NULL) {
		api_then_first(request);
		return;
	}
	if ((body = read_schedule(request, request->parameters[0])) == NULL) {
		json_decref(now);
		return;
	}
	/* Another way to say when replaces the one before. */
	whole = json_object();
	for (size_t i = 0; members[i] != NULL; i++) {
		bool says_when = i >= WHEN_FIRST && i <= WHEN_LAST;
		json_t *value = json_object_get(now, members[i]);

		if (says_when && (json_object_get(body, "schedule") != NULL ||
				     json_object_get(body, "frequency") != NULL))
			continue;
		if (value != NULL && !json_is_null(value))
			json_object_set(whole, members[i], value);
	}
	json_object_update(whole, body);
	json_decref(now);
	json_decref(body);
	request_forget(request);
	request->unmasked = false;
	api_ask_json(request, UPSTREAM_QUEUE, SET, whole);
	request_then(request, api_then_one);
}

void
api_schedule_change(struct request *request)
{
	request->unmasked = true;
	api_ask_name(request, VERB_SCHEDULES, then_merge);
}

/* The job is due now: its id is new. */
static void
then_run(struct request *request)
{
	struct buf text = { 0 };
	size_t len;
	const char *item;

	if (!request_reply_is_good(request, 0))
		return;
	item = reply_item(&request->replies[0], 0, &len);
	api_put_job(&text, item, len);
	respond_json(request, MHD_HTTP_ACCEPTED, &text);
}

void
api_schedule_run(struct request *request)
{
	static const char *const known[] = { "args", NULL };

	api_ask_change(request, VERB_RUN, "job", known, then_run);
}

void
api_schedule_ticks(struct request *request)
{
	static const char *const known[] = { "limit", NULL };
	const char *name = api_name(request), *limit = pairs_find(&request->query, "limit");
	char line[URL_SEGMENT_MAX + 64];
	const char *errstr;
	int64_t count;

	if (name == NULL || !api_query_is(request, known))
		return;
	if (text_to_int(limit != NULL ? limit : "100", 1, 10000, &count, &errstr) == -1) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "limit is from 1 to 10000");
		return;
	}
	snprintf(line, sizeof(line), VERB_TICKS " %s limit=%lld", name, (long long)count);
	api_list(request, "ticks", UPSTREAM_QUEUE, line);
}

void
api_schedule_next(struct request *request)
{
	static const char *const known[] = { "limit", NULL };
	const char *name = api_name(request), *limit = pairs_find(&request->query, "limit");
	const char *errstr;
	int64_t count;

	if (name == NULL || !api_query_is(request, known))
		return;
	if (text_to_int(limit != NULL ? limit : "10", 1, 100, &count, &errstr) == -1) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "limit is from 1 to 100");
		return;
	}
	request_ask(request, UPSTREAM_QUEUE, VERB_NEXT " %s limit=%lld", name, (long long)count);
	request_then(request, api_then_one);
}
