/* Jobs by state, with filters, and what is done with many of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "page_jobs.h"
#include "reply_json.h"

#define PAGE_JOBS 50

enum { ASK_JOBS, ASK_STATS };

static bool
is_filtered(const struct request *request)
{
	for (size_t i = 1; page_jobs_filters[i] != NULL; i++) {
		const char *value = pairs_find(&request->query, page_jobs_filters[i]);

		if (value != NULL && value[0] != '\0')
			return true;
	}
	return false;
}

/* A link to the same filter with another state; the count is of all jobs, so only without one. */
static void
put_state(struct buf *page, const struct request *request, const char *state, int64_t count)
{
	const char *now = pairs_find(&request->query, "state");
	bool is_now = strcmp(now != NULL ? now : "", state) == 0;
	const char *mark = "?";

	buf_printf(page, "<a href=\"%s/jobs", request->prefix);
	for (size_t i = 0; page_jobs_filters[i] != NULL; i++) {
		const char *value =
		    i == 0 ? state : pairs_find(&request->query, page_jobs_filters[i]);

		if (value == NULL || value[0] == '\0')
			continue;
		buf_printf(page, "%s%s=", mark, page_jobs_filters[i]);
		buf_url(page, value);
		mark = "&amp;";
	}
	buf_printf(page, "\"%s>%s", is_now ? " aria-current=\"true\"" : "",
	    state[0] != '\0' ? state : "all");
	if (count >= 0 && !is_filtered(request)) {
		buf_text(page, " <span class=\"count\">");
		page_int(page, count);
		buf_text(page, "</span>");
	}
	buf_text(page, "</a>");
}

static void
put_states(struct buf *page, const struct request *request)
{
	json_t *stats = reply_json(request_reply(request, ASK_STATS));
	const json_t *states = json_object_get(stats, "states");
	int64_t all = 0;

	for (size_t i = 0; page_job_states[i] != NULL; i++)
		all += member_int(states, page_job_states[i]);
	buf_text(page, "<nav class=\"states\" aria-label=\"States\">");
	put_state(page, request, "", states != NULL ? all : -1);
	for (size_t i = 0; page_job_states[i] != NULL; i++)
		put_state(page, request, page_job_states[i],
		    states != NULL ? member_int(states, page_job_states[i]) : -1);
	buf_text(page, "</nav>");
	json_decref(stats);
}

static void
put_filter(struct buf *page, const struct request *request, const char *label, const char *name)
{
	buf_printf(page, "<label>%s <input name=\"%s\" value=\"", label, name);
	buf_html(page, pairs_find(&request->query, name));
	buf_text(page, "\"></label>");
}

static void
put_filters(struct buf *page, const struct request *request)
{
	buf_printf(
	    page, "<form class=\"filters\" method=\"get\" action=\"%s/jobs\">", request->prefix);
	page_hidden(page, "state", pairs_find(&request->query, "state"));
	put_filter(page, request, "Type", "type");
	put_filter(page, request, "Queue", "queue");
	put_filter(page, request, "Tag", "tag");
	buf_text(page, "<button>Show</button>");
	if (is_filtered(request))
		buf_printf(page, "<a href=\"%s/jobs\">Clear the filter</a>", request->prefix);
	if (request->identity.role >= ROLE_OPERATE)
		buf_printf(
		    page, "<a class=\"button\" href=\"%s/jobs/new\">New job</a>", request->prefix);
	buf_text(page, "</form>");
}

/* When it matters: ended jobs have ended, others are due. */
static void
put_when(struct buf *page, const json_t *job)
{
	static const char *const members[] = { "finished_at", "started_at", "run_at" };
	static const char *const words[] = { "", "since ", "due " };

	buf_text(page, "<td>");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		bool is_running = strcmp(member_text(job, "state"), "running") == 0;

		if (member_text(job, members[i])[0] == '\0' || (i == 1 && !is_running))
			continue;
		buf_text(page, words[i]);
		page_time(page, member_text(job, members[i]));
		break;
	}
	buf_text(page, "</td>");
}

static void
put_args(struct buf *page, const json_t *job)
{
	char *args = json_dumps(json_object_get(job, "args"), JSON_ENCODE_ANY | JSON_COMPACT);
	size_t len = args != NULL ? strlen(args) : 0;

	buf_text(page, "<td class=\"args\"><code>");
	/* Cut by the style, but a megabyte need not be sent for that. */
	if (len > 200) {
		for (len = 200; len > 0 && (args[len] & 0xC0) == 0x80; len--)
			;
		buf_html_len(page, args, len);
		buf_text(page, "...");
	} else
		buf_html(page, args);
	buf_text(page, "</code></td>");
	free(args);
}

