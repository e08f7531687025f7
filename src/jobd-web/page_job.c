/* One job: what it is, what it waits for, its attempts and their output. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "reply_json.h"

enum { ASK_JOB, ASK_WHY };

static const struct page_action actions[] = {
	{"retry",       "Retry", VERB_RETRY, ROLE_OPERATE, NULL, "is ready again" },
	{ "run",   "Run now", VERB_RETRY, ROLE_OPERATE, NULL, "is due now" },
	{ "cancel",         "Cancel", VERB_CANCEL, ROLE_OPERATE,
         "It is not done, and if it runs it is ended.", "was cancelled" },
	{ "kill",            "Kill", VERB_KILL, ROLE_OPERATE,
         "Its processes are killed at once, without a chance to tidy up.", "was killed" },
	{ "delete",  "Delete", VERB_DELETE, ROLE_OPERATE,
         "It is forgotten, with its attempts and their output.", "was deleted" },
	{ .word = NULL},
};
static const struct page_actions job_actions = { "/jobs", NULL, UPSTREAM_QUEUE, actions };

/* Which buttons make sense in which state. */
static const struct {
	const char *state, *words[4];
} offers[] = {
	{"ready",      { "cancel", "delete" }       },
	{ "blocked",   { "cancel", "delete" }       },
	{ "scheduled", { "run", "cancel", "delete" }},
	{ "retry",     { "run", "cancel", "delete" }},
	{ "running",   { "cancel", "kill" }         },
	{ "dead",      { "retry", "delete" }        },
	{ "cancelled", { "retry", "delete" }        },
	{ "done",      { "delete" }                 },
};

static void
put_buttons(struct buf *page, const struct request *request, const json_t *job)
{
	const char *state = member_text(job, "state"), *jid = member_text(job, "jid");

	buf_text(page, "<div class=\"actions\">");
	page_badge(page, state);
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		for (size_t j = 0;
		     strcmp(offers[i].state, state) == 0 && j < 4 && offers[i].words[j] != NULL;
		     j++)
			page_button(page, request, &job_actions, offers[i].words[j], jid);
	if (request->identity.role >= ROLE_OPERATE) {
		buf_printf(page, "<a class=\"button\" href=\"%s/jobs/new?like=", request->prefix);
		buf_url(page, jid);
		buf_text(page, "\">Push one like it</a>");
	}
	buf_printf(page, "<a href=\"%s/api/v1/jobs/", request->prefix);
	buf_url(page, jid);
	buf_text(page, "\">As JSON</a></div>");
}

static void
put_filter_fact(struct buf *page, const struct request *request, const char *name,
    const json_t *job, const char *member, const char *filter)
{
	const char *value = member_text(job, member);

	if (value[0] == '\0')
		return;
	buf_printf(
	    page, "<div><dt>%s</dt><dd><a href=\"%s/jobs?%s=", name, request->prefix, filter);
	buf_url(page, value);
	buf_text(page, "\">");
	buf_html(page, value);
	buf_text(page, "</a></dd></div>");
}

static void
put_tags(struct buf *page, const struct request *request, const json_t *job)
{
	const json_t *tags = json_object_get(job, "tags"), *tag;
	size_t i;

	if (tags == NULL)
		tags = json_object_get(json_object_get(job, "custom"), "tags");
	if (json_array_size(tags) == 0)
		return;
	buf_text(page, "<div><dt>Tags</dt><dd>");
	json_array_foreach(tags, i, tag)
	{
		const char *text = json_string_value(tag);

		buf_printf(page, "<a class=\"tag\" href=\"%s/jobs?tag=", request->prefix);
		buf_url(page, text != NULL ? text : "");
		buf_text(page, "\">");
		buf_html(page, text);
		buf_text(page, "</a> ");
	}
	buf_text(page, "</dd></div>");
}

static void
put_parent(struct buf *page, const struct request *request, const json_t *job)
{
	const char *parent = member_text(job, "parent");

	if (parent[0] == '\0')
		return;
	buf_text(page, "<div><dt>Parent</dt><dd>");
	page_link(page, request, "/jobs", parent);
	buf_text(page, "</dd></div>");
}

static void
put_facts(struct buf *page, const struct request *request, const json_t *job)
{
	const json_t *failure = json_object_get(job, "failure");

	buf_text(page, "<dl class=\"facts\">");
	page_fact(page, "ID", job, "jid");
	put_filter_fact(page, request, "Type", job, "jobtype", "type");
	put_filter_fact(page, request, "Queue", job, "queue", "queue");
	page_fact(page, "Priority", job, "priority");
	put_tags(page, request, job);
	put_parent(page, request, job);
	page_fact(page, "Batch", job, "bid");
	page_fact(page, "Created", job, "created_at");
	page_fact(page, "Due", job, "run_at");
	page_fact(page, "Began", job, "started_at");
	page_fact(page, "Finished", job, "finished_at");
	page_fact(page, "Worker", job, "worker");
	page_fact(page, "Reason", job, "reason");
	page_fact(page, "Failed with", failure, "message");
	page_fact(page, "Attempts left", failure, "remaining");
	buf_text(page, "</dl>");
}

