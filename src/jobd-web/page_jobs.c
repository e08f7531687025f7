/* Jobs by state with filters, what is done with many of them, and one job. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"

#define PAGE_JOBS 50

static const char *const states[] = { "ready", "running", "scheduled", "blocked", "retry", "dead",
	"done", "cancelled" };
static const char *const filters[] = { "state", "type", "queue", "tag" };

/* What was chosen, as a query with "?" in front; nothing without. */
static void
put_query(struct buf *out, const struct request *request, const struct pairs *pairs)
{
	const char *mark = "?";

	(void)request;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		const char *value = pairs_find(pairs, filters[i]);

		if (value == NULL || value[0] == '\0')
			continue;
		buf_printf(out, "%s%s=", mark, filters[i]);
		buf_url(out, value);
		mark = "&";
	}
}

static json_t *
read_filter(const struct pairs *pairs)
{
	json_t *filter = json_object();

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		const char *value = pairs_find(pairs, filters[i]);

		if (value != NULL && value[0] != '\0')
			json_object_set_new(filter, filters[i], json_string(value));
	}
	return filter;
}

static void
put_filters(struct buf *page, const struct request *request)
{
	const char *state = pairs_find(&request->query, "state");

	buf_printf(page,
	    "<form class=\"filters\" method=\"get\" action=\"%s/jobs\"><label>State <select "
	    "name=\"state\"><option value=\"\">any</option>",
	    request->prefix);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		buf_printf(page, "<option%s>%s</option>",
		    state != NULL && strcmp(state, states[i]) == 0 ? " selected" : "", states[i]);
	buf_text(page, "</select></label>");
	for (size_t i = 1; i < sizeof(filters) / sizeof(filters[0]); i++) {
		buf_printf(page, "<label>%c%s <input name=\"%s\" value=\"",
		    filters[i][0] - 'a' + 'A', filters[i] + 1, filters[i]);
		buf_html(page, pairs_find(&request->query, filters[i]));
		buf_text(page, "\"></label>");
	}
	buf_text(page, "<button>Show</button></form>");
}

static void
put_job(struct buf *page, const struct request *request, const json_t *job)
{
	const char *jid = member_text(job, "jid");

	buf_text(page, "<tr><td>");
	if (request->identity.role >= ROLE_OPERATE) {
		buf_text(page, "<input type=\"checkbox\" name=\"jid\" value=\"");
		buf_html(page, jid);
		buf_text(page, "\" aria-label=\"Select ");
		buf_html(page, jid);
		buf_text(page, "\">");
	}
	buf_text(page, "</td><th scope=\"row\">");
	page_link(page, request, "/jobs", jid);
	buf_text(page, "</th>");
	page_cell(page, member_text(job, "jobtype"));
	buf_text(page, "<td>");
	page_badge(page, member_text(job, "state"));
	buf_text(page, "</td>");
	page_cell(page, member_text(job, "queue"));
	page_cell_time(page, member_text(job, "created_at"));
	page_cell_time(page, member_text(job, "finished_at"));
	page_cell_int(page, member_int(job, "attempts"));
	buf_text(page, "</tr>");
}

/* The filter goes along, for "all that fit". */
static void
put_bulk(struct buf *page, const struct request *request)
{
	if (request->identity.role < ROLE_OPERATE)
		return;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		buf_printf(page, "<input type=\"hidden\" name=\"%s\" value=\"", filters[i]);
		buf_html(page, pairs_find(&request->query, filters[i]));
		buf_text(page, "\">");
	}
	buf_text(page, "<div class=\"actions\"><label>With <select name=\"which\"><option "
		       "value=\"selected\">the "
		       "selected</option><option value=\"all\">all that fit the "
		       "filter</option></select></label>"
		       "<button name=\"do\" value=\"retry\">Retry</button>"
		       "<button name=\"do\" value=\"cancel\">Cancel</button>"
		       "<button name=\"do\" value=\"delete\">Delete</button></div>");
}

