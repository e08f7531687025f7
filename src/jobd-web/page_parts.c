/* What pages are made of. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/human.h"
#include "base/clock.h"

#include "page.h"
#include "reply_json.h"

#define LONG_TEXT_MAX ((size_t)16 * 1024)

/* States, and how they look. */
static const struct {
	const char *state, *look;
} looks[] = {
	{"RUNNING",    "good"},
	{ "done",      "good"},
	{ "ran",       "good"},
	{ "closed",    "good"},
	{ "STARTING",  "busy"},
	{ "running",   "busy"},
	{ "STOPPING",  "busy"},
	{ "ready",     "busy"},
	{ "BACKOFF",   "warn"},
	{ "retry",     "warn"},
	{ "paused",    "warn"},
	{ "skipped",   "warn"},
	{ "pending",   "warn"},
	{ "half-open", "warn"},
	{ "quiet",     "warn"},
	{ "FATAL",     "bad" },
	{ "dead",      "bad" },
	{ "open",      "bad" },
	{ "firing",    "bad" },
	{ "signature", "bad" },
	{ "refused",   "bad" },
	{ "no secret", "bad" },
	{ "accepted",  "good"},
	{ "replayed",  "good"},
	{ "rate",      "warn"},
	{ "time",      "warn"},
	{ "payload",   "warn"},
};

void
page_table_begin(struct buf *page, const char *caption, const char *const *heads)
{
	buf_printf(page,
	    "<div class=\"table\" role=\"region\" aria-label=\"%s\" "
	    "tabindex=\"0\"><table><thead><tr>",
	    caption);
	for (; *heads != NULL; heads++)
		buf_printf(page, "<th scope=\"col\"%s>%s</th>",
		    **heads == '#' ? " class=\"number\"" : "", *heads + (**heads == '#'));
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
page_int(struct buf *page, int64_t number)
{
	char text[HUMAN_MAX];

	buf_text(page, human_count(number, text, sizeof(text)));
}

void
page_cell_int(struct buf *page, int64_t number)
{
	buf_printf(page, "<td class=\"number%s\">", number == 0 ? " zero" : "");
	if (number < 0)
		buf_text(page, "-");
	else
		page_int(page, number);
	buf_text(page, "</td>");
}

void
page_duration(struct buf *page, int64_t ms)
{
	char text[HUMAN_MAX];

	buf_text(page, ms < 0 ? "-" : human_duration(ms, text, sizeof(text)));
}

void
page_cell_duration(struct buf *page, int64_t ms)
{
	buf_printf(page, "<td class=\"number%s\">", ms == 0 ? " zero" : "");
	page_duration(page, ms);
	buf_text(page, "</td>");
}

const char *
page_format_bytes(double bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	size_t unit = 0;

	for (; bytes >= 1000 && unit < 4; unit++)
		bytes /= 1000;
	snprintf(buf, size, bytes < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return buf;
}

const char *
page_format_percent(double percent, char *buf, size_t size)
{
	snprintf(buf, size, percent > 0 && percent < 10 ? "%.1f %%" : "%.0f %%", percent);
	return buf;
}

void
page_bytes(struct buf *page, int64_t bytes)
{
	char text[32];

	buf_text(page, bytes < 0 ? "-" : page_format_bytes((double)bytes, text, sizeof(text)));
}

/* "3 min"; as the script writes it anew. */
static void
put_distance(struct buf *page, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {
		{86400, "d"  },
                { 3600, "h"  },
                { 60,   "min"},
                { 1,    "s"  }
	};
	size_t i = 0;

	/* Up to two of the smaller unit: 119 s, 119 min, 47 h. */
	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	buf_printf(page, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name);
}

void
page_time(struct buf *page, const char *text)
{
	struct walltime when;
	const char *errstr;
	int64_t seconds;

	if (strlen(text) < 19 || walltime_parse(text, &when, &errstr) == -1) {
		buf_text(page, "-");
		return;
	}
	seconds = walltime_diff_ms(walltime_now(), when) / 1000;
	buf_printf(page, "<time datetime=\"");
	buf_html(page, text);
	buf_printf(page, "\" title=\"%.10s %.8s UTC\">", text, text + 11);
	if (seconds > -1 && seconds < 1)
		buf_text(page, "now");
	else {
		buf_text(page, seconds < 0 ? "in " : "");
		put_distance(page, seconds < 0 ? -seconds : seconds);
		buf_text(page, seconds < 0 ? "" : " ago");
	}
	buf_text(page, "</time>");
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
page_tile_begin(struct buf *page, const struct request *request, const char *look, const char *href)
{
	buf_printf(page, "<li class=\"tile %s\">", look);
	if (href != NULL)
		buf_printf(page, "<a href=\"%s%s\">", request->prefix, href);
	else
		buf_text(page, "<div>");
	buf_text(page, "<strong>");
}

void
page_tile_end(struct buf *page, const char *name)
{
	buf_text(page, "</strong> <span>");
	buf_html(page, name);
	buf_text(page, "</span>");
}

void
page_tile(struct buf *page, const struct request *request, const char *look, const char *href,
    int64_t count, const char *name)
{
	page_tile_begin(page, request, count > 0 ? look : "none", href);
	page_int(page, count);
	page_tile_end(page, name);
	buf_text(page, href != NULL ? "</a></li>" : "</div></li>");
}

void
page_fact(struct buf *page, const char *name, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	const char *text = json_string_value(value);
	size_t len = strlen(member);
	char *json;

	if (value == NULL || json_is_null(value) || (text != NULL && text[0] == '\0'))
		return;
	buf_printf(page, "<div><dt>%s</dt><dd>", name);
	if (len > 3 && strcmp(member + len - 3, "_at") == 0)
		page_time(page, text != NULL ? text : "");
	else if (len > 3 && strcmp(member + len - 3, "_ms") == 0)
		page_duration(page, member_int(object, member));
	else if (text != NULL)
		page_long_text(page, text);
	else {
		json = json_dumps(value, JSON_ENCODE_ANY);
		page_long_text(page, json != NULL ? json : "");
		free(json);
	}
	buf_text(page, "</dd></div>");
}

void
page_hidden(struct buf *page, const char *name, const char *value)
{
	buf_text(page, "<input type=\"hidden\" name=\"");
	buf_html(page, name);
	buf_text(page, "\" value=\"");
	buf_html(page, value);
	buf_text(page, "\">");
}

void
page_long_text(struct buf *page, const char *text)
{
	size_t len = strlen(text), shown = len;

	if (len > LONG_TEXT_MAX) {
		/* Not in the middle of a character. */
		for (shown = LONG_TEXT_MAX; shown > 0 && (text[shown] & 0xC0) == 0x80; shown--)
			;
	}
	buf_html_len(page, text, shown);
	if (shown < len)
		buf_printf(
		    page, "<span class=\"quiet\"> ... and %zu bytes more</span>", len - shown);
}

char *
page_pretty(const json_t *value)
{
	return json_dumps(value, JSON_ENCODE_ANY | JSON_INDENT(2));
}

json_t *
page_list(const struct request *request, size_t index)
{
	json_t *list = reply_json_list(&request->replies[index]);

	return list != NULL ? list : json_array();
}
