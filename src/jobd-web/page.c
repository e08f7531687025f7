#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "page.h"
#include "scope.h"

#define NOTE_COOKIE  "jobd_note"
#define THEME_COOKIE "jobd_theme"
#define NOTE_MAX     300

const char *const page_job_states[] = { "ready", "running", "scheduled", "retry", "blocked", "dead",
	"done", "cancelled", NULL };

/* clang-format off */
/* Who is confined to a tag has only those with `own`. */
static const struct {
	const char *path, *title;
	enum role role;
	bool own;
} tabs[] = {
	[TAB_OVERVIEW] =  { "/",          "Overview",  ROLE_LOOK,  false },
	[TAB_PROGRAMS] =  { "/programs",  "Programs",  ROLE_LOOK,  false },
	[TAB_JOBS] =      { "/jobs",      "Jobs",      ROLE_LOOK,  true },
	[TAB_QUEUES] =    { "/queues",    "Queues",    ROLE_LOOK,  false },
	[TAB_SCHEDULES] = { "/schedules", "Schedules", ROLE_LOOK,  true },
	[TAB_WORKERS] =   { "/workers",   "Workers",   ROLE_LOOK,  false },
	[TAB_BREAKERS] =  { "/breakers",  "Breakers",  ROLE_LOOK,  false },
	[TAB_WEBHOOKS] =  { "/webhook-status", "Webhooks",  ROLE_LOOK,  false },
	[TAB_ALERTS] =    { "/alerts",    "Alerts",    ROLE_LOOK,  false },
	[TAB_AUDIT] =     { "/audit",     "Audit",     ROLE_ADMIN, false },
};
/* clang-format on */

/* What the button of each theme is called, and what it makes of it. */
static const struct {
	const char *theme, *next, *label;
} themes[] = {
	{"auto",   "dark",  "Theme: automatic"},
	{ "dark",  "light", "Theme: dark"     },
	{ "light", "auto",  "Theme: light"    },
};
#define THEME_COUNT (sizeof(themes) / sizeof(themes[0]))

static const char *
cookie_of(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
}

/* Which of the themes the browser was told; automatic without. */
static size_t
theme_of(const struct request *request)
{
	const char *theme = cookie_of(request, THEME_COOKIE);

	for (size_t i = 0; theme != NULL && i < THEME_COUNT; i++)
		if (strcmp(themes[i].theme, theme) == 0)
			return i;
	return 0;
}

static void
put_tabs(struct buf *page, const struct request *request, enum page_tab active)
{
	bool confined = scope_is_confined(request);

	if (request->identity.role < ROLE_LOOK)
		return;
	buf_text(page, "<nav aria-label=\"Main\">");
	for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
		if (request->identity.role >= tabs[i].role && (!confined || tabs[i].own))
			buf_printf(page, "<a href=\"%s%s\"%s>%s</a>", request->prefix, tabs[i].path,
			    i == (size_t)active ? " aria-current=\"page\"" : "", tabs[i].title);
	buf_text(page, "</nav>");
	if (!confined)
		buf_printf(page,
		    "<form class=\"find\" role=\"search\" action=\"%s/find\"><input "
		    "name=\"q\" type=\"search\" placeholder=\"ID, type, queue or tag\" "
		    "aria-label=\"Find jobs\"></form>",
		    request->prefix);
}

static void
put_nav(struct buf *page, const struct request *request, enum page_tab active)
{
	size_t theme = theme_of(request);

	buf_printf(page,
	    "<header><a class=\"brand\" href=\"%s/\"><svg viewBox=\"0 0 24 24\" "
	    "aria-hidden=\"true\"><path d=\"M4 6h10M4 12h16M4 18h7\"/></svg>jobd</a>",
	    request->prefix);
	put_tabs(page, request, active);
	buf_printf(page,
	    "<form method=\"post\" action=\"%s/theme\"><button name=\"theme\" value=\"%s\" "
	    "class=\"plain\" aria-label=\"%s\" title=\"%s\"><svg viewBox=\"0 0 24 24\" "
	    "aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"8\"/><path "
	    "class=\"full\" d=\"M12 4a8 8 0 0 1 0 16z\"/></svg></button></form>",
	    request->prefix, themes[theme].next, themes[theme].label, themes[theme].label);
	if (request->identity.by_cookie) {
		buf_printf(page, "<form class=\"who\" method=\"post\" action=\"%s/logout\"><span>",
		    request->prefix);
		buf_html(page, request->identity.name);
		buf_text(page, "</span> <button>Log out</button></form>");
	}
	buf_text(page, "</header>");
}

static void
put_note(struct buf *page, const struct request *request)
{
	const char *note = cookie_of(request, NOTE_COOKIE);
	char text[3 * NOTE_MAX + 1];

	buf_text(page, "<div id=\"note\" role=\"status\">");
	if (note != NULL && strlcpy(text, note, sizeof(text)) < sizeof(text) &&
	    url_decode(text, false) == 0 && text[0] != '\0') {
		buf_text(page, "<p class=\"note good\">");
		buf_html(page, text);
		buf_text(page, "</p>");
	}
	buf_text(page, "</div>");
}

