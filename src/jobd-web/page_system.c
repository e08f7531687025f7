/* What watches over all of it, and who changed what: webhooks, alerts, the audit. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "webhook.h"

#define PAGE_AUDIT 100

/* Webhooks: known here, nobody is asked. */

static void
put_webhook_counts(struct buf *page, const struct webhook *hook)
{
	const char *comma = "";

	buf_text(page, "<td>");
	for (int i = 0; i < WEBHOOK_RESULT_COUNT; i++) {
		if (hook->counts[i] == 0)
			continue;
		buf_printf(page, "%s%" PRId64 " %s", comma, hook->counts[i],
		    webhook_result_word((enum webhook_result)i));
		comma = ", ";
	}
	buf_text(
	    page, comma[0] == '\0' ? "<span class=\"quiet\">nothing yet</span></td>" : "</td>");
}

static void
put_webhook_last(struct buf *page, const struct request *request, const struct webhook *hook)
{
	char at[WALLTIME_TEXT_MAX];

	buf_text(page, "<td>");
	page_time(page, walltime_format(hook->last.at, at, sizeof(at)));
	if (walltime_is_set(hook->last.at)) {
		buf_text(page, " ");
		page_badge(page, webhook_result_word(hook->last.result));
		buf_text(page, " <span class=\"quiet\">");
		buf_html(page, hook->last.from);
		buf_text(page, "</span> ");
	}
	if (hook->last.jid[0] != '\0')
		page_link(page, request, "/jobs", hook->last.jid);
	buf_text(page, "</td>");
}

static void
put_webhook(struct buf *page, const struct request *request, const struct webhook *hook)
{
	buf_text(page, "<tr><th scope=\"row\">");
	buf_html(page, hook->conf->name);
	if (!webhook_is_ready(hook)) {
		buf_text(page, " ");
		page_badge(page, "no secret");
	}
	buf_text(page, "</th><td><code>");
	buf_html(page, hook->take.path);
	buf_printf(page, "</code></td><td><a href=\"%s/jobs?type=", request->prefix);
	buf_url(page, hook->conf->job);
	buf_text(page, "\">");
	buf_html(page, hook->conf->job);
	buf_text(page, "</a></td>");
	put_webhook_counts(page, hook);
	put_webhook_last(page, request, hook);
	buf_text(page, "</tr>");
}

void
page_webhooks(struct request *request)
{
	static const char *const heads[] = { "Webhook", "Path", "Job", "What came", "Last", NULL };
	char since[WALLTIME_TEXT_MAX];
	struct buf page = { 0 };

	page_begin(&page, request, TAB_WEBHOOKS, "Webhooks");
	page_live_begin(&page, "webhooks");
	if (webhook_count() == 0)
		buf_text(&page, "<p class=\"empty\">The configuration has no section webhook.</p>");
	else {
		page_table_begin(&page, "Webhooks", heads);
		for (size_t i = 0; i < webhook_count(); i++)
			put_webhook(&page, request, webhook_nth(i));
		page_table_end(&page);
		buf_text(&page, "<p class=\"quiet\">Counted since the web side was started, ");
		page_time(&page, walltime_format(webhooks_since(), since, sizeof(since)));
		buf_text(&page, ".</p>");
	}
	page_live_end(&page);
	page_end(&page, request, MHD_HTTP_OK);
}

/* Alerts. */

static void
put_value(struct buf *page, const json_t *alert)
{
	const char *unit = member_text(alert, "unit");
	const json_t *value = json_object_get(alert, "value");

	buf_text(page, "<td class=\"number\">");
	if (!json_is_number(value))
		buf_text(page, "-");
	else if (strcmp(unit, "ms") == 0)
		page_duration(page, member_int(alert, "value"));
	else if (strcmp(unit, "bytes") == 0)
		page_bytes(page, member_int(alert, "value"));
	else {
		buf_printf(
		    page, json_is_integer(value) ? "%.0f" : "%.1f", json_number_value(value));
		buf_html(page, unit[0] != '\0' ? " " : "");
		buf_html(page, strcmp(unit, "percent") == 0 ? "%" : unit);
	}
	buf_text(page, "</td>");
}

static void
put_alert(struct buf *page, const struct request *request, const json_t *alert)
{
	(void)request;
	buf_text(page, "<tr><th scope=\"row\">");
	buf_html(page, member_text(alert, "name"));
	buf_text(page, "</th><td>");
	page_badge(page, member_text(alert, "state"));
	buf_text(page, "</td><td><code>");
	buf_html(page, member_text(alert, "when"));
	buf_text(page, "</code>");
	if (member_int(alert, "for_ms") > 0) {
		buf_text(page, " <span class=\"quiet\">for ");
		page_duration(page, member_int(alert, "for_ms"));
		buf_text(page, "</span>");
	}
	buf_text(page, "</td>");
	put_value(page, alert);
	page_cell_time(page, member_text(alert, "since"));
	page_cell_time(page, member_text(alert, "told_at"));
	page_cell_int(page, member_int(alert, "fired"));
	page_cell(page, member_text(alert, "job"));
	buf_text(page, "</tr>");
}

