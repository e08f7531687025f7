/* A form that makes a job, and what is found by one word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "jid.h"
#include "page.h"
#include "reply_json.h"

enum { ASK_TYPES, ASK_LIKE };

/* The fields, and what is in them. */
struct fields {
	char *type, *args, *queue, *at, *priority, *tags;
};

static void
fields_free(struct fields *fields)
{
	free(fields->type);
	free(fields->args);
	free(fields->queue);
	free(fields->at);
	free(fields->priority);
	free(fields->tags);
}

static char *
copy(const struct pairs *pairs, const char *name, const char *otherwise)
{
	const char *value = pairs_find(pairs, name);

	return strdup(value != NULL ? value : otherwise);
}

static struct fields
fields_take(const struct pairs *pairs)
{
	return (struct fields){
		.type = copy(pairs, "type", ""),
		.args = copy(pairs, "args", "[]"),
		.queue = copy(pairs, "queue", ""),
		.at = copy(pairs, "at", ""),
		.priority = copy(pairs, "priority", ""),
		.tags = copy(pairs, "tags", ""),
	};
}

/* As the job that it is to be like; of its fields those that a new one would have again. */
static void
fields_like(struct fields *fields, const json_t *job)
{
	char *args = page_pretty(json_object_get(job, "args"));

	if (job == NULL || args == NULL) {
		free(args);
		return;
	}
	free(fields->type);
	free(fields->args);
	free(fields->queue);
	fields->type = strdup(member_text(job, "jobtype"));
	fields->args = args;
	fields->queue = strdup(member_text(job, "queue"));
}

static void
put_field(
    struct buf *page, const char *label, const char *name, const char *value, const char *more)
{
	buf_printf(page, "<label>%s <input name=\"%s\" %s value=\"", label, name, more);
	buf_html(page, value);
	buf_text(page, "\"></label>");
}

static void
put_types(struct buf *page, const struct request *request)
{
	json_t *list = page_list(request, ASK_TYPES);
	const json_t *item;
	size_t i;

	buf_text(page, "<datalist id=\"types\">");
	json_array_foreach(list, i, item)
	{
		buf_text(page, "<option value=\"");
		buf_html(page, member_text(item, "name"));
		buf_text(page, "\">");
	}
	buf_text(page, "</datalist>");
	json_decref(list);
}

static void
put_form(
    struct request *request, const struct fields *fields, unsigned int status, const char *wrong)
{
	struct buf page = { 0 };

	page_begin(&page, request, TAB_JOBS, "New job");
	if (wrong != NULL) {
		buf_text(&page, "<p class=\"note bad\" role=\"alert\">");
		buf_html(&page, wrong);
		buf_text(&page, "</p>");
	}
	/* What was masked must not be pushed as it is shown. */
	if (strstr(fields->args, "\"***\"") != NULL)
		buf_text(&page, "<p class=\"note warn\">Secret values are shown as \"***\": write "
				"them anew.</p>");
	buf_printf(&page, "<form class=\"card fields\" method=\"post\" action=\"%s/jobs/new\">",
	    request->prefix);
	put_field(&page, "Type", "type", fields->type, "list=\"types\" required autofocus");
	buf_text(&page, "<label>Arguments, a JSON list <textarea name=\"args\" rows=\"6\" "
			"spellcheck=\"false\">\n");
	buf_html(&page, fields->args);
	buf_text(&page, "</textarea></label>");
	put_field(&page, "Queue, if not the type's own", "queue", fields->queue, "");
	put_field(&page, "Not before: +10min, or 2027-01-31T08:00:00Z", "at", fields->at, "");
	put_field(&page, "Priority, 1 to 9", "priority", fields->priority,
	    "type=\"number\" min=\"1\" max=\"9\"");
	put_field(&page, "Tags, with commas", "tags", fields->tags, "");
	put_types(&page, request);
	buf_text(&page, "<div class=\"actions\"><button class=\"main\">Push</button></div></form>");
	page_end(&page, request, status);
}

static void
then_form(struct request *request)
{
	struct fields fields = fields_take(&request->query);
	json_t *like = NULL;

	if (request->ask_count > ASK_LIKE && request->replies[ASK_LIKE].kind == REPLY_BULK)
		like = reply_json(request_reply(request, ASK_LIKE));
	fields_like(&fields, like);
	json_decref(like);
	put_form(request, &fields, MHD_HTTP_OK, NULL);
	fields_free(&fields);
}

void
page_push(struct request *request)
{
	const char *like = pairs_find(&request->query, "like");

	request_ask(request, UPSTREAM_QUEUE, VERB_SCHEDULES);
	if (like != NULL && text_is_name(like))
		request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", like);
	request_then(request, then_form);
}

static void
respond_wrong(struct request *request, unsigned int status, const char *why)
{
	struct fields fields = fields_take(&request->form);

	put_form(request, &fields, status, why);
	fields_free(&fields);
}

/* "+10min" or RFC 3339; NULL or what is wrong. */
static const char *
set_at(json_t *job, const char *text)
{
	char at[WALLTIME_TEXT_MAX];
	struct walltime when;
	const char *errstr;
	int64_t ms;

	if (text == NULL || text[0] == '\0')
		return NULL;
	if (text[0] == '+' && text_to_duration_ms(text + 1, &ms, &errstr) == 0)
		when = walltime_add_ms(walltime_now(), ms);
	else if (text[0] == '+' || walltime_parse(text, &when, &errstr) == -1)
		return "'Not before' is a time to wait, as +10min, or a point in time, as "
		       "2027-01-31T08:00:00Z.";
	json_object_set_new(job, "at", json_string(walltime_format(when, at, sizeof(at))));
	return NULL;
}

