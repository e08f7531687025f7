/* One queue: how it is, how its jobs went, and its limits, which admins set. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "page_queue.h"

#define RATE_TEXT_MAX 64

enum { ASK_QUEUE, ASK_FIGURES };

static const struct page_action list[] = {
	{"pause",              "Pause", VERB_QUEUE " PAUSE", ROLE_OPERATE, NULL, "is paused" },
	{ "resume", "Resume", VERB_QUEUE " RESUME", ROLE_OPERATE, NULL, "goes on" },
	{ "clear",                "Clear", VERB_QUEUE " CLEAR", ROLE_ADMIN,
         "All its jobs that are ready are deleted. This can't be undone.", "was cleared" },
	{ "limits",                   "Set limits", VERB_LIMIT, ROLE_ADMIN, NULL, "has these limits now" },
	{ .word = NULL           },
};
const struct page_actions page_queue_actions = { "/queues", "/queues", UPSTREAM_QUEUE, list };

/* clang-format off */
static const struct {
	const char *member, *state, *look;
} states[] = {
	{ "size", "ready", "" }, { "running", "running", "" }, { "scheduled", "scheduled", "" },
	{ "retry", "retry", "warn" }, { "blocked", "blocked", "" }, { "dead", "dead", "bad" },
};

/* The fields of the form. */
static const struct {
	const char *name, *label, *more;
	int64_t min, max;
} limits[] = {
	{ "concurrency", "At a time; 0 is without a limit", "type=\"number\" min=\"0\" max=\"1000000\"", 0, 1000000 },
	{ "rate",        "Starts, as 50/s or 100/10min; 0 is without a limit", "pattern=\"0|[0-9]+/.+\"", 1, 1000000000 },
	{ "weight",      "Weight beside other queues, 1 to 1000", "type=\"number\" min=\"1\" max=\"1000\"", 1, 1000 },
};
/* clang-format on */

#define LIMITS     (sizeof(limits) / sizeof(limits[0]))
#define RATE_FIELD 1

/* "50/s"; as in the configuration. */
static void
put_rate(struct buf *page, const json_t *queue)
{
	int64_t ms = member_int(queue, "rate_period_ms");

	buf_printf(page, "%" PRId64 "/", member_int(queue, "rate"));
	if (ms == 1000)
		buf_text(page, "s");
	else if (ms % 1000 == 0)
		buf_printf(page, "%" PRId64 "s", ms / 1000);
	else
		buf_printf(page, "%" PRId64 "ms", ms);
}

static void
put_value(struct buf *page, const json_t *queue, size_t field)
{
	if (!json_is_integer(json_object_get(queue, limits[field].name)))
		return;
	if (field == RATE_FIELD && member_int(queue, "rate") > 0)
		put_rate(page, queue);
	else
		buf_printf(page, "%" PRId64, member_int(queue, limits[field].name));
}

void
page_queue_limits(struct buf *page, const json_t *queue)
{
	int64_t concurrency = member_int(queue, "concurrency");
	const char *comma = "";

	if (concurrency > 0) {
		buf_printf(page, "%" PRId64 " at a time", concurrency);
		comma = ", ";
	}
	if (member_int(queue, "rate") > 0) {
		buf_text(page, comma);
		put_rate(page, queue);
		comma = ", ";
	}
	if (json_is_integer(json_object_get(queue, "weight"))) {
		buf_printf(page, "%sweight %" PRId64, comma, member_int(queue, "weight"));
		comma = ", ";
	}
	if (comma[0] == '\0')
		buf_text(page, "<span class=\"quiet\">none</span>");
}

/* Set here, and not by the configuration. */
static bool
is_set(const json_t *queue, const char *name)
{
	const json_t *set = json_object_get(queue, "overrides"), *one;
	size_t i;

	json_array_foreach(set, i, one) if (strcmp(json_string_value(one), name) == 0) return true;
	return false;
}

static void
put_field(struct buf *page, const struct request *request, const json_t *queue, size_t field)
{
	const char *typed = pairs_find(&request->form, limits[field].name);

	buf_printf(page, "<label>%s <input name=\"%s\" %s placeholder=\"", limits[field].label,
	    limits[field].name, limits[field].more);
	put_value(page, queue, field);
	buf_text(page, "\" value=\"");
	if (typed != NULL)
		buf_html(page, typed);
	else if (is_set(queue, limits[field].name))
		put_value(page, queue, field);
	buf_text(page, "\"></label>");
}

static void
put_form(struct buf *page, const struct request *request, const json_t *queue)
{
	if (request->identity.role < ROLE_ADMIN)
		return;
	buf_printf(page,
	    "<form id=\"limits\" class=\"card fields\" method=\"post\" action=\"%s/queues/",
	    request->prefix);
	buf_url(page, member_text(queue, "name"));
	buf_text(page, "/limits\"><h2>Limits</h2><p class=\"quiet\">They hold at once and over "
		       "restarts. What is left empty is as the configuration says.</p>");
	for (size_t i = 0; i < LIMITS; i++)
		put_field(page, request, queue, i);
	buf_text(
	    page, "<div class=\"actions\"><button class=\"main\">Set limits</button></div></form>");
}

static void
put_states(struct buf *page, const struct request *request, const json_t *queue)
{
	buf_text(page, "<ul class=\"tiles\" aria-label=\"Jobs by state\">");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		int64_t count = member_int(queue, states[i].member);
		struct buf href = { 0 };

		buf_printf(&href, "/jobs?state=%s&amp;queue=", states[i].state);
		buf_url(&href, member_text(queue, "name"));
		page_tile(page, request, states[i].look, href.failed ? NULL : href.data, count,
		    states[i].state);
		buf_free(&href);
	}
	buf_text(page, "</ul>");
}