static void
then_alerts(struct request *request)
{
	static const char *const heads[] = { "Alert", "State", "When", "#Now", "Since", "Told",
		"#Times", "By the job", NULL };
	struct buf page = { 0 };
	const json_t *alert;
	json_t *alerts;
	size_t i;

	if (!page_reply_is_good(request, 0))
		return;
	alerts = page_list(request, 0);
	page_begin(&page, request, TAB_ALERTS, "Alerts");
	page_live_begin(&page, "alerts");
	if (json_array_size(alerts) == 0)
		buf_text(&page, "<p class=\"empty\">No alert is configured: with a job in the "
				"section alerts there are three.</p>");
	else {
		page_table_begin(&page, "Alerts", heads);
		json_array_foreach(alerts, i, alert) put_alert(&page, request, alert);
		page_table_end(&page);
	}
	page_live_end(&page);
	json_decref(alerts);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_alerts(struct request *request)
{
	request_ask(request, UPSTREAM_QUEUE, VERB_ALERTS);
	request_then(request, then_alerts);
}

/* The audit. */

static void
put_record(struct buf *page, const json_t *record)
{
	const char *result = member_text(record, "result");
	bool good = strcmp(result, "ok") == 0 || strcmp(result, "begun") == 0;

	buf_text(page, "<tr>");
	page_cell_time(page, member_text(record, "at"));
	buf_text(page, "<th scope=\"row\">");
	buf_html(page, member_text(record, "who"));
	buf_text(page, "</th><td class=\"quiet\">");
	buf_html(page, member_text(record, "from"));
	buf_text(page, "</td><td>");
	buf_html(page, member_text(record, "verb"));
	if (member_int(record, "count") > 1)
		buf_printf(page, " <span class=\"quiet\">%" PRId64 " times</span>",
		    member_int(record, "count"));
	buf_text(page, "</td><td class=\"args\"><code>");
	buf_html(page, member_text(record, "object"));
	buf_printf(page, "</code></td><td%s>", good ? "" : " class=\"bad\"");
	buf_html(page, result);
	buf_text(page, "</td></tr>");
}

static void
put_audit_form(struct buf *page, const struct request *request)
{
	static const char *const fields[][2] = {
		{"Who",   "who" },
                { "What", "verb"}
	};

	buf_printf(page, "<form class=\"filters\" action=\"%s/audit\">", request->prefix);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		buf_printf(
		    page, "<label>%s <input name=\"%s\" value=\"", fields[i][0], fields[i][1]);
		buf_html(page, pairs_find(&request->query, fields[i][1]));
		buf_text(page, "\"></label>");
	}
	buf_text(page, "<button>Show</button></form>");
}

static void
put_older(struct buf *page, const struct request *request, const json_t *records)
{
	static const char *const kept[] = { "who", "verb" };
	size_t count = json_array_size(records);
	const char *value;

	if (count < PAGE_AUDIT)
		return;
	buf_printf(page, "<p class=\"pages\"><a href=\"%s/audit?before=%" PRId64, request->prefix,
	    member_int(json_array_get(records, count - 1), "id"));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if ((value = pairs_find(&request->query, kept[i])) == NULL)
			continue;
		buf_printf(page, "&amp;%s=", kept[i]);
		buf_url(page, value);
	}
	buf_text(page, "\">Older ones</a></p>");
}

static void
then_audit(struct request *request)
{
	static const char *const heads[] = { "When", "Who", "From", "What", "Of what", "Result",
		NULL };
	struct buf page = { 0 };
	const json_t *record;
	json_t *records;
	size_t i;

	if (!page_reply_is_good(request, 0))
		return;
	records = page_list(request, 0);
	page_begin(&page, request, TAB_AUDIT, "Audit");
	put_audit_form(&page, request);
	page_live_begin(&page, "audit");
	if (json_array_size(records) == 0)
		buf_text(&page, "<p class=\"empty\">Nothing was changed.</p>");
	else {
		page_table_begin(&page, "Audit", heads);
		json_array_foreach(records, i, record) put_record(&page, record);
		page_table_end(&page);
	}
	put_older(&page, request, records);
	page_live_end(&page);
	json_decref(records);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_audit(struct request *request)
{
	static const char *const fields[] = { "who", "verb" };
	const char *before = pairs_find(&request->query, "before"), *errstr;
	json_t *filter = json_pack("{s:i}", "limit", PAGE_AUDIT);
	int64_t id;

	if (before != NULL && text_to_int(before, 1, INT64_MAX, &id, &errstr) == 0)
		json_object_set_new(filter, "before", json_integer(id));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *value = pairs_find(&request->query, fields[i]);

		if (value != NULL && value[0] != '\0')
			json_object_set_new(filter, fields[i], json_string(value));
	}
	api_ask_json(request, UPSTREAM_QUEUE, VERB_AUDITS, filter);
	request_then(request, then_audit);
}
