/* The first page: how all is, at a glance. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/verbs.h"

#include "chart.h"
#include "handlers.h"
#include "page.h"
#include "page_program.h"
#include "usage.h"

#define HOURS        24
#define HOUR_MS      (INT64_C(3600) * 1000)
#define PROGRAMS_MAX 12
#define LINES_MAX    6
#define FAILED       "5"

/* The last day, the oldest hour first. */
struct day {
	struct chart_bar hours[HOURS];
	struct chart_point ended[HOURS], failed[HOURS], run_ms[HOURS], wait_ms[HOURS];
	int64_t total_done, total_failed, total_run_ms, total_wait_ms;
};

/* How each state looks where there are such jobs. */
static const struct {
	const char *state, *look;
} state_looks[] = {
	{"retry", "warn"},
	{ "dead", "bad" },
};

static void
put_counts(struct buf *page, const struct request *request, const struct overview *overview)
{
	char href[64];

	if (overview->stats == NULL && overview->has_scheduler) {
		buf_text(page, "<p class=\"note bad\">The queue can't be used: ");
		buf_html(page, overview->queue_error);
		buf_text(page, "</p>");
	}
	if (overview->stats == NULL)
		return;
	buf_text(page, "<ul class=\"tiles\" aria-label=\"Jobs by state\">");
	for (size_t i = 0; page_job_states[i] != NULL; i++) {
		int64_t count = overview_state(overview, page_job_states[i]);
		const char *look = "";

		for (size_t j = 0; j < sizeof(state_looks) / sizeof(state_looks[0]); j++)
			if (strcmp(state_looks[j].state, page_job_states[i]) == 0)
				look = state_looks[j].look;
		snprintf(href, sizeof(href), "/jobs?state=%s", page_job_states[i]);
		if (count >= 0)
			page_tile(page, request, look, href, count, page_job_states[i]);
	}
	buf_text(page, "</ul>");
}

/* How many hours before this one; HOURS if it is none of the last. */
static int64_t
hours_ago(const json_t *hour, struct walltime now)
{
	struct walltime when;
	const char *errstr;
	int64_t ago;

	if (walltime_parse(member_text(hour, "at"), &when, &errstr) == -1)
		return HOURS;
	ago = walltime_diff_ms(now, when) / HOUR_MS;
	return ago >= 0 && ago < HOURS ? ago : HOURS;
}

static void
day_take(struct day *day, const json_t *hours)
{
	struct walltime now = walltime_now();
	const json_t *hour;
	char text[WALLTIME_TEXT_MAX];
	size_t i;

	for (i = 0; i < HOURS; i++) {
		double at = (double)i / (HOURS - 1);

		walltime_format(
		    walltime_add_ms(now, -(int64_t)(HOURS - 1 - i) * HOUR_MS), text, sizeof(text));
		snprintf(day->hours[i].name, sizeof(day->hours[i].name), "%.2s:00", text + 11);
		day->ended[i].at = day->failed[i].at = day->run_ms[i].at = day->wait_ms[i].at = at;
	}
	json_array_foreach(hours, i, hour)
	{
		int64_t done = member_int(hour, "done"), failed = member_int(hour, "failed");
		int64_t ago = hours_ago(hour, now), ended = done + failed > 0 ? done + failed : 1;
		size_t at = (size_t)(HOURS - 1 - ago);

		if (ago == HOURS)
			continue;
		day->hours[at].below = (double)done;
		day->hours[at].above = (double)failed;
		day->ended[at].value = (double)(done + failed);
		day->failed[at].value = (double)failed;
		day->run_ms[at].value = (double)member_int(hour, "run_ms") / (double)ended;
		day->wait_ms[at].value = (double)member_int(hour, "wait_ms") / (double)ended;
		day->total_done += done;
		day->total_failed += failed;
		day->total_run_ms += member_int(hour, "run_ms");
		day->total_wait_ms += member_int(hour, "wait_ms");
	}
}

static void
tile_spark(struct buf *page, const char *name, const char *look, const struct chart_point *points)
{
	page_tile_end(page, name);
	chart_spark(page, look, points, HOURS, 1);
	buf_text(page, "</div></li>");
}

