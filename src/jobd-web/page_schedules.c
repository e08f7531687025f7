/* All schedules: when they are due, today as a picture, and what became of the last time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "page_schedule.h"
#include "timeline.h"

#define DAY_MS   (INT64_C(24) * 3600 * 1000)
#define PAGE_OWN 50

enum { ASK_CONFIGURED, ASK_OWN };

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
	if (text[0] != '\0' && !schedule_is_off(schedule)) {
		count = timeline_find(text, member_text(schedule, "timezone"), from, until, due);
		snprintf(summary, sizeof(summary), "%s%zu time%s today",
		    count > TIMELINE_MAX ? "more than " : "", count, count == 1 ? "" : "s");
		timeline_draw(page, summary, from, until, now, due, count);
	}
	buf_text(page, "</td>");
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
	if (schedule_is_off(schedule)) {
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
		page_cell_time(
		    page, schedule_is_off(schedule) ? "" : member_text(schedule, "next_at"));
	buf_text(page, "<td class=\"actions\">");
	schedule_buttons(page, request, schedule);
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
