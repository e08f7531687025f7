/* One program: its state, what it uses, its log, and how it ended before. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "chart.h"
#include "handlers.h"
#include "page.h"
#include "page_program.h"
#include "usage.h"

#define LINES_SHOWN 200
/* Of those that are looked through for a text. */
#define LINES_LOOKED 5000

enum { ASK_STATUS, ASK_HISTORY, ASK_LONG_HISTORY, ASK_TAIL };

static void
put_facts(struct buf *page, const struct request *request, const json_t *program)
{
	struct usage_sample last = usage_last(member_text(program, "name"));
	bool runs = member_int(program, "pid") > 0,
	     rests = strcmp(member_text(program, "state"), "STOPPED") == 0 ||
		     strcmp(member_text(program, "state"), "EXITED") == 0;

	page_live_begin(page, "facts");
	buf_text(page, "<div class=\"actions\">");
	page_badge(page, member_text(program, "state"));
	page_program_buttons(page, request, program);
	buf_text(page, "</div><dl class=\"facts\">");
	if (!runs)
		page_fact(page, rests ? "Since" : "Why", program, "description");
	if (runs)
		page_fact(page, "Pid", program, "pid");
	if (runs)
		page_fact(page, "Started", program, "started_at");
	page_fact(page, "It says", program, "status");
	page_fact(page, "Restarts", program, "restarts");
	if (last.memory_bytes >= 0) {
		buf_printf(page, "<div><dt>Processes</dt><dd>%d</dd></div>", last.processes);
		buf_text(page, "<div><dt>Memory</dt><dd>");
		page_bytes(page, last.memory_bytes);
		buf_text(page, "</dd></div>");
	}
	buf_printf(page, "<div><dt>Essential</dt><dd>%s</dd></div>",
	    member_is(program, "essential") ? "yes: jobd ends with it" : "no");
	if (member_int(program, "dropped_lines") > 0)
		page_fact(page, "Lines of log dropped", program, "dropped_lines");
	buf_text(page, "</dl>");
	page_live_end(page);
}

static void
put_chart(struct buf *page, const char *title, const char *look, const struct chart_point *points,
    size_t count, double least, chart_format *format)
{
	char summary[160], now[32];

	snprintf(summary, sizeof(summary), "%s over the last 10 minutes, now %s", title,
	    count > 0 ? format(points[count - 1].value, now, sizeof(now)) : "not known");
	buf_printf(page, "<section class=\"card\"><h2>%s</h2>", title);
	chart_line(page, look, summary, points, count, least, format, "10 min ago", "now");
	buf_text(page, "</section>");
}

static void
put_charts(struct buf *page, const char *name)
{
	struct chart_point points[PAGE_PROGRAM_POINTS];

	page_samples(page);
	page_live_begin(page, "charts");
	buf_text(page, "<div class=\"columns even\">");
	put_chart(page, "Memory", "busy", points, page_program_memory(name, points), 1e6,
	    page_format_bytes);
	put_chart(
	    page, "CPU", "good", points, page_program_cpu(name, points), 10, page_format_percent);
	buf_text(page, "</div>");
	page_live_end(page);
}

/* Exits of jobd's list say it in words; those of the queue's history in figures. */
static void
put_exit(struct buf *page, const json_t *exit)
{
	const char *words = member_text(exit, "description");

	buf_text(page, "<tr>");
	page_cell_time(page, member_text(exit, "at"));
	buf_text(page, "<td>");
	if (words[0] != '\0')
		buf_html(page, words);
	else {
		buf_html(page, member_text(exit, "reason"));
		if (json_is_integer(json_object_get(exit, "code")))
			buf_printf(page, ", exit code %d", (int)member_int(exit, "code"));
		if (json_is_string(json_object_get(exit, "signal"))) {
			buf_text(page, ", ");
			buf_html(page, member_text(exit, "signal"));
		}
	}
	buf_text(page, "</td>");
	page_cell_duration(
	    page, json_object_get(exit, "uptime_ms") != NULL ? member_int(exit, "uptime_ms") : -1);
	buf_printf(page, "<td class=\"number\">%d</td></tr>", (int)member_int(exit, "pid"));
}

static void
put_exits(struct buf *page, const struct request *request)
{
	static const char *const heads[] = { "Ended", "How", "#After", "#Pid", NULL };
	json_t *exits = page_list(request, ASK_LONG_HISTORY);
	const json_t *exit;
	size_t i;

	if (json_array_size(exits) == 0) {
		json_decref(exits);
		exits = page_list(request, ASK_HISTORY);
	}
	page_live_begin(page, "exits");
	buf_text(page, "<h2>How it ended before</h2>");
	if (json_array_size(exits) == 0)
		buf_text(page, "<p class=\"empty\">It has not ended yet.</p>");
	else {
		page_table_begin(page, "How it ended before", heads);
		json_array_foreach(exits, i, exit) put_exit(page, exit);
		page_table_end(page);
	}
	page_live_end(page);
	json_decref(exits);
}

