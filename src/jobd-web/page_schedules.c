/* Schedules: when they are due, today as a picture, and one of them with what became of its times.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron/schedule.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "timeline.h"

#define DAY_MS     (INT64_C(24) * 3600 * 1000)
#define PAGE_OWN   50
#define NEXT_SHOWN 5

/* The list asks for both; one schedule's page for it, its ticks, and for one that a user made. */
enum { ASK_CONFIGURED, ASK_OWN };
enum { ASK_ONE, ASK_TICKS };

static const struct page_action actions[] = {
	{"pause",     "Pause", VERB_PAUSE, ROLE_OPERATE, NULL, "is paused" },
	{ "resume", "Resume", VERB_RESUME, ROLE_OPERATE, NULL, "goes on" },
	{ "run",       "Run now", VERB_RUN, ROLE_OPERATE, NULL, "is due now" },
	{ .word = NULL         },
};
static const struct page_actions schedule_actions = { "/schedules", NULL, UPSTREAM_QUEUE, actions };

/* Of users' own the type of the job is another word. */
static const char *
type_of(const json_t *schedule)
{
	const char *job = member_text(schedule, "job");

	return job[0] != '\0' ? job : member_text(schedule, "name");
}

static bool
is_off(const json_t *schedule)
{
	return member_is(schedule, "paused") || json_is_false(json_object_get(schedule, "enabled"));
}

static void
put_today(struct buf *page, const json_t *schedule)
{
	struct walltime due[TIMELINE_MAX + 1], now = walltime_now();
	struct walltime from = { now.us - now.us % (DAY_MS * CLOCK_US_PER_MS) };
	struct walltime until = walltime_add_ms(from, DAY_MS);
	const char *text = member_text(schedule, "schedule");
	char summary[64];
	size_t count;

	if (text[0] == '\0')
		return;
	buf_text(page, "<td class=\"today\">");
	if (text[0] != '\0' && !is_off(schedule)) {
		count = timeline_find(text, member_text(schedule, "timezone"), from, until, due);
		snprintf(summary, sizeof(summary), "%s%zu times today",
		    count > TIMELINE_MAX ? "more than " : "", count);
		timeline_draw(page, summary, from, until, now, due, count);
	}
	buf_text(page, "</td>");
}

static void
put_buttons(struct buf *page, const struct request *request, const json_t *schedule)
{
	const char *name = member_text(schedule, "name");

	page_button(page, request, &schedule_actions, "run", name);
	if (member_text(schedule, "schedule")[0] != '\0')
		page_button(page, request, &schedule_actions,
		    member_is(schedule, "paused") ? "resume" : "pause", name);
}

static void
put_last(struct buf *page, const json_t *last)
{
	const char *result = member_text(last, "result");

	buf_text(page, "<td>");
	page_time(page, member_text(last, "due_at"));
	if (result[0] != '\0' && strcmp(result, "ran") != 0) {
		buf_text(page, " ");
		page_badge(page, result);
	}
	buf_text(page, "</td>");
}

static void
put_schedule(struct buf *page, const struct request *request, const json_t *schedule)
{
	const char *text = member_text(schedule, "schedule");
	const char *words = member_text(schedule, "description");

	buf_text(page, "<tr><th scope=\"row\">");
	page_link(page, request, "/schedules", member_text(schedule, "name"));
	if (is_off(schedule)) {
		buf_text(page, " ");
		page_badge(page, member_is(schedule, "paused") ? "paused" : "off");
	}
	if (words[0] != '\0') {
		buf_text(page, "<br><span class=\"quiet\">");
		buf_html(page, words);
		buf_text(page, "</span>");
	}
	buf_text(page, "</th><td>");
	buf_html(page, text[0] != '\0' ? text : member_text(schedule, "queue"));
	buf_text(page, "</td>");
	put_today(page, schedule);
	put_last(page, json_object_get(schedule, "last"));
	if (text[0] != '\0')
		page_cell_time(page, is_off(schedule) ? "" : member_text(schedule, "next_at"));
	buf_text(page, "<td class=\"actions\">");
	put_buttons(page, request, schedule);
	buf_text(page, "</td></tr>");
}

/* Those with a calendar first: the others are types of jobs that can be run by hand. */
static void
put_table(struct buf *page, const struct request *request, const char *title, const json_t *list,
    bool timed)
{
	static const char *const heads[] = { "Schedule", "When",
		"Today <span class=\"quiet\">0 to 24 h UTC</span>", "Last", "Next", "Actions",
		NULL };
	static const char *const by_hand[] = { "Type", "Queue", "Last", "Actions", NULL };
	const json_t *schedule;
	size_t i, count = 0;

	json_array_foreach(list, i, schedule)
	{
		if ((member_text(schedule, "schedule")[0] != '\0') != timed)
			continue;
		if (count++ == 0) {
			buf_printf(page, "<h2>%s</h2>", title);
			page_table_begin(page, title, timed ? heads : by_hand);
		}
		put_schedule(page, request, schedule);
	}
	if (count > 0)
		page_table_end(page);
}

