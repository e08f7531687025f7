/* Is it well?  For load balancers and container engines: the status says it, the body why. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "handlers.h"
#include "overview.h"

/* More than that is worth a word. */
#define DEAD_MANY    100
#define WAITING_MANY 1000

enum { ASK_ALERTS = OVERVIEW_MORE + 1 };

static bool
is_queue_well(const struct overview *overview)
{
	return !overview->has_scheduler || overview->info != NULL;
}

static int64_t
count_outboxes(const struct overview *overview, const char *state)
{
	const json_t *outbox;
	int64_t count = 0;
	size_t i;

	json_array_foreach(overview->outboxes, i, outbox)
	{
		count += strcmp(member_text(outbox, "state"), state) == 0;
	}
	return count;
}

static void
respond_health(struct request *request, bool well, struct buf *text)
{
	respond_json(request, well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, text);
	if (!well)
		respond_header(request, MHD_HTTP_HEADER_RETRY_AFTER, "2");
}

void
health_live(struct request *request)
{
	struct buf text = { 0 };

	buf_text(&text, "{\"status\":\"ok\"}");
	respond_health(request, true, &text);
}

/* Checks of programs that are in this state. */
static int64_t
count_checks(const struct overview *overview, const char *state)
{
	const json_t *program;
	int64_t count = 0;
	size_t i;

	json_array_foreach(overview->programs, i, program)
	{
		const json_t *health = json_object_get(program, "health");

		count += json_is_object(health) && strcmp(member_text(health, "state"), state) == 0;
	}
	return count;
}

static void
then_ready(struct request *request)
{
	const struct overview *overview = overview_take(request);
	struct buf text = { 0 };
	bool well;

	if (overview == NULL)
		return;
	well = overview->programs != NULL && is_queue_well(overview) &&
	       count_checks(overview, "failing") == 0;
	buf_printf(&text, "{\"status\":\"%s\",\"jobd\":\"%s\"", well ? "ok" : "unavailable",
	    overview->programs != NULL ? "ok" : "unavailable");
	if (overview->has_scheduler)
		buf_printf(
		    &text, ",\"queue\":\"%s\"", overview->info != NULL ? "ok" : "unavailable");
	buf_printf(&text,
	    ",\"checks\":{\"passing\":%" PRId64 ",\"failing\":%" PRId64 ",\"unknown\":%" PRId64 "}",
	    count_checks(overview, "passing"), count_checks(overview, "failing"),
	    count_checks(overview, "unknown"));
	buf_text(&text, "}");
	respond_health(request, well, &text);
}

void
health_ready(struct request *request)
{
	overview_ask(request, then_ready);
}

/* STOPPED and EXITED ones are meant to be so. */
static void
put_programs(struct buf *text, const struct overview *overview)
{
	int64_t total = 0, running = 0, starting = 0, failed = 0;
	const json_t *program;
	size_t i;

	json_array_foreach(overview->programs, i, program)
	{
		const char *state = member_text(program, "state");

		total++;
		running += strcmp(state, "RUNNING") == 0;
		starting += strcmp(state, "STARTING") == 0;
		failed += strcmp(state, "FATAL") == 0 || strcmp(state, "BACKOFF") == 0;
	}
	buf_printf(text,
	    ",\"programs\":{\"total\":%" PRId64 ",\"running\":%" PRId64 ",\"starting\":%" PRId64
	    ",\"failed\":%" PRId64 "}",
	    total, running, starting, failed);
}

static bool
has_failed_program(const struct overview *overview)
{
	const json_t *program;
	size_t i;

	json_array_foreach(overview->programs, i,
	    program) if (strcmp(member_text(program, "state"), "FATAL") == 0 ||
			 strcmp(member_text(program, "state"), "BACKOFF") == 0) return true;
	return false;
}

/* waiting, active, completed and failed are what BullMQ calls them. */
static void
put_counts(struct buf *text, const struct overview *overview)
{
	int64_t done = overview_total(overview, "total_processed");
	int64_t failed = overview_total(overview, "total_failures");

	buf_text(text, "{");
	for (const char *const *state = overview_states; *state != NULL; state++)
		if (overview_state(overview, *state) >= 0)
			buf_printf(
			    text, "\"%s\":%" PRId64 ",", *state, overview_state(overview, *state));
	buf_printf(text,
	    "\"waiting\":%" PRId64 ",\"active\":%" PRId64 ",\"completed\":%" PRId64
	    ",\"failed\":%" PRId64 "}",
	    overview_state(overview, "ready"), overview_state(overview, "running"), done, failed);
}

static void
put_list(struct buf *text, const char *name, json_t *list)
{
	char *json = json_dumps(list, JSON_COMPACT);

	if (json != NULL)
		buf_printf(text, ",\"%s\":%s", name, json);
	free(json);
}

