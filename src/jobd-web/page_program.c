/* One program: its state, its last exits, the end of its log. */
#include <stdio.h>
#include <string.h>

#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"

enum { ASK_STATUS, ASK_HISTORY, ASK_TAIL };

static void
put_facts(struct buf *page, const struct request *request, const json_t *program)
{
	const char *name = member_text(program, "name");

	buf_text(page, "<p>");
	page_badge(page, member_text(program, "state"));
	buf_text(page, " ");
	buf_html(page, member_text(program, "description"));
	buf_printf(page, ", %lld restarts</p><div class=\"actions\">",
	    (long long)member_int(program, "restarts"));
	page_button(page, request, ROLE_OPERATE, "/programs", name, "start", "Start");
	page_button(page, request, ROLE_OPERATE, "/programs", name, "stop", "Stop");
	page_button(page, request, ROLE_OPERATE, "/programs", name, "restart", "Restart");
	buf_text(page, "</div>");
}

static void
put_exits(struct buf *page, const json_t *exits)
{
	static const char *const heads[] = { "At", "What", "Pid", NULL };
	const json_t *exit;
	size_t i;

	buf_text(page, "<h2>Last exits</h2>");
	if (json_array_size(exits) == 0) {
		buf_text(page, "<p>None that jobd remembers.</p>");
		return;
	}
	page_table_begin(page, "Last exits", heads);
	json_array_foreach(exits, i, exit)
	{
		buf_text(page, "<tr>");
		page_cell_time(page, member_text(exit, "at"));
		page_cell(page, member_text(exit, "description"));
		page_cell_int(page, member_int(exit, "pid"));
		buf_text(page, "</tr>");
	}
	page_table_end(page);
}

static void
put_log(struct buf *page, const struct request *request, const char *name)
{
	const struct reply *reply = &request->replies[ASK_TAIL];

	buf_text(page, "<h2>Log</h2><p><a href=\"");
	buf_html(page, request->prefix);
	buf_text(page, "/api/v1/programs/");
	buf_url(page, name);
	buf_text(page, "/logs?lines=10000\">As text</a></p><pre class=\"log\" tabindex=\"0\" "
		       "aria-label=\"Log\">");
	for (size_t i = 0; reply->kind == REPLY_LIST && i < reply->count; i++) {
		size_t len;
		const char *text = reply_item(reply, i, &len);

		buf_html_len(page, text, len);
	}
	buf_text(page, "</pre>");
}

static void
then_program(struct request *request)
{
	struct buf page = { 0 };
	json_t *programs, *exits;
	const json_t *program;

	if (!page_reply_is_good(request, ASK_STATUS))
		return;
	programs = page_list(request, ASK_STATUS);
	exits = page_list(request, ASK_HISTORY);
	program = json_array_get(programs, 0);
	if (member_text(program, "state")[0] == '\0')
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such program.");
	else {
		page_begin(&page, request, TAB_NONE, member_text(program, "name"));
		put_facts(&page, request, program);
		put_log(&page, request, member_text(program, "name"));
		put_exits(&page, exits);
		page_end(&page, request, MHD_HTTP_OK);
	}
	json_decref(programs);
	json_decref(exits);
}

void
page_program(struct request *request)
{
	const char *name = api_program_name(request);

	if (name == NULL)
		return;
	request_ask(request, UPSTREAM_CONTROL, VERB_STATUS " all=1 %s", name);
	request_ask(request, UPSTREAM_CONTROL, VERB_HISTORY " %s", name);
	request_ask(request, UPSTREAM_LOG, VERB_TAIL " %s lines=100", name);
	request_then(request, then_program);
}

static void
then_back(struct request *request)
{
	if (page_reply_is_good(request, 0))
		page_back(request, "/");
}

void
page_program_act(struct request *request)
{
	static const char *const actions[][2] = {
		{"start",    VERB_START  },
                { "stop",    VERB_STOP   },
                { "restart", VERB_RESTART}
	};
	const char *name = api_program_name(request);

	for (size_t i = 0; name != NULL && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(request->parameters[1], actions[i][0]) != 0)
			continue;
		request_ask(request, UPSTREAM_CONTROL, "%s wait=0 %s", actions[i][1], name);
		request_then(request, then_back);
		return;
	}
	if (name != NULL)
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such action.");
}