static void
then_schedules(struct request *request)
{
	struct buf page = { 0 };
	json_t *list, *own;

	if (!page_reply_is_good(request, ASK_CONFIGURED))
		return;
	list = page_list(request, ASK_CONFIGURED);
	own = page_list(request, ASK_OWN);
	page_begin(&page, request, TAB_SCHEDULES, "Schedules");
	page_live_begin(&page, "schedules");
	if (json_array_size(list) + json_array_size(own) == 0)
		buf_text(&page, "<p class=\"empty\">There is no schedule.</p>");
	put_table(&page, request, "Of the configuration", list, true);
	put_table(&page, request, "Made by users", own, true);
	if (json_array_size(own) == PAGE_OWN) {
		buf_printf(
		    &page, "<p class=\"pages\"><a href=\"%s/schedules?after=", request->prefix);
		buf_url(&page, member_text(json_array_get(own, PAGE_OWN - 1), "name"));
		buf_text(&page, "\">More</a></p>");
	}
	put_table(&page, request, "Jobs without a schedule", list, false);
	page_live_end(&page);
	json_decref(list);
	json_decref(own);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_schedules(struct request *request)
{
	const char *after = pairs_find(&request->query, "after");
	json_t *filter = json_pack("{s:i}", "limit", PAGE_OWN);

	request_ask(request, UPSTREAM_QUEUE, VERB_SCHEDULES);
	if (after != NULL)
		json_object_set_new(filter, "after", json_string(after));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_SCHEDULES, filter);
	request_then(request, then_schedules);
}

/* One. */

static void
put_next(struct buf *page, const json_t *schedule)
{
	const char *text = member_text(schedule, "schedule"),
		   *zone = member_text(schedule, "timezone");
	char error[SCHEDULE_ERROR_MAX], words[SCHEDULE_DESCRIBE_MAX], local[SCHEDULE_FORMAT_MAX],
	    at[WALLTIME_TEXT_MAX];
	struct schedule *times =
	    text[0] != '\0' ? schedule_parse(text, zone, error, sizeof(error)) : NULL;
	struct walltime when = walltime_now();

	if (times == NULL)
		return;
	buf_text(page, "<div><dt>In words</dt><dd>");
	buf_html(page, schedule_describe(times, words, sizeof(words)));
	buf_text(page, "</dd></div><div class=\"wide\"><dt>Next</dt><dd><ol class=\"next\">");
	for (int i = 0; i < NEXT_SHOWN && schedule_next(times, when, NULL, &when, NULL) == 0; i++) {
		buf_text(page, "<li>");
		buf_html(page, schedule_format(times, when, local, sizeof(local)));
		buf_text(page, " <span class=\"quiet\">");
		page_time(page, walltime_format(when, at, sizeof(at)));
		buf_text(page, "</span></li>");
	}
	buf_text(page, "</ol></dd></div>");
	schedule_free(times);
}

static void
put_run_form(struct buf *page, const struct request *request, const json_t *schedule)
{
	char *args = page_pretty(json_object_get(schedule, "args"));

	if (request->identity.role >= ROLE_OPERATE) {
		buf_printf(page,
		    "<form class=\"card fields\" method=\"post\" action=\"%s/schedules/",
		    request->prefix);
		buf_url(page, member_text(schedule, "name"));
		buf_text(page, "/run\"><h2>Run it now</h2><label>Arguments, a JSON list <textarea "
			       "name=\"args\" rows=\"3\" spellcheck=\"false\">\n");
		buf_html(page, args != NULL && args[0] == '[' ? args : "[]");
		buf_text(page, "</textarea></label><div class=\"actions\"><button "
			       "class=\"main\">Run with these arguments</button></div></form>");
	}
	free(args);
}

static void
put_tick(struct buf *page, const struct request *request, const json_t *tick)
{
	const char *jid = member_text(tick, "jid");

	buf_text(page, "<tr>");
	page_cell_time(page, member_text(tick, "due_at"));
	buf_text(page, "<td>");
	page_badge(page, member_text(tick, "result"));
	buf_text(page, " ");
	buf_html(page, member_text(tick, "reason"));
	buf_text(page, "</td>");
	page_cell_duration(page, member_int(tick, "late_ms"));
	buf_text(page, "<td>");
	if (jid[0] != '\0')
		page_link(page, request, "/jobs", jid);
	buf_text(page, "</td></tr>");
}

static void
put_ticks(struct buf *page, const struct request *request)
{
	static const char *const heads[] = { "Due", "What became of it", "#Late", "Job", NULL };
	json_t *ticks = page_list(request, ASK_TICKS);
	const json_t *tick;
	size_t i;

	buf_text(page, "<h2>Last times</h2>");
	if (json_array_size(ticks) == 0)
		buf_text(page, "<p class=\"empty\">It was not due yet.</p>");
	else {
		page_table_begin(page, "Last times", heads);
		json_array_foreach(ticks, i, tick) put_tick(page, request, tick);
		page_table_end(page);
	}
	json_decref(ticks);
}

