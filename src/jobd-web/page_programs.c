/* All programs: state, since when, what they use, and what can be done with them. */
#include <stdio.h>
#include <string.h>

#include "proto/verbs.h"

#include "chart.h"
#include "handlers.h"
#include "page.h"
#include "page_program.h"
#include "usage.h"

static const struct page_action actions[] = {
	{"start",               "Start", VERB_START " wait=0", ROLE_OPERATE, NULL, "is starting" },
	{ "stop", "Stop", VERB_STOP " wait=0", ROLE_OPERATE,
         "It stays stopped until somebody starts it again.", "is stopping" },
	{ "restart",                 "Restart", VERB_RESTART " wait=0", ROLE_OPERATE,
         "All its processes are stopped, and it is started anew.", "is restarting" },
	{ .word = NULL                   },
};

const struct page_actions page_program_actions = { "/programs", "/programs", UPSTREAM_CONTROL,
	actions };

/* Which figure of a sample. */
typedef double sample_figure(const struct usage_sample *);

static double
memory_of(const struct usage_sample *sample)
{
	return (double)sample->memory_bytes;
}

static double
cpu_of(const struct usage_sample *sample)
{
	return sample->cpu_percent;
}

static size_t
take_points(const char *name, struct chart_point *points, sample_figure *figure)
{
	struct usage usage = usage_of(name);
	int64_t now_ms = usage_now_ms(), last_ms = 0;
	size_t count = 0;

	for (size_t i = 0; i < usage.count && count < PAGE_PROGRAM_POINTS; i++) {
		const struct usage_sample *sample = &usage.samples[i];

		if (figure(sample) < 0)
			continue;
		points[count++] = (struct chart_point){
			.at = 1 - (double)(now_ms - sample->at_ms) / (double)USAGE_SPAN_MS,
			.value = figure(sample),
			.apart = sample->at_ms - last_ms > USAGE_GAP_MS,
		};
		last_ms = sample->at_ms;
	}
	return count;
}

size_t
page_program_memory(const char *name, struct chart_point *points)
{
	return take_points(name, points, memory_of);
}

size_t
page_program_cpu(const char *name, struct chart_point *points)
{
	return take_points(name, points, cpu_of);
}

void
page_program_buttons(struct buf *page, const struct request *request, const json_t *program)
{
	const char *name = member_text(program, "name");
	bool runs = member_int(program, "pid") > 0;

	if (runs)
		page_button(page, request, &page_program_actions, "restart", name);
	/* The built-ins are stopped by jobd itself, at its end. */
	if (strcmp(member_text(program, "role"), "user") == 0 || !runs)
		page_button(page, request, &page_program_actions, runs ? "stop" : "start", name);
}

static void
put_usage(struct buf *page, const char *name, bool wide)
{
	struct usage_sample last = usage_last(name);
	struct chart_point points[PAGE_PROGRAM_POINTS];
	char text[32];

	buf_text(page, "<td class=\"number\">");
	page_bytes(page, last.memory_bytes);
	if (wide)
		chart_spark(page, "busy", points, page_program_memory(name, points), 1);
	buf_text(page, "</td><td class=\"number\">");
	if (last.cpu_percent < 0)
		buf_text(page, "-");
	else
		buf_text(page, page_format_percent(last.cpu_percent, text, sizeof(text)));
	if (wide)
		chart_spark(page, "good", points, page_program_cpu(name, points), 10);
	buf_text(page, "</td>");
}

void
page_program_row(struct buf *page, const struct request *request, const json_t *program, bool wide)
{
	const char *name = member_text(program, "name");
	bool runs = member_int(program, "pid") > 0;

	buf_text(page, "<tr><th scope=\"row\">");
	page_link(page, request, "/programs", name);
	buf_text(page, "</th><td>");
	page_badge(page, member_text(program, "state"));
	buf_text(page, "</td><td>");
	if (runs)
		page_duration(page, member_int(program, "uptime_ms"));
	else
		buf_html(page, member_text(program, "description"));
	buf_text(page, "</td>");
	put_usage(page, name, wide);
	if (wide) {
		page_cell_int(page, member_int(program, "restarts"));
		buf_text(page, "<td class=\"actions\">");
		page_program_buttons(page, request, program);
		buf_text(page, "</td>");
	}
	buf_text(page, "</tr>");
}

static void
put_table(struct buf *page, const struct request *request, const json_t *programs, bool users)
{
	static const char *const heads[] = { "Program", "State", "Up", "#Memory", "#CPU",
		"#Restarts", "Actions", NULL };
	const json_t *program;
	size_t i, count = 0;

	json_array_foreach(programs, i, program)
	{
		if ((strcmp(member_text(program, "role"), "user") == 0) != users)
			continue;
		if (count++ == 0) {
			buf_text(page, users ? "" : "<h2>jobd's own</h2>");
			page_table_begin(page, users ? "Programs" : "jobd's own", heads);
		}
		page_program_row(page, request, program, true);
	}
	if (count > 0)
		page_table_end(page);
	else if (users)
		buf_text(page, "<p class=\"empty\">No program is configured.</p>");
}

static void
then_programs(struct request *request)
{
	struct buf page = { 0 };
	json_t *programs;

	if (!page_reply_is_good(request, 0))
		return;
	programs = page_list(request, 0);
	usage_take(programs);
	page_begin(&page, request, TAB_PROGRAMS, "Programs");
	page_samples(&page);
	page_live_begin(&page, "programs");
	put_table(&page, request, programs, true);
	put_table(&page, request, programs, false);
	page_live_end(&page);
	json_decref(programs);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_programs(struct request *request)
{
	request_ask(request, UPSTREAM_CONTROL, VERB_STATUS " all=1");
	request_then(request, then_programs);
}

void
page_program_act(struct request *request)
{
	page_act(request, &page_program_actions);
}