static void
put_json(struct buf *page, const char *title, const json_t *value)
{
	char *text;

	if (value == NULL || json_is_null(value))
		return;
	text = page_pretty(value);
	buf_printf(page,
	    "<h2>%s</h2><pre class=\"json\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">",
	    title, title);
	page_long_text(page, text != NULL ? text : "");
	buf_text(page, "</pre>");
	free(text);
}

/* What it waits for, as jobctl why says it. */
static void
put_why(struct buf *page, const struct request *request)
{
	json_t *why = NULL;
	const json_t *because, *item;
	size_t i;

	if (request->replies[ASK_WHY].kind == REPLY_BULK)
		why = reply_json(request_reply(request, ASK_WHY));
	because = json_object_get(why, "because");
	if (json_array_size(because) > 0)
		buf_text(page, "<div class=\"note\"><strong>It does not run yet:</strong><ul>");
	json_array_foreach(because, i, item)
	{
		buf_text(page, "<li>");
		buf_html(page, member_text(item, "text"));
		buf_text(page, "</li>");
	}
	if (json_array_size(because) > 0)
		buf_text(page, "</ul></div>");
	json_decref(why);
}

static void
put_output(struct buf *page, const json_t *attempt)
{
	int64_t left_out = member_int(attempt, "output_left_out");

	if (member_text(attempt, "output_head")[0] == '\0')
		return;
	buf_printf(page,
	    "<pre class=\"log\" tabindex=\"0\" role=\"region\" aria-label=\"Output of attempt "
	    "%" PRId64 "\">",
	    member_int(attempt, "number"));
	buf_html(page, member_text(attempt, "output_head"));
	if (left_out > 0) {
		buf_text(page, "\n<span class=\"quiet\">[");
		page_bytes(page, left_out);
		buf_text(page, " left out]</span>\n");
	}
	buf_html(page, member_text(attempt, "output_tail"));
	buf_text(page, "</pre>");
}

static void
put_attempt(struct buf *page, const json_t *attempt)
{
	const char *reason = member_text(attempt, "reason"), *error = member_text(attempt, "error");

	buf_printf(page,
	    "<section class=\"attempt\"><h3>Attempt %" PRId64 "</h3><p class=\"quiet\">",
	    member_int(attempt, "number"));
	page_time(page, member_text(attempt, "started_at"));
	buf_text(page, ", took ");
	page_duration(page, member_int(attempt, "duration_ms"));
	buf_text(page, ": ");
	if (error[0] != '\0') {
		buf_text(page, "<strong class=\"bad\">");
		page_long_text(page, error);
		buf_text(page, "</strong>");
	} else {
		buf_html(page, reason[0] != '\0' ? reason : "done");
		if (json_is_integer(json_object_get(attempt, "code")))
			buf_printf(page, " %" PRId64, member_int(attempt, "code"));
	}
	buf_text(page, "</p>");
	put_output(page, attempt);
	buf_text(page, "</section>");
}

/* The last one is what people look for. */
static void
put_attempts(struct buf *page, const json_t *job)
{
	const json_t *attempts = json_object_get(job, "attempts");
	size_t count = json_array_size(attempts);

	buf_text(page, "<h2>Attempts</h2>");
	if (count == 0)
		buf_text(page, "<p class=\"empty\">None has ended yet.</p>");
	while (count-- > 0)
		put_attempt(page, json_array_get(attempts, count));
}

static void
then_job(struct request *request)
{
	struct buf page = { 0 };
	json_t *job;

	if (!page_reply_is_good(request, ASK_JOB))
		return;
	job = reply_json(request_reply(request, ASK_JOB));
	page_begin(&page, request, TAB_JOBS, member_text(job, "jobtype"));
	page_live_begin(&page, "job");
	put_buttons(&page, request, job);
	put_why(&page, request);
	put_facts(&page, request, job);
	put_json(&page, "Arguments", json_object_get(job, "args"));
	put_json(&page, "Result", json_object_get(job, "result"));
	put_attempts(&page, job);
	page_live_end(&page);
	json_decref(job);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_job(struct request *request)
{
	const char *jid = page_name(request);

	if (jid == NULL)
		return;
	request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", jid);
	request_ask(request, UPSTREAM_QUEUE, VERB_WHY " %s", jid);
	request_then(request, then_job);
}

static void
then_deleted(struct request *request)
{
	if (!page_reply_is_good(request, 0))
		return;
	respond_redirect(request, "/jobs");
	page_note(request, "%s was deleted.", request->parameters[0]);
}

void
page_job_act(struct request *request)
{
	const char *jid = page_name(request);

	if (jid == NULL)
		return;
	if (strcmp(request->parameters[1], "delete") != 0) {
		page_act(request, &job_actions);
		return;
	}
	/* There is nothing to go back to. */
	if (page_action_of(request, &job_actions) == NULL)
		return;
	request_ask(request, UPSTREAM_QUEUE, VERB_DELETE " %s", jid);
	request_then(request, then_deleted);
}
