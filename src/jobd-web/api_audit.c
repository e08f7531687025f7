/* Who changed what. */
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"
#include "reply_json.h"

#define LIMIT     100
#define LIMIT_MAX 1000

static void
then_audit(struct request *request)
{
	const struct reply *reply = &request->replies[0];
	struct buf text = { 0 };
	json_t *last = NULL;

	if (!request_reply_is_good(request, 0))
		return;
	buf_text(&text, "{\"audit\":[");
	for (size_t i = 0; i < reply->count; i++)
		buf_printf(&text, "%s%s", i > 0 ? "," : "", reply_item(reply, i, NULL));
	if (reply->count > 0)
		last = reply_json(reply_item(reply, reply->count - 1, NULL));
	buf_printf(&text, "],\"next\":");
	if (json_integer_value(json_object_get(last, "id")) > 1)
		buf_printf(
		    &text, "\"%lld\"}", (long long)json_integer_value(json_object_get(last, "id")));
	else
		buf_text(&text, "null}");
	json_decref(last);
	respond_json(request, MHD_HTTP_OK, &text);
}

/* "after" is where the page before ended, as in all lists. */
void
api_audit(struct request *request)
{
	static const char *const known[] = { "after", "limit", "who", "verb", NULL };
	const char *after = pairs_find(&request->query, "after"), *errstr;
	const char *limit = pairs_find(&request->query, "limit");
	int64_t before = 0, count = LIMIT;
	json_t *filter;

	if (!api_query_is(request, known))
		return;
	if ((after != NULL && text_to_int(after, 1, INT64_MAX, &before, &errstr) == -1) ||
	    (limit != NULL && text_to_int(limit, 1, LIMIT_MAX, &count, &errstr) == -1)) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST,
		    "limit is from 1 to %d, after the 'next' of the page before", LIMIT_MAX);
		return;
	}
	filter = json_pack("{sIsI}", "before", (json_int_t)before, "limit", (json_int_t)count);
	for (size_t i = 2; known[i] != NULL; i++)
		if (pairs_find(&request->query, known[i]) != NULL)
			json_object_set_new(
			    filter, known[i], json_string(pairs_find(&request->query, known[i])));
	api_ask_json(request, UPSTREAM_QUEUE, VERB_AUDITS, filter);
	request_then(request, then_audit);
}