static void
put_more(struct buf *page, const struct request *request, const json_t *jobs)
{
	const json_t *last = json_array_get(jobs, json_array_size(jobs) - 1);
	struct buf query = { 0 };

	if (json_array_size(jobs) < PAGE_JOBS || !json_is_integer(json_object_get(last, "seq")))
		return;
	put_query(&query, request, &request->query);
	buf_printf(page, "<p><a href=\"%s/jobs%s%safter=%" PRId64 "\">Older ones</a></p>",
	    request->prefix, query.len > 0 ? query.data : "", query.len > 0 ? "&amp;" : "?",
	    member_int(last, "seq"));
	buf_free(&query);
}

static void
then_jobs(struct request *request)
{
	static const char *const heads[] = { "<span class=\"hidden\">Select</span>", "Job", "Type",
		"State", "Queue", "Created", "Finished", "Attempts", NULL };
	struct buf page = { 0 };
	const json_t *job;
	json_t *jobs;
	size_t i;

	if (!page_reply_is_good(request, 0))
		return;
	jobs = page_list(request, 0);
	page_begin(&page, request, TAB_JOBS, "Jobs");
	put_filters(&page, request);
	buf_printf(&page, "<form method=\"post\" action=\"%s/jobs\">", request->prefix);
	put_bulk(&page, request);
	page_table_begin(&page, "Jobs", heads);
	json_array_foreach(jobs, i, job) put_job(&page, request, job);
	page_table_end(&page);
	buf_text(&page, json_array_size(jobs) == 0 ? "<p>No job fits.</p></form>" : "</form>");
	put_more(&page, request, jobs);
	json_decref(jobs);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_jobs(struct request *request)
{
	const char *after = pairs_find(&request->query, "after");
	json_t *filter = read_filter(&request->query);

	json_object_set_new(filter, "limit", json_integer(PAGE_JOBS));
	if (after != NULL)
		json_object_set_new(filter, "after", json_integer(strtoll(after, NULL, 10)));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_JOBS, filter);
	request_then(request, then_jobs);
}

/* Many. */

static void
back_to_list(struct request *request)
{
	struct buf path = { 0 };

	buf_text(&path, "/jobs");
	put_query(&path, request, &request->form);
	page_back(request, path.failed ? "/jobs" : path.data);
	buf_free(&path);
}

static const char *
verb_of(const char *action)
{
	static const char *const verbs[][2] = {
		{"retry",   VERB_RETRY },
                { "cancel", VERB_CANCEL},
                { "delete", VERB_DELETE},
		{ "kill",   VERB_KILL  }
	};

	for (size_t i = 0; action != NULL && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i][0], action) == 0)
			return verbs[i][1];
	return NULL;
}

/* A few at a time; what can't be done to one of them is seen in the list. */
static void
then_next(struct request *request)
{
	const char *verb = verb_of(pairs_find(&request->form, "do"));
	size_t *next = request->state;

	request_forget(request);
	for (; *next < request->form.count && request->ask_count < REQUEST_ASKS_MAX; ++*next) {
		const struct pair *pair = &request->form.list[*next];

		if (strcmp(pair->name, "jid") == 0 && strpbrk(pair->value, " \r\n={[") == NULL)
			request_ask(request, UPSTREAM_QUEUE, "%s %s", verb, pair->value);
	}
	if (request->ask_count == 0)
		back_to_list(request);
	else
		request_then(request, then_next);
}

static void
then_all(struct request *request)
{
	if (page_reply_is_good(request, 0))
		back_to_list(request);
}

void
page_jobs_bulk(struct request *request)
{
	const char *which = pairs_find(&request->form, "which");
	const char *action = pairs_find(&request->form, "do");
	json_t *body;

	if (verb_of(action) == NULL) {
		page_problem(request, MHD_HTTP_BAD_REQUEST, "There is no such action.");
		return;
	}
	if (which == NULL || strcmp(which, "all") != 0) {
		request->state = calloc(1, sizeof(size_t));
		request->state_free = free;
		if (request->state == NULL)
			respond_unavailable(request, "no memory");
		else
			then_next(request);
		return;
	}
	body = json_object();
	json_object_set_new(body, "do", json_string(action));
	json_object_set_new(body, "filter", read_filter(&request->form));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_BULK, body);
	request_then(request, then_all);
}

/* One. */