static void
put_day(struct buf *page, const struct request *request, const json_t *hours)
{
	struct day day = { 0 };
	int64_t ended;
	char summary[160], rate[32];

	day_take(&day, hours);
	ended = day.total_done + day.total_failed;
	snprintf(summary, sizeof(summary),
	    "Attempts that ended by the hour of the last day: %" PRId64 " done, %" PRId64 " failed",
	    day.total_done, day.total_failed);
	buf_text(page, "<section class=\"card\"><h2>Last 24 hours</h2><ul class=\"tiles figures\" "
		       "aria-label=\"Figures of the last 24 hours\">");
	page_tile_begin(page, request, "", NULL);
	page_int(page, ended);
	tile_spark(page, ended == 1 ? "attempt ended" : "attempts ended", "busy", day.ended);
	page_tile_begin(page, request, "", NULL);
	buf_text(page,
	    page_format_percent(ended > 0 ? (double)day.total_failed * 100 / (double)ended : 0,
		rate, sizeof(rate)));
	tile_spark(page, "failed", "bad", day.failed);
	page_tile_begin(page, request, "", NULL);
	page_duration(page, ended > 0 ? day.total_run_ms / ended : -1);
	tile_spark(page, "mean time to run", "good", day.run_ms);
	page_tile_begin(page, request, "", NULL);
	page_duration(page, ended > 0 ? day.total_wait_ms / ended : -1);
	tile_spark(page, "mean time to wait", "warn", day.wait_ms);
	buf_text(page, "</ul>");
	chart_bars(page, summary, day.hours, HOURS, 3, "done", "failed");
	buf_text(page, "</section>");
}

/* Those that are in trouble, those of the user, and the built-ins last. */
static int
rank(const json_t *program)
{
	const char *state = member_text(program, "state");

	if (strcmp(state, "FATAL") == 0 || strcmp(state, "BACKOFF") == 0)
		return 0;
	return strcmp(member_text(program, "role"), "user") == 0 ? 1 : 2;
}

static void
put_programs(struct buf *page, const struct request *request, const json_t *programs)
{
	static const char *const heads[] = { "Program", "State", "Up", "#Memory", "#CPU", NULL };
	size_t count = json_array_size(programs), shown = 0, i;
	const json_t *program;

	buf_printf(page, "<section><h2><a href=\"%s/programs\">Programs</a></h2>", request->prefix);
	if (programs == NULL)
		buf_text(page, "<p class=\"note bad\">jobd does not answer.</p>");
	page_table_begin(page, "Programs", heads);
	for (int wanted = 0; wanted <= 2; wanted++)
		json_array_foreach(
		    programs, i, program) if (rank(program) == wanted && shown < PROGRAMS_MAX)
		{
			page_program_row(page, request, program, false);
			shown++;
		}
	page_table_end(page);
	if (shown < count)
		buf_printf(page, "<p><a href=\"%s/programs\">and %zu more</a></p>", request->prefix,
		    count - shown);
	buf_text(page, "</section>");
}

static void
put_queues(struct buf *page, const struct request *request, const json_t *queues)
{
	static const char *const heads[] = { "Queue", "#Ready", "#Running", "#Waits", NULL };
	const json_t *queue;
	size_t i;

	if (json_array_size(queues) == 0)
		return;
	buf_printf(page, "<section><h2><a href=\"%s/queues\">Queues</a></h2>", request->prefix);
	page_table_begin(page, "Queues", heads);
	json_array_foreach(queues, i, queue)
	{
		if (i == PROGRAMS_MAX)
			break;
		buf_text(page, "<tr><th scope=\"row\">");
		page_link(page, request, "/queues", member_text(queue, "name"));
		buf_text(page, " ");
		if (member_is(queue, "paused"))
			page_badge(page, "paused");
		buf_text(page, "</th>");
		page_cell_int(page, member_int(queue, "size"));
		page_cell_int(page, member_int(queue, "running"));
		page_cell_duration(page, member_int(queue, "latency_ms"));
		buf_text(page, "</tr>");
	}
	page_table_end(page);
	buf_text(page, "</section>");
}

static int
by_next(const void *a, const void *b)
{
	const json_t *const *left = a, *const *right = b;

	return strcmp(member_text(*left, "next_at"), member_text(*right, "next_at"));
}

/* What the calendar does next. */
static void
put_next(struct buf *page, const struct request *request, const json_t *schedules)
{
	size_t count = json_array_size(schedules), used = 0;
	const json_t **list = calloc(count > 0 ? count : 1, sizeof(*list)), *schedule;

	for (size_t i = 0; list != NULL && i < count; i++) {
		schedule = json_array_get(schedules, i);
		if (member_text(schedule, "next_at")[0] != '\0' && !member_is(schedule, "paused"))
			list[used++] = schedule;
	}
	if (used == 0) {
		free(list);
		return;
	}
	qsort(list, used, sizeof(*list), by_next);
	buf_printf(page,
	    "<section><h2><a href=\"%s/schedules\">Coming up</a></h2><ul class=\"lines\">",
	    request->prefix);
	for (size_t i = 0; i < used && i < LINES_MAX; i++) {
		buf_text(page, "<li>");
		page_link(page, request, "/schedules", member_text(list[i], "name"));
		buf_text(page, " ");
		page_time(page, member_text(list[i], "next_at"));
		buf_text(page, "</li>");
	}
	buf_text(page, "</ul></section>");
	free(list);
}