static void warn(struct buf *, bool *first, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
warn(struct buf *text, bool *first, const char *fmt, ...)
{
	char line[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	buf_text(text, *first ? "" : ",");
	buf_json(text, line);
	*first = false;
}

static void
put_warnings(struct buf *text, const struct overview *overview, const json_t *alerts)
{
	const json_t *object;
	bool first = true;
	size_t i;

	buf_text(text, ",\"warnings\":[");
	if (overview_state(overview, "dead") > DEAD_MANY)
		warn(text, &first, "more than %d dead jobs", DEAD_MANY);
	if (overview_state(overview, "ready") > WAITING_MANY)
		warn(text, &first, "more than %d jobs wait", WAITING_MANY);
	json_array_foreach(overview->breakers, i, object)
	{
		if (strcmp(member_text(object, "state"), "open") == 0)
			warn(text, &first, "%s is left alone because it failed too often",
			    member_text(object, "target"));
	}
	json_array_foreach(overview->outboxes, i, object)
	{
		if (strcmp(member_text(object, "state"), "trouble") == 0)
			warn(text, &first, "outbox %s: %s", member_text(object, "name"),
			    member_text(object, "trouble"));
	}
	json_array_foreach(alerts, i, object)
	{
		if (strcmp(member_text(object, "state"), "firing") == 0)
			warn(text, &first, "alert %s: %s", member_text(object, "name"),
			    member_text(object, "when"));
	}
	buf_text(text, "]");
}

static void
then_queue(struct request *request)
{
	const struct overview *overview = overview_take(request);
	struct buf text = { 0 };
	json_t *alerts;

	if (overview == NULL)
		return;
	if (!overview->has_scheduler && overview->info == NULL) {
		buf_text(&text, "{\"status\":\"off\",\"reason\":\"no jobs, queues or section "
				"scheduler are configured\"}");
		respond_health(request, overview->programs != NULL, &text);
		return;
	}
	if (overview->info == NULL) {
		buf_text(&text, "{\"status\":\"unavailable\",\"reason\":");
		buf_json(&text, overview->queue_error);
		buf_text(&text, "}");
		respond_health(request, false, &text);
		return;
	}
	buf_text(&text, "{\"status\":\"ok\",\"counts\":");
	put_counts(&text, overview);
	put_list(&text, "queues", overview->queues);
	put_list(&text, "breakers", overview->breakers);
	put_list(&text, "outboxes", overview->outboxes);
	alerts = overview_list(request, ASK_ALERTS);
	put_warnings(&text, overview, alerts);
	json_decref(alerts);
	buf_text(&text, "}");
	respond_health(request, true, &text);
}

void
health_queue(struct request *request)
{
	overview_ask_begin(request);
	request_ask(request, UPSTREAM_QUEUE, VERB_INFO);
	request_ask(request, UPSTREAM_QUEUE, VERB_ALERTS);
	request_then(request, then_queue);
}

/* The queue works, but jobs of an app wait where jobd can't get at them.  Who sends requests to the
 * app or starts it anew because of that would make it worse, so it is no 503. */
static bool
is_degraded(const struct overview *overview)
{
	return has_failed_program(overview) || count_outboxes(overview, "trouble") > 0;
}

static void
put_outboxes(struct buf *text, const struct overview *overview)
{
	if (json_array_size(overview->outboxes) > 0)
		buf_printf(text,
		    ",\"outboxes\":{\"connected\":%" PRId64 ",\"trouble\":%" PRId64
		    ",\"unknown\":%" PRId64 "}",
		    count_outboxes(overview, "connected"), count_outboxes(overview, "trouble"),
		    count_outboxes(overview, "unknown"));
}

/* Names of programs are for those who may look. */
static void
then_health(struct request *request)
{
	const struct overview *overview = overview_take(request);
	struct buf text = { 0 };
	bool up;

	if (overview == NULL)
		return;
	up = overview->programs != NULL && is_queue_well(overview);
	buf_printf(&text, "{\"status\":\"%s\",\"version\":\"%s\"",
	    !up                     ? "unavailable"
	    : is_degraded(overview) ? "degraded"
				    : "ok",
	    PACKAGE_VERSION);
	if (overview->programs != NULL)
		put_programs(&text, overview);
	if (overview->has_scheduler && overview->info != NULL) {
		buf_text(&text, ",\"queue\":");
		put_counts(&text, overview);
	} else if (overview->has_scheduler) {
		buf_text(&text, ",\"queue\":{\"error\":");
		buf_json(&text, overview->queue_error);
		buf_text(&text, "}");
	}
	put_outboxes(&text, overview);
	buf_text(&text, "}");
	respond_health(request, up, &text);
}

void
health(struct request *request)
{
	overview_ask(request, then_health);
}
