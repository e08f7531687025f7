#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "page.h"

static const struct {
	const char *path, *title;
} tabs[] = {
	[TAB_OVERVIEW] = {"/",           "Overview" },
	[TAB_JOBS] = { "/jobs",      "Jobs"     },
	[TAB_SCHEDULES] = { "/schedules", "Schedules"},
	[TAB_QUEUES] = { "/queues",    "Queues"   },
	[TAB_WORKERS] = { "/workers",   "Workers"  },
};

/* States, and how they look. */
static const struct {
	const char *state, *look;
} looks[] = {
	{"RUNNING",    "good"},
	{ "done",      "good"},
	{ "closed",    "good"},
	{ "STARTING",  "busy"},
	{ "running",   "busy"},
	{ "STOPPING",  "busy"},
	{ "ready",     "busy"},
	{ "BACKOFF",   "warn"},
	{ "retry",     "warn"},
	{ "paused",    "warn"},
	{ "half-open", "warn"},
	{ "FATAL",     "bad" },
	{ "dead",      "bad" },
	{ "open",      "bad" },
};

static void
put_nav(struct buf *page, const struct request *request, enum page_tab active)
{
	buf_text(page, "<header><a class=\"brand\" href=\"");
	buf_html(page, request->prefix);
	buf_text(page, "/\">jobd</a><nav aria-label=\"Main\">");
	for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
		buf_printf(page, "<a href=\"%s%s\"%s>%s</a>", request->prefix, tabs[i].path,
		    i == (size_t)active ? " aria-current=\"page\"" : "", tabs[i].title);
	buf_text(page, "</nav>");
	if (request->identity.by_cookie) {
		buf_printf(page, "<form class=\"who\" method=\"post\" action=\"%s/logout\"><span>",
		    request->prefix);
		buf_html(page, request->identity.name);
		buf_text(page, "</span> <button>Log out</button></form>");
	}
	buf_text(page, "</header>");
}

void
page_begin(struct buf *page, const struct request *request, enum page_tab active, const char *title)
{
	buf_text(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		       "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	buf_html(page, title);
	buf_printf(page,
	    " - jobd</title><link rel=\"stylesheet\" href=\"%s/static/style.css\">"
	    "<link rel=\"icon\" type=\"image/svg+xml\" href=\"%s/static/icon.svg\">"
	    "<script src=\"%s/static/live.js\" defer></script></head><body data-prefix=\"%s\">"
	    "<a class=\"skip\" href=\"#main\">To the content</a>",
	    request->prefix, request->prefix, request->prefix, request->prefix);
	put_nav(page, request, active);
	buf_text(page, "<main id=\"main\"><h1>");
	buf_html(page, title);
	buf_text(page, "</h1>");
}

void
page_end(struct buf *page, struct request *request, unsigned int status)
{
	buf_text(page, "</main></body></html>\n");
	respond_html(request, status, page);
}

void
page_problem(struct request *request, unsigned int status, const char *text)
{
	struct buf page = { 0 };

	page_begin(&page, request, TAB_NONE, MHD_get_reason_phrase_for(status));
	buf_text(&page, "<p class=\"note bad\">");
	buf_html(&page, text);
	buf_text(&page, "</p>");
	page_end(&page, request, status);
}

bool
page_reply_is_good(struct request *request, size_t index)
{
	const struct reply *reply = &request->replies[index];
	const char *text;

	if (index >= request->ask_count || reply->kind == REPLY_LOST) {
		page_problem(request, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "The part of jobd that this is about does not answer. Without jobs, queues or "
		    "a "
		    "section scheduler in the configuration there is no queue.");
		return false;
	}
	if (reply->kind != REPLY_ERROR)
		return true;
	text = request_reply(request, index);
	page_problem(request,
	    strstr(text, "not found") != NULL || strstr(text, "no such") != NULL
		? MHD_HTTP_NOT_FOUND
		: MHD_HTTP_CONFLICT,
	    strchr(text, ' ') != NULL ? strchr(text, ' ') + 1 : text);
	return false;
}

void
page_table_begin(struct buf *page, const char *caption, const char *const *heads)
{
	buf_printf(page,
	    "<div class=\"table\" role=\"region\" aria-label=\"%s\" "
	    "tabindex=\"0\"><table><thead><tr>",
	    caption);
	for (; *heads != NULL; heads++)
		buf_printf(page, "<th scope=\"col\">%s</th>", *heads);
	buf_text(page, "</tr></thead><tbody>");
}

void
page_table_end(struct buf *page)
{
	buf_text(page, "</tbody></table></div>");
}

void
page_cell(struct buf *page, const char *text)
{
	buf_text(page, "<td>");
	buf_html(page, text);
	buf_text(page, "</td>");
}

void
page_cell_int(struct buf *page, int64_t number)
{
	if (number < 0)
		buf_text(page, "<td class=\"number\">-</td>");
	else
		buf_printf(page, "<td class=\"number\">%" PRId64 "</td>", number);
}

void
page_time(struct buf *page, const char *text)
{
	if (strlen(text) < 19) {
		buf_text(page, "-");
		return;
	}
	buf_text(page, "<time datetime=\"");
	buf_html(page, text);
	buf_printf(page, "\">%.10s %.8s</time>", text, text + 11);
}

void
page_cell_time(struct buf *page, const char *text)
{
	buf_text(page, "<td>");
	page_time(page, text);
	buf_text(page, "</td>");
}

void
page_link(struct buf *page, const struct request *request, const char *base, const char *name)
{
	buf_printf(page, "<a href=\"%s%s/", request->prefix, base);
	buf_url(page, name);
	buf_text(page, "\">");
	buf_html(page, name);
	buf_text(page, "</a>");
}

void
page_badge(struct buf *page, const char *state)
{
	const char *look = "calm";

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i].state, state) == 0)
			look = looks[i].look;
	buf_printf(page, "<span class=\"badge %s\">", look);
	buf_html(page, state);
	buf_text(page, "</span>");
}

void
page_button(struct buf *page, const struct request *request, enum role role, const char *base,
    const char *name, const char *action, const char *label)
{
	if (request->identity.role < role)
		return;
	buf_printf(page, "<form method=\"post\" action=\"%s%s/", request->prefix, base);
	buf_url(page, name);
	buf_printf(page, "/%s\"><button aria-label=\"%s ", action, label);
	buf_html(page, name);
	buf_printf(page, "\">%s</button></form>", label);
}

json_t *
page_list(const struct request *request, size_t index)
{
	const struct reply *reply = &request->replies[index];
	json_t *list = json_array();

	for (size_t i = 0; i < reply->count; i++) {
		json_t *item = json_loads(reply_item(reply, i, NULL), 0, NULL);

		if (json_is_object(item))
			json_array_append(list, item);
		json_decref(item);
	}
	return list;
}

void
page_back(struct request *request, const char *path)
{
	respond_redirect(request, path);
}
