/* What is done with many jobs: with the selected ones, or with all that fit a filter. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "page.h"
#include "page_jobs.h"
#include "reply_json.h"

const char *const page_jobs_filters[] = { "state", "type", "queue", "tag", NULL };

void
page_jobs_query(struct buf *out, const struct pairs *pairs)
{
	const char *mark = "?";

	for (size_t i = 0; page_jobs_filters[i] != NULL; i++) {
		const char *value = pairs_find(pairs, page_jobs_filters[i]);

		if (value == NULL || value[0] == '\0')
			continue;
		buf_printf(out, "%s%s=", mark, page_jobs_filters[i]);
		buf_url(out, value);
		mark = "&";
	}
}

json_t *
page_jobs_filter(const struct pairs *pairs)
{
	json_t *filter = json_object();

	for (size_t i = 0; page_jobs_filters[i] != NULL; i++) {
		const char *value = pairs_find(pairs, page_jobs_filters[i]);

		json_t *text = value != NULL && value[0] != '\0' ? json_string(value) : NULL;

		/* What is no UTF-8 fits nothing, instead of everything. */
		if (text == NULL && value != NULL && value[0] != '\0')
			text = json_string("\xEF\xBF\xBD");
		if (text != NULL)
			json_object_set_new(filter, page_jobs_filters[i], text);
	}
	return filter;
}

struct bulk {
	size_t next, changed, refused;
	int64_t after;
};

static const struct {
	const char *word, *verb, *label, *done;
	bool is_final;
} wishes[] = {
	{"retry",   VERB_RETRY,  "Retry",  "put back",  false},
	{ "cancel", VERB_CANCEL, "Cancel", "cancelled", true },
	{ "delete", VERB_DELETE, "Delete", "deleted",   true },
};
#define WISH_COUNT (sizeof(wishes) / sizeof(wishes[0]))

/* Of the form; WISH_COUNT if it is none. */
static size_t
wish_of(const struct request *request)
{
	const char *word = pairs_find(&request->form, "do");
	size_t i = 0;

	while (i < WISH_COUNT && (word == NULL || strcmp(wishes[i].word, word) != 0))
		i++;
	return i;
}

static void
back_to_list(struct request *request)
{
	const struct bulk *bulk = request->state;
	struct buf path = { 0 };

	buf_text(&path, "/jobs");
	page_jobs_query(&path, &request->form);
	respond_redirect(request, path.failed ? "/jobs" : path.data);
	if (bulk->refused > 0)
		page_note(request, "%zu jobs were %s; with %zu it could not be done.",
		    bulk->changed, wishes[wish_of(request)].done, bulk->refused);
	else
		page_note(request, "%zu job%s %s.", bulk->changed,
		    bulk->changed == 1 ? " was" : "s were", wishes[wish_of(request)].done);
	buf_free(&path);
}

static void
count_replies(struct request *request)
{
	struct bulk *bulk = request->state;

	for (size_t i = 0; i < request->ask_count; i++)
		if (request->replies[i].kind == REPLY_OK)
			bulk->changed++;
		else
			bulk->refused++;
	request_forget(request);
}

/* A few at a time. */
static void
then_next(struct request *request)
{
	struct bulk *bulk = request->state;

	count_replies(request);
	for (; bulk->next < request->form.count && request->ask_count < REQUEST_ASKS_MAX;
	     bulk->next++) {
		const struct pair *pair = &request->form.list[bulk->next];

		if (strcmp(pair->name, "jid") == 0 && pair->value[0] != '\0' &&
		    strpbrk(pair->value, " \t\r\n={[") == NULL)
			request_ask(request, UPSTREAM_QUEUE, "%s %s", wishes[wish_of(request)].verb,
			    pair->value);
	}
	if (request->ask_count == 0)
		back_to_list(request);
	else
		request_then(request, then_next);
}

static void then_all(struct request *);

static void
ask_all(struct request *request)
{
	const struct bulk *bulk = request->state;
	json_t *body = json_object(), *filter = page_jobs_filter(&request->form);

	if (bulk->after > 0)
		json_object_set_new(filter, "after", json_integer(bulk->after));
	json_object_set_new(body, "do", json_string(wishes[wish_of(request)].word));
	json_object_set_new(body, "filter", filter);
	api_ask_json(request, UPSTREAM_QUEUE, VERB_BULK, body);
	request_then(request, then_all);
}

/* At most a thousand a call: on and on until none is left. */
static void
then_all(struct request *request)
{
	struct bulk *bulk = request->state;
	bool more;
	json_t *reply;

	if (!page_reply_is_good(request, 0))
		return;
	reply = reply_json(request_reply(request, 0));
	bulk->changed += (size_t)member_int(reply, "changed");
	bulk->after = member_int(reply, "last");
	more = member_is(reply, "more");
	json_decref(reply);
	request_forget(request);
	if (more)
		ask_all(request);
	else
		back_to_list(request);
}

/* How many there are, before it is done to all of them. */
static void
then_counted(struct request *request)
{
	json_t *count;
	char title[64];
	size_t wish = wish_of(request);

	if (!page_reply_is_good(request, 0))
		return;
	count = reply_json(request_reply(request, 0));
	snprintf(title, sizeof(title), "%s %" PRId64 " jobs?", wishes[wish].label,
	    member_int(count, "count"));
	json_decref(count);
	page_is_sure(request, title,
	    "It is done with all jobs that fit the filter, not only with those on the page.",
	    wishes[wish].label);
}

static bool
bulk_is_sure(struct request *request, bool all)
{
	const char *sure = pairs_find(&request->form, "sure");
	size_t wish = wish_of(request);
	char title[64];

	if (sure != NULL && strcmp(sure, "1") == 0)
		return true;
	if (all) {
		api_ask_json(request, UPSTREAM_QUEUE, VERB_COUNT, page_jobs_filter(&request->form));
		request_then(request, then_counted);
		return false;
	}
	snprintf(title, sizeof(title), "%s the selected jobs?", wishes[wish].label);
	return !wishes[wish].is_final ||
	       page_is_sure(request, title, "This can't be undone.", wishes[wish].label);
}

void
page_jobs_bulk(struct request *request)
{
	const char *which = pairs_find(&request->form, "which");
	bool all = which != NULL && strcmp(which, "all") == 0;

	if (wish_of(request) == WISH_COUNT) {
		page_problem(request, MHD_HTTP_BAD_REQUEST, "There is no such action.");
		return;
	}
	if (!all && pairs_find(&request->form, "jid") == NULL) {
		page_problem(request, MHD_HTTP_BAD_REQUEST, "No job was selected.");
		return;
	}
	if (!bulk_is_sure(request, all))
		return;
	request->state = calloc(1, sizeof(struct bulk));
	request->state_free = free;
	if (request->state == NULL)
		respond_unavailable(request, "no memory");
	else if (all)
		ask_all(request);
	else
		then_next(request);
}