static void
put_queue(struct buf *page, const struct request *request, const json_t *queue)
{
	const char *name = member_text(queue, "name");
	bool paused = member_is(queue, "paused");

	page_live_begin(page, "queue");
	buf_text(page, "<div class=\"actions\">");
	if (paused)
		page_badge(page, "paused");
	page_button(page, request, &page_queue_actions, paused ? "resume" : "pause", name);
	page_button(page, request, &page_queue_actions, "clear", name);
	buf_printf(page, "<a href=\"%s/jobs?queue=", request->prefix);
	buf_url(page, name);
	buf_text(page, "\">Its jobs</a></div>");
	put_states(page, request, queue);
	buf_text(page, "<dl class=\"facts\"><div><dt>Oldest waits for</dt><dd>");
	page_duration(page, member_int(queue, "size") > 0 ? member_int(queue, "latency_ms") : -1);
	buf_text(page, "</dd></div><div><dt>Limits</dt><dd>");
	page_queue_limits(page, queue);
	buf_text(page, "</dd></div></dl>");
	page_figures(page, request, ASK_FIGURES, name);
	page_live_end(page);
}

static void
then_queue(struct request *request)
{
	const char *wrong = request->state;
	struct buf page = { 0 };
	json_t *found;

	if (!page_reply_is_good(request, ASK_QUEUE))
		return;
	found = page_list(request, ASK_QUEUE);
	page_begin(&page, request, TAB_QUEUES, request->parameters[0]);
	if (wrong != NULL)
		buf_printf(&page, "<p class=\"note bad\" role=\"alert\">%s</p>", wrong);
	put_queue(&page, request, json_array_get(found, 0));
	put_form(&page, request, json_array_get(found, 0));
	json_decref(found);
	page_end(&page, request, wrong != NULL ? MHD_HTTP_UNPROCESSABLE_CONTENT : MHD_HTTP_OK);
}

static void
show(struct request *request, const char *name, const char *wrong)
{
	request->state = (void *)(uintptr_t)wrong;
	request_ask(request, UPSTREAM_QUEUE, VERB_QUEUES " %s", name);
	page_ask_figures(request, "queue");
	request_then(request, then_queue);
}

void
page_queue(struct request *request)
{
	const char *name = page_name(request);

	if (name != NULL)
		show(request, name, NULL);
}

/* What is set. */

/* "50/s", "100/10min" or "0". */
static bool
read_rate(const char *text, json_t *body)
{
	const char *slash = strchr(text, '/'), *errstr;
	char number[RATE_TEXT_MAX], period[RATE_TEXT_MAX];
	int64_t rate = 0, ms = 1000;

	if (strcmp(text, "0") != 0) {
		if (slash == NULL || strlen(text) >= RATE_TEXT_MAX - 1)
			return false;
		snprintf(number, sizeof(number), "%.*s", (int)(slash - text), text);
		snprintf(period, sizeof(period), "%s%s",
		    isdigit((unsigned char)slash[1]) ? "" : "1", slash + 1);
		if (slash[1] == '\0' ||
		    text_to_int(number, limits[RATE_FIELD].min, limits[RATE_FIELD].max, &rate,
			&errstr) == -1 ||
		    text_to_duration_ms(period, &ms, &errstr) == -1 || ms < 1 || ms > 86400000)
			return false;
	}
	json_object_set_new(body, "rate", json_integer(rate));
	json_object_set_new(body, "rate_period_ms", json_integer(ms));
	return true;
}

/* False: it is not what the label asks for. */
static bool
read_field(const struct request *request, size_t field, json_t *body)
{
	const char *text = pairs_find(&request->form, limits[field].name), *errstr;
	int64_t number;

	if (text == NULL)
		return true;
	if (text[0] == '\0') {
		json_object_set_new(body, limits[field].name, json_null());
		if (field == RATE_FIELD)
			json_object_set_new(body, "rate_period_ms", json_null());
		return true;
	}
	if (field == RATE_FIELD)
		return read_rate(text, body);
	if (text_to_int(text, limits[field].min, limits[field].max, &number, &errstr) == -1)
		return false;
	json_object_set_new(body, limits[field].name, json_integer(number));
	return true;
}

static void
then_set(struct request *request)
{
	struct buf path = { 0 };

	if (!page_reply_is_good(request, 0))
		return;
	buf_text(&path, "/queues/");
	buf_url(&path, request->parameters[0]);
	respond_redirect(request, path.failed ? "/queues" : path.data);
	page_note(request, "%s has these limits now.", request->parameters[0]);
	buf_free(&path);
}

static void
set_limits(struct request *request, const char *name)
{
	static const char *const wrong[LIMITS] = {
		"At a time: a number from 0 to 1000000, or nothing.",
		"Starts are written as 50/s or 100/10min, within a day; or 0, or nothing.",
		"The weight is a number from 1 to 1000, or nothing.",
	};
	json_t *body = json_pack("{s:s}", "queue", name);

	for (size_t i = 0; i < LIMITS; i++) {
		if (read_field(request, i, body))
			continue;
		json_decref(body);
		show(request, name, wrong[i]);
		return;
	}
	api_ask_json(request, UPSTREAM_QUEUE, VERB_LIMIT, body);
	request_then(request, then_set);
}

void
page_queue_act(struct request *request)
{
	const char *name;

	if (strcmp(request->parameters[1], "limits") != 0)
		page_act(request, &page_queue_actions);
	else if ((name = page_name(request)) != NULL &&
		 page_action_of(request, &page_queue_actions) != NULL)
		set_limits(request, name);
}