static void
put_fact(struct buf *page, const char *name, const json_t *job, const char *member)
{
	const json_t *value = json_object_get(job, member);
	const char *text = json_string_value(value);

	if (value == NULL || json_is_null(value))
		return;
	buf_printf(page, "<dt>%s</dt><dd>", name);
	if (strlen(member) > 3 && strcmp(member + strlen(member) - 3, "_at") == 0)
		page_time(page, text != NULL ? text : "");
	else if (text != NULL)
		buf_html(page, text);
	else {
		char *json = json_dumps(value, JSON_ENCODE_ANY);

		buf_html(page, json);
		free(json);
	}
	buf_text(page, "</dd>");
}

static void
put_attempt(struct buf *page, const json_t *attempt)
{
	buf_printf(
	    page, "<section><h3>Attempt %" PRId64 "</h3><dl>", member_int(attempt, "number"));
	put_fact(page, "Began", attempt, "started_at");
	put_fact(page, "Ended", attempt, "ended_at");
	put_fact(page, "Took (ms)", attempt, "duration_ms");
	put_fact(page, "End", attempt, "reason");
	put_fact(page, "Code", attempt, "code");
	put_fact(page, "Error", attempt, "error");
	buf_text(page, "</dl>");
	if (member_text(attempt, "output_head")[0] != '\0') {
		buf_text(page, "<pre class=\"log\" tabindex=\"0\" aria-label=\"Output\">");
		buf_html(page, member_text(attempt, "output_head"));
		if (member_int(attempt, "output_left_out") > 0)
			buf_text(page, "\n[...]\n");
		buf_html(page, member_text(attempt, "output_tail"));
		buf_text(page, "</pre>");
	}
	buf_text(page, "</section>");
}

static void
then_job(struct request *request)
{
	struct buf page = { 0 };
	const json_t *attempt;
	const char *jid;
	json_t *job;
	size_t i;

	if (!page_reply_is_good(request, 0))
		return;
	job = json_loads(request_reply(request, 0), 0, NULL);
	jid = member_text(job, "jid");
	page_begin(&page, request, TAB_JOBS, jid);
	buf_text(&page, "<p>");
	page_badge(&page, member_text(job, "state"));
	buf_text(&page, "</p><div class=\"actions\">");
	page_button(&page, request, ROLE_OPERATE, "/jobs", jid, "retry", "Retry");
	page_button(&page, request, ROLE_OPERATE, "/jobs", jid, "cancel", "Cancel");
	page_button(&page, request, ROLE_OPERATE, "/jobs", jid, "kill", "Kill");
	buf_text(&page, "</div><dl>");
	put_fact(&page, "Type", job, "jobtype");
	put_fact(&page, "Arguments", job, "args");
	put_fact(&page, "Queue", job, "queue");
	put_fact(&page, "Priority", job, "priority");
	put_fact(&page, "Created", job, "created_at");
	put_fact(&page, "Due", job, "run_at");
	put_fact(&page, "Began", job, "started_at");
	put_fact(&page, "Finished", job, "finished_at");
	put_fact(&page, "Reason", job, "reason");
	put_fact(&page, "Result", job, "result");
	buf_text(&page, "</dl><h2>Attempts</h2>");
	if (json_array_size(json_object_get(job, "attempts")) == 0)
		buf_text(&page, "<p>None has ended yet.</p>");
	json_array_foreach(json_object_get(job, "attempts"), i, attempt)
	    put_attempt(&page, attempt);
	json_decref(job);
	page_end(&page, request, MHD_HTTP_OK);
}

void
page_job(struct request *request)
{
	const char *jid = api_name(request);

	if (jid == NULL)
		return;
	request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", jid);
	request_then(request, then_job);
}

static void
then_acted(struct request *request)
{
	struct buf path = { 0 };

	if (!page_reply_is_good(request, 0))
		return;
	buf_text(&path, "/jobs/");
	buf_url(&path, request->parameters[0]);
	page_back(request, path.failed ? "/jobs" : path.data);
	buf_free(&path);
}

void
page_job_act(struct request *request)
{
	const char *jid = api_name(request), *verb = verb_of(request->parameters[1]);

	if (jid == NULL)
		return;
	if (verb == NULL) {
		page_problem(request, MHD_HTTP_NOT_FOUND, "There is no such action.");
		return;
	}
	request_ask(request, UPSTREAM_QUEUE, "%s %s", verb, jid);
	request_then(request, then_acted);
}