static void
put_failed(struct buf *page, const struct request *request)
{
	json_t *jobs = page_list(request, OVERVIEW_MORE);
	const json_t *job;
	size_t i;

	if (json_array_size(jobs) > 0)
		buf_printf(page,
		    "<section><h2><a href=\"%s/jobs?state=dead\">Gave up last</a></h2>"
		    "<ul class=\"lines\">",
		    request->prefix);
	json_array_foreach(jobs, i, job)
	{
		buf_printf(page, "<li><a href=\"%s/jobs/", request->prefix);
		buf_url(page, member_text(job, "jid"));
		buf_text(page, "\">");
		buf_html(page, member_text(job, "jobtype"));
		buf_text(page, "</a> <span class=\"quiet\">");
		buf_html(page, member_text(json_object_get(job, "failure"), "message"));
		buf_text(page, "</span> ");
		page_time(page, member_text(job, "finished_at"));
		buf_text(page, "</li>");
	}
	if (json_array_size(jobs) > 0)
		buf_text(page, "</ul></section>");
	json_decref(jobs);
}

static void
put_breakers(struct buf *page, const struct request *request, const json_t *breakers)
{
	const json_t *breaker;
	size_t i;

	json_array_foreach(breakers, i, breaker)
	{
		const char *state = member_text(breaker, "state");

		if (strcmp(state, "closed") == 0)
			continue;
		buf_printf(page,
		    "<p class=\"note warn\">The <a href=\"%s/breakers\">breaker</a> of <code>",
		    request->prefix);
		buf_html(page, member_text(breaker, "target"));
		buf_text(page, "</code> is ");
		buf_html(page, state);
		buf_text(page, ".</p>");
	}
}

static void
put_outboxes(struct buf *page, const json_t *outboxes)
{
	const json_t *outbox;
	size_t i;

	json_array_foreach(outboxes, i, outbox)
	{
		if (strcmp(member_text(outbox, "state"), "trouble") != 0)
			continue;
		buf_text(page, "<p class=\"note warn\">The outbox <code>");
		buf_html(page, member_text(outbox, "name"));
		buf_text(page, "</code>: ");
		buf_html(page, member_text(outbox, "trouble"));
		buf_text(page, ".</p>");
	}
}

static void
put_alerts(struct buf *page, const struct request *request)
{
	json_t *alerts = page_list(request, OVERVIEW_ALERTS);
	const json_t *alert;
	size_t i;

	json_array_foreach(alerts, i, alert)
	{
		if (strcmp(member_text(alert, "state"), "firing") != 0)
			continue;
		buf_printf(page, "<p class=\"note bad\"><a href=\"%s/alerts\">Alert</a> ",
		    request->prefix);
		buf_html(page, member_text(alert, "name"));
		buf_text(page, ": <code>");
		buf_html(page, member_text(alert, "when"));
		buf_text(page, "</code>, since ");
		page_time(page, member_text(alert, "since"));
		buf_text(page, ".</p>");
	}
	json_decref(alerts);
}

static void
then_overview(struct request *request)
{
	const struct overview *overview = overview_take(request);
	struct buf page = { 0 };

	if (overview == NULL)
		return;
	usage_take(overview->programs);
	page_begin(&page, request, TAB_OVERVIEW, "Overview");
	page_samples(&page);
	page_live_begin(&page, "overview");
	put_alerts(&page, request);
	put_breakers(&page, request, overview->breakers);
	put_outboxes(&page, overview->outboxes);
	put_counts(&page, request, overview);
	if (overview->stats != NULL)
		put_day(&page, request, json_object_get(overview->stats, "hours"));
	buf_text(&page, "<div class=\"columns\"><div>");
	put_programs(&page, request, overview->programs);
	buf_text(&page, "</div><div>");
	put_queues(&page, request, overview->queues);
	put_next(&page, request, overview->schedules);
	put_failed(&page, request);
	buf_text(&page, "</div></div>");
	page_live_end(&page);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_overview(struct request *request)
{
	overview_ask_page(
	    request, VERB_JOBS " {\"state\":\"dead\",\"limit\":" FAILED "}", then_overview);
}