static void
put_job(struct buf *page, const struct request *request, const json_t *job)
{
	const char *jid = member_text(job, "jid"), *why;

	buf_text(page, "<tr>");
	if (request->identity.role >= ROLE_OPERATE) {
		buf_text(
		    page, "<td class=\"select\"><input type=\"checkbox\" name=\"jid\" value=\"");
		buf_html(page, jid);
		buf_text(page, "\" aria-label=\"Select ");
		buf_html(page, jid);
		buf_text(page, "\"></td>");
	}
	buf_printf(page, "<th scope=\"row\"><a href=\"%s/jobs/", request->prefix);
	buf_url(page, jid);
	buf_text(page, "\">");
	buf_html(page, member_text(job, "jobtype"));
	buf_text(page, " <code class=\"quiet\">");
	buf_html_len(page, jid, strnlen(jid, 8));
	buf_text(page, "</code></a></th>");
	buf_text(page, "<td>");
	page_badge(page, member_text(job, "state"));
	why = member_text(json_object_get(job, "failure"), "message");
	if (why[0] != '\0' && strcmp(member_text(job, "state"), "done") != 0) {
		buf_text(page, " <span class=\"quiet why\">");
		buf_html_len(page, why, strnlen(why, 80));
		buf_text(page, "</span>");
	}
	buf_text(page, "</td>");
	put_args(page, job);
	page_cell(page, member_text(job, "queue"));
	put_when(page, job);
	page_cell_int(page, member_int(job, "attempts"));
	buf_text(page, "</tr>");
}

/* The filter goes along, for "all that fit". */
static void
put_bulk(struct buf *page, const struct request *request)
{
	if (request->identity.role < ROLE_OPERATE)
		return;
	for (size_t i = 0; page_jobs_filters[i] != NULL; i++)
		page_hidden(
		    page, page_jobs_filters[i], pairs_find(&request->query, page_jobs_filters[i]));
	buf_text(page, "<div class=\"actions\"><label>With <select name=\"which\"><option "
		       "value=\"selected\">the selected</option><option value=\"all\">all that "
		       "fit the filter</option></select></label>"
		       "<button name=\"do\" value=\"retry\">Retry</button>"
		       "<button name=\"do\" value=\"cancel\" class=\"danger\">Cancel</button>"
		       "<button name=\"do\" value=\"delete\" class=\"danger\">Delete</button>"
		       "</div>");
}

static void
put_more(struct buf *page, const struct request *request, const json_t *jobs)
{
	const json_t *last = json_array_get(jobs, json_array_size(jobs) - 1);
	struct buf query = { 0 };

	page_jobs_query(&query, &request->query);
	buf_text(page, "<p class=\"pages\">");
	if (pairs_find(&request->query, "after") != NULL) {
		buf_printf(page, "<a href=\"%s/jobs", request->prefix);
		buf_html(page, query.data);
		buf_text(page, "\">The newest</a> ");
	}
	if (json_array_size(jobs) == PAGE_JOBS && json_is_integer(json_object_get(last, "seq"))) {
		buf_printf(page, "<a href=\"%s/jobs", request->prefix);
		buf_html(page, query.data);
		buf_printf(page, "%safter=%" PRId64 "\">Older ones</a>",
		    query.len > 0 ? "&amp;" : "?", member_int(last, "seq"));
	}
	buf_text(page, "</p>");
	buf_free(&query);
}

static void
then_jobs(struct request *request)
{
	static const char *const heads[] = { "<span class=\"hidden\">Select</span>", "Job", "State",
		"Arguments", "Queue", "When", "#Attempts", NULL };
	bool selects = request->identity.role >= ROLE_OPERATE;
	struct buf page = { 0 };
	const json_t *job;
	json_t *jobs;
	size_t i;

	if (!page_reply_is_good(request, ASK_JOBS))
		return;
	jobs = page_list(request, ASK_JOBS);
	page_begin(&page, request, TAB_JOBS, "Jobs");
	page_live_begin(&page, "states");
	put_states(&page, request);
	page_live_end(&page);
	put_filters(&page, request);
	buf_printf(&page, "<form method=\"post\" action=\"%s/jobs\">", request->prefix);
	put_bulk(&page, request);
	page_live_begin(&page, "jobs");
	if (json_array_size(jobs) > 0) {
		page_table_begin(&page, "Jobs", heads + !selects);
		json_array_foreach(jobs, i, job) put_job(&page, request, job);
		page_table_end(&page);
	} else
		buf_text(&page, "<p class=\"empty\">No job fits.</p>");
	put_more(&page, request, jobs);
	page_live_end(&page);
	buf_text(&page, "</form>");
	json_decref(jobs);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_jobs(struct request *request)
{
	const char *after = pairs_find(&request->query, "after"), *errstr;
	json_t *filter = page_jobs_filter(&request->query);
	int64_t seq;

	json_object_set_new(filter, "limit", json_integer(PAGE_JOBS));
	if (after != NULL && text_to_int(after, 0, INT64_MAX, &seq, &errstr) == 0)
		json_object_set_new(filter, "after", json_integer(seq));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_JOBS, filter);
	request_ask(request, UPSTREAM_QUEUE, VERB_STATS " hours=1");
	request_then(request, then_jobs);
}