static const char *
set_args(json_t *job, const char *text)
{
	json_t *args = json_loads(text != NULL ? text : "", JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_array(args)) {
		json_decref(args);
		return "The arguments are no JSON list, as [1, \"two\"].";
	}
	json_object_set_new(job, "args", args);
	return NULL;
}

static void
set_tags(json_t *job, const char *text)
{
	json_t *tags = json_array();

	for (size_t len; text != NULL && *text != '\0'; text += len) {
		text += strspn(text, ", ");
		len = strcspn(text, ",");
		if (len > 0)
			json_array_append_new(tags, json_stringn(text, len));
	}
	if (json_array_size(tags) > 0)
		json_object_set_new(job, "custom", json_pack("{s:O}", "tags", tags));
	json_decref(tags);
}

/* The payload; NULL with what is wrong. */
static json_t *
read_job(const struct pairs *form, const char **wrong)
{
	const char *type = pairs_find(form, "type"), *queue = pairs_find(form, "queue");
	const char *priority = pairs_find(form, "priority"), *errstr;
	char jid[JID_MAX];
	json_t *job = json_object();
	int64_t number;

	jid_random(jid);
	json_object_set_new(job, "jid", json_string(jid));
	json_object_set_new(job, "jobtype", json_string(type));
	if (queue != NULL && queue[0] != '\0')
		json_object_set_new(job, "queue", json_string(queue));
	set_tags(job, pairs_find(form, "tags"));
	*wrong = type == NULL || type[0] == '\0' ? "The type is missing." : NULL;
	if (priority != NULL && priority[0] != '\0') {
		if (text_to_int(priority, 1, 9, &number, &errstr) == -1)
			*wrong = "The priority is a number from 1 to 9.";
		else
			json_object_set_new(job, "priority", json_integer(number));
	}
	if (*wrong == NULL)
		*wrong = set_at(job, pairs_find(form, "at"));
	if (*wrong == NULL)
		*wrong = set_args(job, pairs_find(form, "args"));
	if (*wrong == NULL)
		return job;
	json_decref(job);
	return NULL;
}

static void
job_free(void *job)
{
	json_decref(job);
}

static void
then_pushed(struct request *request)
{
	const char *jid = member_text(request->state, "jid"), *text;
	struct buf path = { 0 };

	if (request->replies[0].kind == REPLY_ERROR) {
		text = request_reply(request, 0);
		text = strchr(text, ' ') != NULL ? strchr(text, ' ') + 1 : text;
		respond_wrong(request, MHD_HTTP_UNPROCESSABLE_CONTENT, text);
		return;
	}
	if (!page_reply_is_good(request, 0))
		return;
	buf_printf(&path, "/jobs/%s", jid);
	respond_redirect(request, path.failed ? "/jobs" : path.data);
	page_note(request, "The job was pushed.");
	buf_free(&path);
}

void
page_push_post(struct request *request)
{
	const char *wrong;
	json_t *job = read_job(&request->form, &wrong);

	if (job == NULL) {
		respond_wrong(request, MHD_HTTP_UNPROCESSABLE_CONTENT, wrong);
		return;
	}
	request->state = job;
	request->state_free = job_free;
	api_ask_json(request, UPSTREAM_QUEUE, VERB_PUSH, json_incref(job));
	request_then(request, then_pushed);
}

/* Finding. */

enum { ASK_JID, ASK_TYPE, ASK_QUEUE, ASK_TAG };

static void
then_found(struct request *request)
{
	static const char *const names[] = { NULL, "type", "queue", "tag" };
	const char *text = pairs_find(&request->query, "q");
	struct buf path = { 0 };
	size_t found = ASK_TYPE;

	if (request->replies[ASK_JID].kind == REPLY_BULK) {
		buf_text(&path, "/jobs/");
		buf_url(&path, text);
	} else {
		while (found < ASK_TAG && request->replies[found].count == 0)
			found++;
		/* Without a hit the list says that no job of this type is there. */
		if (found == ASK_TAG && request->replies[ASK_TAG].count == 0)
			found = ASK_TYPE;
		buf_printf(&path, "/jobs?%s=", names[found]);
		buf_url(&path, text);
	}
	respond_redirect(request, path.failed ? "/jobs" : path.data);
	buf_free(&path);
}

static void
ask_one(struct request *request, const char *name, const char *value)
{
	api_ask_json(
	    request, UPSTREAM_QUEUE, VERB_JOBS, json_pack("{s:s, s:i}", name, value, "limit", 1));
}

void
page_find(struct request *request)
{
	const char *text = pairs_find(&request->query, "q");
	json_t *value = json_string(text);

	json_decref(value);
	if (value == NULL || text[0] == '\0') {
		respond_redirect(request, "/jobs");
		return;
	}
	/* What is no word can't be a jid. */
	request_ask(request, UPSTREAM_QUEUE, VERB_JOB " %s", text_is_name(text) ? text : "-");
	ask_one(request, "type", text);
	ask_one(request, "queue", text);
	ask_one(request, "tag", text);
	request_then(request, then_found);
}
