/* Queues, workers, breakers, and figures by the hour. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/verbs.h"

#include "api.h"
#include "handlers.h"

void
api_queues(struct request *request)
{
	api_list(request, "queues", UPSTREAM_QUEUE, VERB_QUEUES);
}

void
api_queue(struct request *request)
{
	api_ask_name(request, VERB_QUEUES, api_then_first);
}

void
api_queue_pause(struct request *request)
{
	api_ask_name(request, VERB_QUEUE " PAUSE", api_then_nothing);
}

void
api_queue_resume(struct request *request)
{
	api_ask_name(request, VERB_QUEUE " RESUME", api_then_nothing);
}

void
api_queue_clear(struct request *request)
{
	api_ask_name(request, VERB_QUEUE " CLEAR", api_then_one);
}

void
api_queue_limit(struct request *request)
{
	static const char *const known[] = { "weight", "concurrency", "rate", "rate_period_ms",
		NULL };

	api_ask_change(request, VERB_LIMIT, "queue", known, api_then_nothing);
}

void
api_workers(struct request *request)
{
	api_list(request, "workers", UPSTREAM_QUEUE, VERB_WORKERS);
}

void
api_worker_quiet(struct request *request)
{
	api_ask_name(request, VERB_WORKER " quiet", api_then_nothing);
}

void
api_worker_terminate(struct request *request)
{
	api_ask_name(request, VERB_WORKER " terminate", api_then_nothing);
}

void
api_breakers(struct request *request)
{
	api_list(request, "breakers", UPSTREAM_QUEUE, VERB_BREAKERS);
}

void
api_outboxes(struct request *request)
{
	api_list(request, "outboxes", UPSTREAM_QUEUE, VERB_OUTBOXES);
}

void
api_alerts(struct request *request)
{
	api_list(request, "alerts", UPSTREAM_QUEUE, VERB_ALERTS);
}

/* Figures of each group, of all hours together and, if asked, of each of them. */
static void
ask_groups(
    struct request *request, const char *by, const char *tag, int64_t hours, const char *by_hour)
{
	json_t *what = json_pack("{sI}", "hours", (json_int_t)hours);

	if (by_hour != NULL && strcmp(by_hour, "1") == 0)
		json_object_set_new(what, "by_hour", json_true());
	if (by != NULL)
		json_object_set_new(what, "by", json_string(by));
	if (tag != NULL)
		json_object_set_new(what, "tag", json_string(tag));
	request->state = (void *)(uintptr_t) "groups";
	api_ask_json(request, UPSTREAM_QUEUE, VERB_GROUPS, what);
	request_then(request, api_then_list);
}

static bool
is_kind_of_group(const char *by)
{
	static const char *const kinds[] = { "type", "queue", "tag", "all" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], by) == 0)
			return true;
	return false;
}

void
api_metrics(struct request *request)
{
	static const char *const known[] = { "hours", "by", "tag", "by_hour", NULL };
	const char *hours = pairs_find(&request->query, "hours"), *errstr;
	const char *by = pairs_find(&request->query, "by"),
		   *tag = pairs_find(&request->query, "tag"),
		   *by_hour = pairs_find(&request->query, "by_hour");
	bool grouped = by != NULL || tag != NULL || by_hour != NULL;
	int64_t count;

	if (!api_query_is(request, known))
		return;
	if (text_to_int(
		hours != NULL ? hours : "24", 1, grouped ? 744 : 24 * 366, &count, &errstr) == -1) {
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "hours is from 1 to %d",
		    grouped ? 744 : 24 * 366);
		return;
	}
	if (by != NULL && !is_kind_of_group(by)) {
		respond_problem(request, MHD_HTTP_UNPROCESSABLE_CONTENT,
		    "by is type, queue, tag or all, not '%.100s'", by);
		return;
	}
	if (grouped) {
		ask_groups(request, by == NULL && tag == NULL ? "all" : by, tag, count, by_hour);
		return;
	}
	request_ask(request, UPSTREAM_QUEUE, VERB_STATS " hours=%lld", (long long)count);
	request_then(request, api_then_one);
}