void
page_begin(struct buf *page, const struct request *request, enum page_tab active, const char *title)
{
	const char *prefix = request->prefix;

	buf_printf(page,
	    "<!DOCTYPE html>\n<html lang=\"en\" data-theme=\"%s\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	    "<meta name=\"color-scheme\" content=\"light dark\"><title>",
	    themes[theme_of(request)].theme);
	buf_html(page, title);
	buf_printf(page,
	    " - jobd</title><link rel=\"stylesheet\" href=\"%s/static/style.css\">"
	    "<link rel=\"icon\" type=\"image/svg+xml\" href=\"%s/static/icon.svg\">"
	    "<script src=\"%s/static/live.js\" defer></script></head><body data-prefix=\"%s\">"
	    "<a class=\"skip\" href=\"#main\">To the content</a>",
	    prefix, prefix, prefix, prefix);
	put_nav(page, request, active);
	buf_text(page, "<main id=\"main\" tabindex=\"-1\">");
	put_note(page, request);
	buf_text(page, "<h1>");
	buf_html(page, title);
	buf_text(page, "</h1>");
}

void
page_end(struct buf *page, struct request *request, unsigned int status)
{
	const char *note = cookie_of(request, NOTE_COOKIE);
	char cookie[256];

	buf_text(page, "</main></body></html>\n");
	respond_html(request, status, page);
	if (note == NULL)
		return;
	snprintf(cookie, sizeof(cookie), NOTE_COOKIE "=; Path=%s/; Max-Age=0", request->prefix);
	respond_header(request, MHD_HTTP_HEADER_SET_COOKIE, cookie);
}

void
page_note(struct request *request, const char *fmt, ...)
{
	struct buf cookie = { 0 };
	char text[NOTE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_text(&cookie, NOTE_COOKIE "=");
	buf_url(&cookie, text);
	buf_printf(&cookie, "; Path=%s/; Max-Age=20; HttpOnly; SameSite=Strict", request->prefix);
	if (!cookie.failed)
		respond_header(request, MHD_HTTP_HEADER_SET_COOKIE, cookie.data);
	buf_free(&cookie);
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
		    "a section scheduler in the configuration there is no queue.");
		return false;
	}
	if (reply->kind != REPLY_ERROR)
		return true;
	text = request_reply(request, index);
	page_problem(request,
	    strstr(text, "not found") != NULL || strstr(text, "no such") != NULL ||
		    strstr(text, "there is no ") != NULL
		? MHD_HTTP_NOT_FOUND
		: MHD_HTTP_CONFLICT,
	    strchr(text, ' ') != NULL ? strchr(text, ' ') + 1 : text);
	return false;
}

void
page_live_begin(struct buf *page, const char *id)
{
	buf_printf(page, "<div id=\"%s\" data-live>", id);
}

void
page_live_end(struct buf *page)
{
	buf_text(page, "</div>");
}

void
page_samples(struct buf *page)
{
	buf_text(page, "<div id=\"samples\" hidden></div>");
}

/* A path of ours without the prefix, or NULL. */
static const char *
inside(const struct request *request, const char *path)
{
	size_t len = strlen(request->prefix);

	if (path == NULL || strncmp(path, request->prefix, len) != 0)
		return NULL;
	path += len;
	if (path[0] != '/' || path[1] == '/' || path[1] == '\\' || strlen(path) > 700)
		return NULL;
	for (const char *at = path; *at != '\0'; at++)
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f)
			return NULL;
	return path;
}

/* The page that the form was on: as the question in between noted it, or as the browser says. */
const char *
page_origin(const struct request *request)
{
	const char *back = pairs_find(&request->form, "back");
	const char *referer = request_header(request, MHD_HTTP_HEADER_REFERER);
	const char *host = referer != NULL ? strstr(referer, "://") : NULL;

	if (back != NULL)
		return inside(request, back[0] == '/' ? back : NULL);
	return host != NULL ? inside(request, strchr(host + 3, '/')) : NULL;
}

void
page_back(struct request *request, const char *path)
{
	const char *origin = page_origin(request);

	respond_redirect(request, origin != NULL ? origin : path);
}

/* The switch between dark and light: a cookie, so that it works without a script. */
void
page_theme(struct request *request)
{
	const char *theme = pairs_find(&request->form, "theme");
	char cookie[256];
	size_t i = 0;

	while (i < THEME_COUNT && (theme == NULL || strcmp(themes[i].theme, theme) != 0))
		i++;
	if (i == THEME_COUNT) {
		page_problem(request, MHD_HTTP_BAD_REQUEST, "There is no such theme.");
		return;
	}
	page_back(request, "/");
	snprintf(cookie, sizeof(cookie),
	    THEME_COOKIE "=%s; Path=%s/; Max-Age=31536000; HttpOnly; SameSite=Lax", themes[i].theme,
	    request->prefix);
	respond_header(request, MHD_HTTP_HEADER_SET_COOKIE, cookie);
}