static void
put_one(struct buf *page, const struct request *request, const json_t *schedule)
{
	const char *type = type_of(schedule);

	page_live_begin(page, "schedule");
	buf_text(page, "<div class=\"actions\">");
	if (is_off(schedule))
		page_badge(page, member_is(schedule, "paused") ? "paused" : "off");
	put_buttons(page, request, schedule);
	buf_printf(page, "<a href=\"%s/jobs?type=", request->prefix);
	buf_url(page, type);
	buf_text(page, "\">Its jobs</a></div><dl class=\"facts\">");
	page_fact(page, "What", schedule, "description");
	page_fact(page, "Job", schedule, "job");
	page_fact(page, "When", schedule, "schedule");
	page_fact(page, "Time zone", schedule, "timezone");
	page_fact(page, "Queue", schedule, "queue");
	if (!is_off(schedule))
		put_next(page, schedule);
	if (member_is(schedule, "manual_only"))
		buf_text(page, "<div><dt>Only by hand</dt><dd>yes</dd></div>");
	buf_text(page, "</dl>");
	page_live_end(page);
}

/* Names of the configuration come first; users' own are looked for page by page, by their name. */
static json_t *
take_one(const struct request *request)
{
	json_t *schedule = json_loads(request_reply(request, ASK_ONE), 0, NULL);

	if (member_text(schedule, "name")[0] != '\0')
		return schedule;
	json_decref(schedule);
	return NULL;
}

static void
then_schedule(struct request *request)
{
	struct buf page = { 0 };
	json_t *schedule;

	if (!page_reply_is_good(request, ASK_ONE))
		return;
	if ((schedule = take_one(request)) == NULL) {
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such schedule.");
		return;
	}
	page_begin(&page, request, TAB_SCHEDULES, member_text(schedule, "name"));
	put_one(&page, request, schedule);
	put_run_form(&page, request, schedule);
	page_live_begin(&page, "ticks");
	put_ticks(&page, request);
	page_live_end(&page);
	json_decref(schedule);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_schedule(struct request *request)
{
	const char *name = page_name(request);

	if (name == NULL)
		return;
	request_ask(request, UPSTREAM_QUEUE, VERB_SCHEDULES " %s", name);
	request_ask(request, UPSTREAM_QUEUE, VERB_TICKS " %s limit=50", name);
	request_then(request, then_schedule);
}

/* What is done. */

static void
then_run(struct request *request)
{
	json_t *job;
	struct buf path = { 0 };

	if (!page_reply_is_good(request, 0))
		return;
	job = json_loads(request_reply(request, 0), 0, NULL);
	buf_text(&path, "/jobs/");
	buf_url(&path, member_text(job, "jid"));
	json_decref(job);
	respond_redirect(request, path.failed ? "/jobs" : path.data);
	page_note(request, "%s is due now: this is its job.", request->parameters[0]);
	buf_free(&path);
}

/* With the arguments of the form, else with the schedule's own. */
static void
then_ask_run(struct request *request)
{
	const char *text = pairs_find(&request->form, "args");
	char title[URL_SEGMENT_MAX + 16];
	json_t *schedule, *args, *body;

	if (!page_reply_is_good(request, 0))
		return;
	snprintf(title, sizeof(title), "Run %s now?", request->parameters[0]);
	schedule = take_one(request);
	args = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL)
			    : json_incref(json_object_get(schedule, "args"));
	if (schedule == NULL || (text != NULL && !json_is_array(args)))
		page_problem(request,
		    schedule == NULL ? MHD_HTTP_NOT_FOUND : MHD_HTTP_UNPROCESSABLE_CONTENT,
		    schedule == NULL ? "There is no such schedule."
				     : "The arguments are no JSON list, as [1, \"two\"].");
	else if (!member_is(schedule, "manual_only") ||
		 page_is_sure(
		     request, title, "It is a job that is only ever run by hand.", "Run now")) {
		body = json_pack("{s:s}", "job", request->parameters[0]);
		/* What was only shown stays as it is, with what is masked in it. */
		if (!json_equal(args, json_object_get(schedule, "args")))
			json_object_set(body, "args", args);
		request_forget(request);
		api_ask_json(request, UPSTREAM_QUEUE, VERB_RUN, body);
		request_then(request, then_run);
	}
	json_decref(args);
	json_decref(schedule);
}

void
page_schedule_act(struct request *request)
{
	const char *name;

	if (strcmp(request->parameters[1], "run") != 0) {
		page_act(request, &schedule_actions);
		return;
	}
	if ((name = page_name(request)) == NULL ||
	    page_action_of(request, &schedule_actions) == NULL)
		return;
	request_ask(request, UPSTREAM_QUEUE, VERB_SCHEDULES " %s", name);
	request_then(request, then_ask_run);
}
