/* The first page: how all is, and every program. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#include "handlers.h"
#include "page.h"

static const char *const states[] = { "ready", "running", "scheduled", "blocked", "retry", "dead",
	"done", "cancelled" };

static void
put_counts(struct buf *page, const struct request *request, const struct overview *overview)
{
	if (overview->info == NULL) {
		if (overview->has_scheduler) {
			buf_text(page, "<p class=\"note bad\">The queue can't be used: ");
			buf_html(page, overview->queue_error);
			buf_text(page, "</p>");
		}
		return;
	}
	buf_text(page, "<h2>Jobs</h2><ul class=\"counts\">");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		int64_t count = overview_state(overview, states[i]);

		if (count < 0)
			continue;
		buf_printf(page,
		    "<li><a href=\"%s/jobs?state=%s\"><strong>%" PRId64 "</strong> %s</a></li>",
		    request->prefix, states[i], count, states[i]);
	}
	buf_text(page, "</ul>");
}

/* How many hours before the last one; the picture has room for 24. */
static int64_t
hours_ago(const json_t *hour, struct walltime last)
{
	struct walltime when;
	const char *errstr;

	if (walltime_parse(member_text(hour, "at"), &when, &errstr) == -1)
		return 24;
	return walltime_diff_ms(last, when) / (3600 * INT64_C(1000));
}

static void
put_bar(struct buf *page, const char *kind, int64_t x, int64_t foot, int64_t height)
{
	buf_printf(page,
	    "<rect class=\"%s\" x=\"%" PRId64 "\" y=\"%" PRId64 "\" width=\"16\" height=\"%" PRId64
	    "\"/>",
	    kind, x, foot - height, height);
}

/* The last day as a picture of bars, one for each hour. */
static void
put_hours(struct buf *page, const struct overview *overview)
{
	const json_t *hours = json_object_get(overview->stats, "hours"), *hour;
	int64_t most = 1;
	size_t i;

	if (json_array_size(hours) == 0)
		return;
	json_array_foreach(
	    hours, i, hour) if (member_int(hour, "done") + member_int(hour, "failed") > most) most =
	    member_int(hour, "done") + member_int(hour, "failed");
	buf_printf(page,
	    "<h2>Last 24 hours</h2><svg class=\"chart\" viewBox=\"0 0 480 80\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Jobs by the hour, at most "
	    "%" PRId64 "\">",
	    most);
	json_array_foreach(hours, i, hour)
	{
		int64_t done = member_int(hour, "done") * 76 / most;
		int64_t failed = member_int(hour, "failed") * 76 / most;
		int64_t ago = hours_ago(hour, walltime_now());

		if (ago < 0 || ago >= 24)
			continue;
		put_bar(page, "done", 462 - ago * 20, 80, done);
		put_bar(page, "failed", 462 - ago * 20, 80 - done, failed);
	}
	buf_text(page, "</svg>");
}

static void
put_program(struct buf *page, const struct request *request, const json_t *program)
{
	const char *name = member_text(program, "name"), *state = member_text(program, "state");
	bool runs = member_int(program, "pid") > 0;

	buf_text(page, "<tr><th scope=\"row\">");
	page_link(page, request, "/programs", name);
	buf_text(page, "</th><td>");
	page_badge(page, state);
	buf_text(page, "</td>");
	page_cell(page, member_text(program, "description"));
	page_cell_int(page, member_int(program, "restarts"));
	buf_text(page, "<td class=\"actions\">");
	if (runs)
		page_button(page, request, ROLE_OPERATE, "/programs", name, "restart", "Restart");
	if (strcmp(member_text(program, "role"), "user") == 0)
		page_button(page, request, ROLE_OPERATE, "/programs", name, runs ? "stop" : "start",
		    runs ? "Stop" : "Start");
	buf_text(page, "</td></tr>");
}

static void
then_overview(struct request *request)
{
	static const char *const heads[] = { "Program", "State", "Since", "Restarts", "Actions",
		NULL };
	const struct overview *overview = overview_take(request);
	struct buf page = { 0 };
	const json_t *program;
	size_t i;

	if (overview == NULL)
		return;
	page_begin(&page, request, TAB_OVERVIEW, "Overview");
	if (overview->programs == NULL)
		buf_text(&page, "<p class=\"note bad\">jobd does not answer.</p>");
	put_counts(&page, request, overview);
	put_hours(&page, overview);
	buf_text(&page, "<h2>Programs</h2>");
	page_table_begin(&page, "Programs", heads);
	json_array_foreach(overview->programs, i, program) put_program(&page, request, program);
	page_table_end(&page);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_overview(struct request *request)
{
	overview_ask(request, then_overview);
}
