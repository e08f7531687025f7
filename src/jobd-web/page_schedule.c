/* One schedule: when it is due next, how its jobs went, what became of its times, and run now. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron/schedule.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "page_schedule.h"
#include "reply_json.h"

#define NEXT_SHOWN 5

enum { ASK_ONE, ASK_TICKS, ASK_FIGURES };

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

bool
schedule_is_off(const json_t *schedule)
{
	return member_is(schedule, "paused") || json_is_false(json_object_get(schedule, "enabled"));
}

/* Types for admins are not offered to others. */
static bool
schedule_may_run(const struct request *request, const json_t *schedule)
{
	return request->identity.role >=
	       (strcmp(member_text(schedule, "role"), "admin") == 0 ? ROLE_ADMIN : ROLE_OPERATE);
}

void
schedule_buttons(struct buf *page, const struct request *request, const json_t *schedule)
{
	const char *name = member_text(schedule, "name");

	if (schedule_may_run(request, schedule))
		page_button(page, request, &schedule_actions, "run", name);
	if (member_text(schedule, "schedule")[0] != '\0')
		page_button(page, request, &schedule_actions,
		    member_is(schedule, "paused") ? "resume" : "pause", name);
}

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
		schedule_format(times, when, local, sizeof(local));
		if (local[10] == 'T')
			local[10] = ' ';
		buf_html(page, local);
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

	if (schedule_may_run(request, schedule)) {
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
	if (schedule_is_off(schedule))
		page_badge(page, member_is(schedule, "paused") ? "paused" : "off");
	schedule_buttons(page, request, schedule);
	buf_printf(page, "<a href=\"%s/jobs?type=", request->prefix);
	buf_url(page, type);
	buf_text(page, "\">Its jobs</a></div><dl class=\"facts\">");
	page_fact(page, "What", schedule, "description");
	page_fact(page, "Job", schedule, "job");
	page_fact(page, "When", schedule, "schedule");
	page_fact(page, "Time zone", schedule, "timezone");
	page_fact(page, "Queue", schedule, "queue");
	if (!schedule_is_off(schedule))
		put_next(page, schedule);
	if (member_is(schedule, "manual_only"))
		buf_text(page, "<div><dt>Only by hand</dt><dd>yes</dd></div>");
	buf_text(page, "</dl>");
	page_live_end(page);
}

/* NULL: there is none of that name. */
static json_t *
take_one(const struct request *request)
{
	json_t *schedule = reply_json(request_reply(request, ASK_ONE));

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
	page_figures(&page, request, ASK_FIGURES, type_of(schedule));
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
	page_ask_figures(request, "type");
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
	job = reply_json(request_reply(request, 0));
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
