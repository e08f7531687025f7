/* Jobs that are there: looked at, and what is done with them. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "reply_json.h"

/* clang-format off */
/* What a list can be asked for; numbers are written as such in the filter. */
static const struct {
	const char *name;
	bool is_number, is_list;
} filters[] = {
	{ "state", false, true }, { "type", false, false }, { "queue", false, false },
	{ "tag", false, false }, { "parent", false, false }, { "bid", false, false },
	{ "worker", false, false }, { "since", false, false }, { "until", false, false },
	{ "order", false, false }, { "limit", true, false }, { "after", true, false },
	{ "sort", false, false }, { "offset", true, false },
};
/* clang-format on */

#define LIMIT     100
#define LIMIT_MAX 1000
/* Room for what is said of a job besides what the queue says. */
#define DURATIONS_MAX 160

/* "ready,retry" is a list of words, "ready" one. */
static json_t *
words(const char *text)
{
	json_t *list = json_array();

	for (size_t len; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, ",");
		json_array_append_new(list, json_stringn(text, len));
	}
	if (json_array_size(list) == 1) {
		json_t *word = json_incref(json_array_get(list, 0));

		json_decref(list);
		return word;
	}
	return list;
}

static json_t *
filter_value(struct request *request, size_t i, const char *text)
{
	const char *errstr;
	int64_t number;

	if (filters[i].is_list)
		return words(text);
	if (!filters[i].is_number)
		return json_string(text);
	if (text_to_int(text, 0, INT64_MAX, &number, &errstr) == 0)
		return json_integer(number);
	respond_problem(
	    request, MHD_HTTP_BAD_REQUEST, "%s: '%.100s' %s", filters[i].name, text, errstr);
	return NULL;
}

/* The query as the queue's filter; NULL: answered. */
static json_t *
read_filter(struct request *request)
{
	json_t *filter = json_object();

	for (size_t q = 0; q < request->query.count; q++) {
		const struct pair *pair = &request->query.list[q];
		json_t *value = NULL;
		size_t i = 0;

		while (i < sizeof(filters) / sizeof(filters[0]) &&
		       strcmp(filters[i].name, pair->name) != 0)
			i++;
		if (i == sizeof(filters) / sizeof(filters[0]))
			respond_problem(request, MHD_HTTP_BAD_REQUEST,
			    "there is no parameter '%.100s' here", pair->name);
		else if (pair->value[0] == '\0')
			continue; /* a field of a form that was left empty */
		else
			value = filter_value(request, i, pair->value);
		if (value == NULL) {
			json_decref(filter);
			return NULL;
		}
		json_object_set_new(filter, pair->name, value);
	}
	return filter;
}

/* What the next page begins behind: the last one's number, if there may be more; who has them
 * sorted counts himself. */
static void
put_next(struct buf *out, const struct reply *reply, int64_t limit, bool sorted)
{
	json_t *last = NULL;

	if (!sorted && reply->count > 0 && (int64_t)reply->count >= limit)
		last = reply_json(reply_item(reply, reply->count - 1, NULL));
	if (json_is_integer(json_object_get(last, "seq")))
		buf_printf(
		    out, "\"%lld\"", (long long)json_integer_value(json_object_get(last, "seq")));
	else
		buf_text(out, "null");
	json_decref(last);
}

static void
then_jobs(struct request *request)
{
	const struct reply *reply = &request->replies[0];
	const char *given = pairs_find(&request->query, "limit"), *errstr;
	int64_t limit = LIMIT;
	struct buf text = { 0 };

	if (!request_reply_is_good(request, 0))
		return;
	if (given != NULL && text_to_int(given, 1, LIMIT_MAX, &limit, &errstr) == -1)
		limit = LIMIT;
	buf_text(&text, "{\"jobs\":[");
	for (size_t i = 0; i < reply->count; i++) {
		size_t len;
		const char *item = reply_item(reply, i, &len);

		buf_text(&text, i > 0 ? "," : "");
		api_put_job(&text, item, len);
	}
	buf_text(&text, "],\"next\":");
	put_next(&text, reply, limit, pairs_find(&request->query, "sort") != NULL);
	buf_text(&text, "}");
	respond_json(request, MHD_HTTP_OK, &text);
}

void
api_jobs(struct request *request)
{
	json_t *filter = read_filter(request);

	if (filter == NULL)
		return;
	if (json_object_get(filter, "limit") == NULL)
		json_object_set_new(filter, "limit", json_integer(LIMIT));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_JOBS, filter);
	request_then(request, then_jobs);
}

