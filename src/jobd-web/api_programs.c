/* Programs: what they are, and what is done with them. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "follow.h"
#include "handlers.h"

/* With wait=1 the answer comes when it is done: longer than most programs take to stop. */
#define WAIT_MS 120000

void
api_programs(struct request *request)
{
	static const char *const known[] = { "all", NULL };
	const char *all = pairs_find(&request->query, "all");

	if (api_query_is(request, known))
		api_list(request, "programs", UPSTREAM_CONTROL,
		    all != NULL && strcmp(all, "1") == 0 ? VERB_STATUS " all=1" : VERB_STATUS);
}

/* A word that means no program gives an item with a code. */
static bool
is_no_program(struct request *request)
{
	const char *item = request_reply(request, 0);

	if (strstr(item, "\"code\":\"no_such_program\"") == NULL)
		return false;
	respond_problem(
	    request, MHD_HTTP_NOT_FOUND, "there is no program '%.100s'", request->parameters[0]);
	return true;
}

static void
then_program(struct request *request)
{
	if (!request_reply_is_good(request, 0) || is_no_program(request))
		return;
	if (request->replies[0].count == 1)
		api_then_first(request);
	else {
		request->state = (void *)(uintptr_t) "programs";
		api_then_list(request);
	}
}

void
api_program(struct request *request)
{
	const char *name = api_program_name(request);

	if (name == NULL)
		return;
	request_ask(request, UPSTREAM_CONTROL, VERB_STATUS " all=1 %s", name);
	request_then(request, then_program);
}

/* All were done, were accepted, or one of them went wrong. */
static void
then_results(struct request *request)
{
	const struct reply *reply = &request->replies[0];
	unsigned int status = MHD_HTTP_OK;
	struct buf text = { 0 };

	if (!request_reply_is_good(request, 0) || is_no_program(request))
		return;
	buf_text(&text, "{\"results\":[");
	for (size_t i = 0; i < reply->count; i++) {
		const char *item = reply_item(reply, i, NULL);

		buf_printf(&text, "%s%s", i > 0 ? "," : "", item);
		if (strstr(item, "\"result\":\"error\"") != NULL)
			status = MHD_HTTP_CONFLICT;
		else if (status == MHD_HTTP_OK && strstr(item, "\"result\":\"requested\"") != NULL)
			status = MHD_HTTP_ACCEPTED;
	}
	buf_text(&text, "]}");
	respond_json(request, status, &text);
}

static void
act(struct request *request, const char *verb, const char *more)
{
	static const char *const known[] = { "wait", NULL };
	const char *name = api_program_name(request);
	const char *wait = pairs_find(&request->query, "wait");
	bool waits = wait != NULL && strcmp(wait, "1") == 0;
	struct buf line = { 0 };

	if (name == NULL || !api_query_is(request, known))
		return;
	buf_printf(&line, "%s wait=%d %s%s", verb, waits, name, more);
	request_ask_buf(request, UPSTREAM_CONTROL, &line, waits ? WAIT_MS : REQUEST_TIMEOUT_MS);
	request_then(request, then_results);
}

void
api_program_start(struct request *request)
{
	act(request, VERB_START, "");
}

void
api_program_stop(struct request *request)
{
	act(request, VERB_STOP, "");
}

void
api_program_restart(struct request *request)
{
	act(request, VERB_RESTART, "");
}

void
api_program_scale(struct request *request)
{
	static const char *const known[] = { "instances", NULL };
	json_t *body = api_object(request), *count;
	char more[32];

	if (body == NULL)
		return;
	count = json_object_get(body, "instances");
	if (!api_members_are(request, body, known)) {
		json_decref(body);
		return;
	}
	if (!json_is_integer(count))
		respond_problem(
		    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "'instances' must be a number");
	else {
		snprintf(more, sizeof(more), " %lld", (long long)json_integer_value(count));
		act(request, VERB_SCALE, more);
	}
	json_decref(body);
}

void
api_program_signal(struct request *request)
{
	static const char *const known[] = { "signal", NULL };
	const char *name = api_program_name(request), *signal;
	json_t *body = name != NULL ? api_object(request) : NULL;

	if (body == NULL)
		return;
	signal = json_string_value(json_object_get(body, "signal"));
	if (!api_members_are(request, body, known)) {
		json_decref(body);
		return;
	}
	if (signal == NULL || !text_is_name(signal))
		respond_problem(request, MHD_HTTP_UNPROCESSABLE_CONTENT,
		    "'signal' must be the name of a signal");
	else {
		request_ask(request, UPSTREAM_CONTROL, VERB_SIGNAL " %s %s", signal, name);
		request_then(request, then_results);
	}
	json_decref(body);
}

void
api_program_history(struct request *request)
{
	const char *name = api_program_name(request);
	char line[URL_SEGMENT_MAX + 32];

	if (name == NULL)
		return;
	snprintf(line, sizeof(line), VERB_HISTORY " %s", name);
	api_list(request, "exits", UPSTREAM_CONTROL, line);
}

void
api_program_logs(struct request *request)
{
	static const char *const known[] = { "stream", "lines", "follow", NULL };
	const char *name = api_program_name(request), *errstr;
	const char *stream = pairs_find(&request->query, "stream");
	const char *lines = pairs_find(&request->query, "lines");
	const char *follow = pairs_find(&request->query, "follow");
	char line[URL_SEGMENT_MAX + 96];
	int64_t count;

	if (name == NULL || !api_query_is(request, known))
		return;
	if ((stream != NULL && strcmp(stream, "stdout") != 0 && strcmp(stream, "stderr") != 0) ||
	    (follow != NULL && strcmp(follow, "0") != 0 && strcmp(follow, "1") != 0) ||
	    text_to_int(lines != NULL ? lines : "100", 0, 100000, &count, &errstr) == -1) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST,
		    "stream is stdout or stderr, lines a number up to 100000, follow 0 or 1");
		return;
	}
	snprintf(line, sizeof(line), VERB_TAIL " %s %s lines=%lld%s", name,
	    stream != NULL ? stream : "stdout", (long long)count,
	    follow != NULL && follow[0] == '1' ? " follow=1" : "");
	follow_begin(request, line);
}