static const char *
stream_of(const struct request *request)
{
	const char *stream = pairs_find(&request->query, "stream");

	return stream != NULL && strcmp(stream, "stderr") == 0 ? "stderr" : "stdout";
}

/* One line, with what was looked for marked. */
static void
put_line(struct buf *page, const char *line, size_t len, const char *find)
{
	size_t find_len = strlen(find);
	const char *hit;

	while (find_len > 0 && (hit = memmem(line, len, find, find_len)) != NULL) {
		buf_html_len(page, line, (size_t)(hit - line));
		buf_text(page, "<mark>");
		buf_html_len(page, hit, find_len);
		buf_text(page, "</mark>");
		len -= (size_t)(hit - line) + find_len;
		line = hit + find_len;
	}
	buf_html_len(page, line, len);
}

/* The lines in which the text is; all of them without one. */
static void
put_lines(struct buf *page, const char *text, size_t len, const char *find)
{
	size_t find_len = strlen(find);

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end != NULL ? (size_t)(end - text) + 1 : len;

		if (find_len == 0 || memmem(text, line, find, find_len) != NULL)
			put_line(page, text, line, find);
		text += line;
		len -= line;
	}
}

static void
put_log_form(struct buf *page, const struct request *request, const char *name, const char *find)
{
	const char *stream = stream_of(request);

	buf_printf(page, "<form class=\"filters\" action=\"%s/programs/", request->prefix);
	buf_url(page, name);
	buf_printf(page,
	    "#log\"><label>Stream <select name=\"stream\"><option>stdout</option><option%s>stderr"
	    "</option></select></label><label>Find <input name=\"find\" id=\"find\" "
	    "type=\"search\" value=\"",
	    strcmp(stream, "stderr") == 0 ? " selected" : "");
	buf_html(page, find);
	buf_printf(
	    page, "\"></label><button>Show</button><a href=\"%s/api/v1/programs/", request->prefix);
	buf_url(page, name);
	buf_printf(page, "/logs?lines=10000&amp;stream=%s\">As text</a></form>", stream);
}

static void
put_log(struct buf *page, const struct request *request, const char *name)
{
	const struct reply *reply = &request->replies[ASK_TAIL];
	const char *find = pairs_find(&request->query, "find");
	struct buf text = { 0 };

	buf_text(page, "<h2>Log</h2>");
	put_log_form(page, request, name, find != NULL ? find : "");
	buf_printf(page,
	    "<pre class=\"log\" id=\"log\" tabindex=\"0\" role=\"log\" aria-live=\"off\" "
	    "aria-label=\"Log\" data-follow=\"%s/api/v1/programs/",
	    request->prefix);
	buf_url(page, name);
	buf_printf(page, "/logs?lines=0&amp;follow=1&amp;stream=%s\">", stream_of(request));
	/* Pieces end anywhere. */
	for (size_t i = 0; reply->kind == REPLY_LIST && i < reply->count; i++) {
		size_t len;
		const char *piece = reply_item(reply, i, &len);

		buf_add(&text, piece, len);
	}
	put_lines(page, text.len > 0 ? text.data : "", text.len, find != NULL ? find : "");
	buf_text(page, "</pre>");
	buf_free(&text);
}

/* By its name, or the first instance of it. */
static const json_t *
program_of(const json_t *programs, const char *name)
{
	const json_t *program;
	size_t i;

	json_array_foreach(programs, i,
	    program) if (strcmp(member_text(program, "name"), name) == 0 ||
			 strcmp(member_text(program, "program"), name) == 0) return program;
	return NULL;
}

static void
then_program(struct request *request)
{
	struct buf page = { 0 };
	const json_t *program;
	json_t *programs;

	if (!page_reply_is_good(request, ASK_STATUS))
		return;
	programs = page_list(request, ASK_STATUS);
	program = program_of(programs, request->parameters[0]);
	usage_take(programs);
	if (program == NULL)
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such program.");
	else {
		const char *name = member_text(program, "name");

		page_begin(&page, request, TAB_PROGRAMS, name);
		put_facts(&page, request, program);
		put_charts(&page, name);
		put_log(&page, request, name);
		put_exits(&page, request);
		page_end(&page, request, MHD_HTTP_OK);
	}
	json_decref(programs);
}

void
page_program(struct request *request)
{
	const char *name = page_program_name(request);
	const char *find = pairs_find(&request->query, "find");

	if (name == NULL)
		return;
	request_ask(request, UPSTREAM_CONTROL, VERB_STATUS " all=1");
	request_ask(request, UPSTREAM_CONTROL, VERB_HISTORY " %s", name);
	request_ask(request, UPSTREAM_QUEUE, VERB_HISTORY " %s limit=50", name);
	request_ask(request, UPSTREAM_LOG, VERB_TAIL " %s %s lines=%d", name, stream_of(request),
	    find != NULL && find[0] != '\0' ? LINES_LOOKED : LINES_SHOWN);
	request_then(request, then_program);
}