void
api_jobs_count(struct request *request)
{
	json_t *filter = read_filter(request);

	if (filter == NULL)
		return;
	api_ask_json(request, UPSTREAM_QUEUE, VERB_COUNT, filter);
	request_then(request, api_then_one);
}

void
api_jobs_bulk(struct request *request)
{
	static const char *const known[] = { "do", "filter", "limit", NULL };
	json_t *body = api_object(request);

	if (body == NULL)
		return;
	if (!api_members_are(request, body, known)) {
		json_decref(body);
		return;
	}
	api_ask_json(request, UPSTREAM_QUEUE, VERB_BULK, body);
	request_then(request, api_then_one);
}

/* The time that a string has, quotes included; -1: it is none. */
static int64_t
time_of(const struct json_piece *piece)
{
	char text[WALLTIME_TEXT_MAX];
	const char *errstr;
	struct walltime when;

	if (piece->value_len < 2 || piece->value_len > sizeof(text))
		return -1;
	memcpy(text, piece->value + 1, piece->value_len - 2);
	text[piece->value_len - 2] = '\0';
	return walltime_parse(text, &when, &errstr) == 0 ? when.us : -1;
}

static bool
value_is(const struct json_piece *piece, const char *value)
{
	return piece->value_len == strlen(value) &&
	       memcmp(piece->value, value, piece->value_len) == 0;
}

/* How long until it is to run, while it waits for that, and how long it ran. */
static void
put_durations(struct buf *out, const char *text, size_t len)
{
	int64_t run = -1, start = -1, end = -1, now = walltime_now().us;
	struct json_piece piece;
	struct json_scan scan;
	bool waits = false;

	if (json_scan_begin(&scan, text, len) == -1)
		return;
	while (json_scan_next(&scan, &piece) == 1) {
		if (json_piece_is(&piece, "state"))
			waits = value_is(&piece, "\"scheduled\"") || value_is(&piece, "\"retry\"");
		else if (json_piece_is(&piece, "run_at"))
			run = time_of(&piece);
		else if (json_piece_is(&piece, "started_at"))
			start = time_of(&piece);
		else if (json_piece_is(&piece, "finished_at"))
			end = time_of(&piece);
	}
	if (waits && run >= 0)
		buf_printf(out, "\"due_in_ms\":%lld,",
		    (long long)(run > now ? (run - now + 999) / 1000 : 0));
	if (start >= 0 && end >= start)
		buf_printf(out, "\"duration_ms\":%lld,", (long long)(end - start) / 1000);
}

static void
then_job(struct request *request)
{
	struct buf text = { 0 };
	size_t len;
	const char *item;

	if (!request_reply_is_good(request, 0))
		return;
	item = reply_item(&request->replies[0], 0, &len);
	buf_reserve(&text, len + DURATIONS_MAX);
	buf_text(&text, "{");
	put_durations(&text, item, len);
	api_put_members(&text, item, len);
	respond_json(request, MHD_HTTP_OK, &text);
}

void
api_job(struct request *request)
{
	api_ask_name(request, VERB_JOB, then_job);
}

void
api_job_cancel(struct request *request)
{
	api_ask_name(request, VERB_CANCEL, api_then_nothing);
}

void
api_job_kill(struct request *request)
{
	api_ask_name(request, VERB_KILL, api_then_nothing);
}

void
api_job_retry(struct request *request)
{
	api_ask_name(request, VERB_RETRY, api_then_nothing);
}

void
api_job_why(struct request *request)
{
	api_ask_name(request, VERB_WHY, api_then_one);
}

/* DELETE takes it out of the queue; what it was is kept, unless purge=1. */
void
api_job_delete(struct request *request)
{
	static const char *const known[] = { "kill", "purge", NULL };
	const char *kill = pairs_find(&request->query, "kill");
	const char *purge = pairs_find(&request->query, "purge");

	if (!api_query_is(request, known))
		return;
	api_ask_name(request,
	    purge != NULL && strcmp(purge, "1") == 0 ? VERB_DELETE
	    : kill != NULL && strcmp(kill, "1") == 0 ? VERB_KILL
						     : VERB_CANCEL,
	    api_then_nothing);
}

void
api_job_change(struct request *request)
{
	static const char *const known[] = { "priority", "run_at", "queue", NULL };

	api_ask_change(request, VERB_CHANGE, "jid", known, api_then_nothing);
}
