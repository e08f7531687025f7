/* How attempts of a queue or a type went in the last day. */
#include <stdio.h>
#include <string.h>

#include "proto/verbs.h"

#include "page.h"

/* clang-format off */
static const struct {
	const char *name, *member;
} times[] = {
	{ "Mean", "avg" }, { "Half are within", "p50" }, { "95 % are within", "p95" },
	{ "99 % are within", "p99" }, { "Longest", "max" },
};
/* clang-format on */

static void
put_times(struct buf *page, const char *name, const json_t *figures)
{
	buf_printf(page, "<tr><th scope=\"row\">%s</th>", name);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		page_cell_duration(page, member_int(figures, times[i].member));
	buf_text(page, "</tr>");
}

static void
put_percent(struct buf *page, const struct request *request, const json_t *group)
{
	double percent = json_number_value(json_object_get(group, "success_percent"));
	bool is_low = member_int(group, "failed") > 0;

	page_tile_begin(page, request, is_low ? "warn" : "", NULL);
	buf_printf(page, percent == (double)(int)percent ? "%.0f %%" : "%.1f %%", percent);
	page_tile_end(page, "went well");
	buf_text(page, "</div></li>");
}

/* What is not counted when it happens may be too much to be looked at. */
static void
put_reach(struct buf *page, const json_t *group)
{
	if (json_object_get(group, "complete") != json_false())
		return;
	buf_text(page, "<p>Only jobs made since ");
	page_time(page, member_text(group, "jobs_since"));
	buf_text(page, " were looked at: there are too many.</p>");
}

static void
put_group(struct buf *page, const struct request *request, const json_t *group)
{
	int64_t overdue = member_int(group, "overdue");
	static const char *const heads[] = { "Time", "#Mean", "#Half are within",
		"#95 % are within", "#99 % are within", "#Longest", NULL };

	buf_text(page, "<ul class=\"tiles\" aria-label=\"The last 24 hours\">");
	page_tile(page, request, "", NULL, member_int(group, "total"),
	    member_int(group, "total") == 1 ? "attempt ended" : "attempts ended");
	if (member_int(group, "total") > 0)
		put_percent(page, request, group);
	page_tile(
	    page, request, "warn", NULL, member_int(group, "late"), "began over a minute late");
	page_tile(page, request, "bad", NULL, overdue,
	    member_is(group, "overdue_is_least") ? "or more wait for over a minute now"
	    : overdue == 1                       ? "waits for over a minute now"
						 : "wait for over a minute now");
	buf_text(page, "</ul>");
	put_reach(page, group);
	if (member_int(group, "total") <= 0)
		return;
	page_table_begin(page, "Times of the last 24 hours", heads);
	put_times(page, "Ran", json_object_get(group, "run_ms"));
	put_times(page, "Waited", json_object_get(group, "wait_ms"));
	page_table_end(page);
}

void
page_ask_figures(struct request *request, const char *by)
{
	request_ask(request, UPSTREAM_QUEUE, VERB_GROUPS " {\"by\":\"%s\"}", by);
}

void
page_figures(struct buf *page, const struct request *request, size_t index, const char *name)
{
	json_t *list =
	    request->replies[index].kind != REPLY_ERROR ? page_list(request, index) : NULL;
	const json_t *group;
	bool found = false;
	size_t i;

	buf_text(page, "<h2>Last 24 hours</h2>");
	json_array_foreach(list, i, group)
	{
		if (strcmp(member_text(group, "name"), name) != 0)
			continue;
		put_group(page, request, group);
		found = true;
	}
	if (!found)
		buf_text(page, "<p class=\"empty\">Nothing has ended.</p>");
	json_decref(list);
}
