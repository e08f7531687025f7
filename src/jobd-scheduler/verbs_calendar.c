/* Requests about the calendar and the past: SCHEDULES, PAUSE, RESUME, TICKS, HISTORY. */
#include <stdlib.h>
#include <string.h>

#include "scope.h"
#include "server.h"

#define LIST_LIMIT     100
#define LIST_LIMIT_MAX 10000
#define NEXT_MAX       1000
#define QUOTE          "%.200s"

static bool read_list(
    struct peer *, const struct request *, const char *const *known, int64_t *limit);

static const char *const list_options[] = { "limit", NULL };

struct one {
	const struct calendar *calendar;
	size_t index;
	const struct tick_record *last;
};

static void
render_one(struct json *json, const void *arg)
{
	const struct one *one = arg;

	calendar_render(one->calendar, one->index, one->last, json);
}

/* False if the store failed. */
static bool
reply_schedule(struct peer *peer, size_t index)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct one one = { .calendar = scheduler->calendar, .index = index };
	struct tick_record last;
	bool found;

	if (scheduler_failed(scheduler, calendar_last(scheduler->calendar, index, &last, &found)))
		return false;
	one.last = found ? &last : NULL;
	peer_json(peer, render_one, &one);
	return true;
}

static bool
find_index(const struct calendar *calendar, const char *name, size_t *index)
{
	for (*index = 0; *index < calendar_count(calendar); ++*index)
		if (strcmp(calendar_name(calendar, *index), name) == 0)
			return true;
	return false;
}

/* By name, of the configuration or of a user; false: an error was replied, or the store failed. */
static bool
reply_named(struct peer *peer, const char *name)
{
	struct scheduler *scheduler = peer->server->scheduler;
	enum store_result result;
	size_t index;

	if (peer_tag(peer) != NULL) {
		result = scope_has_schedule(scheduler, name, peer_tag(peer));
		if (scheduler_failed(scheduler, result) || result != STORE_OK)
			return false;
	}
	if (find_index(scheduler->calendar, name, &index))
		return reply_schedule(peer, index);
	result = schedules_one(peer, name);
	if (scheduler_failed(scheduler, result))
		return false;
	return result == STORE_OK;
}

/* Those of the configuration; false if the store failed. */
static bool
reply_all(struct peer *peer, size_t *count)
{
	const struct scheduler *scheduler = peer->server->scheduler;
	const char *tag = peer_tag(peer);

	for (size_t i = 0; i < calendar_count(scheduler->calendar); i++) {
		const char *name = calendar_name(scheduler->calendar, i);

		if (tag != NULL && !scope_has_type(conf_find_job(scheduler->conf, name), tag))
			continue;
		if (!reply_schedule(peer, i))
			return false;
		++*count;
	}
	return true;
}

void
verb_schedules(struct peer *peer, struct request *request)
{
	size_t mark = peer_list_begin(peer), count = request->arg_count;

	if (request->json != NULL) {
		schedules_page(peer, request);
		return;
	}
	for (size_t i = 0; i < request->arg_count; i++) {
		if (reply_named(peer, request->args[i]))
			continue;
		peer_list_undo(peer, mark);
		peer_error(peer, "ERR", "no such job: '" QUOTE "'", request->args[i]);
		return;
	}
	if (request->arg_count > 0 || reply_all(peer, &count))
		peer_list_end(peer, mark, count);
}

/* NEXT. */

struct next {
	struct walltime times[NEXT_MAX];
	size_t count;
};

static void
render_next(struct json *json, const void *arg)
{
	const struct next *next = arg;

	json_object(json, NULL);
	json_array(json, "next");
	for (size_t i = 0; i < next->count; i++)
		render_time(json, NULL, next->times[i]);
	json_array_end(json);
	json_object_end(json);
}

void
verb_next(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	static const char *const known[] = { "limit", "from", NULL };
	const char *from = request_option(request, "from"), *errstr;
	struct walltime after = scheduler->queue.now;
	struct next next = { .count = 0 };
	enum store_result result;
	int64_t limit;

	if (!read_list(peer, request, known, &limit))
		return;
	if (from != NULL && walltime_parse(from, &after, &errstr) == -1) {
		peer_error(peer, "ERR", "from: '" QUOTE "' %s", from, errstr);
		return;
	}
	result = calendar_next_times(scheduler->calendar, request->args[0], after, next.times,
	    limit < NEXT_MAX ? (size_t)limit : NEXT_MAX, &next.count);
	if (result == STORE_NONE)
		peer_error(peer, "ERR", "no such job: '" QUOTE "'", request->args[0]);
	else if (!scheduler_failed(scheduler, result))
		peer_json(peer, render_next, &next);
}

static void
pause(struct peer *peer, const struct request *request, bool paused)
{
	struct scheduler *scheduler = peer->server->scheduler;
	enum queue_answer answer;

	if (request->arg_count != 1) {
		peer_error(peer, "ERR", "%s takes the name of one job", request->verb);
		return;
	}
	answer = calendar_pause(scheduler->calendar, request->args[0], paused);
	if (answer == QUEUE_NO_JOB)
		answer = calendar_pause_routine(scheduler->calendar, request->args[0], paused);
	switch (answer) {
	case QUEUE_OK:
		peer_ok(peer, "OK");
		break;
	case QUEUE_NO_JOB:
		peer_error(peer, "ERR", "no such job: '" QUOTE "'", request->args[0]);
		break;
	case QUEUE_REFUSED:
	case QUEUE_NOT_UNIQUE:
		peer_error(peer, "ERR", "the job '" QUOTE "' has no schedule", request->args[0]);
		break;
	case QUEUE_FAILED:
		scheduler_failed(scheduler, STORE_FAILED);
		break;
	}
}

void
verb_pause(struct peer *peer, struct request *request)
{
	pause(peer, request, true);
}

void
verb_resume(struct peer *peer, struct request *request)
{
	pause(peer, request, false);
}

/* "VERB name [limit=n] [option=...]": false if an error was replied. */
static bool
read_list(
    struct peer *peer, const struct request *request, const char *const *known, int64_t *limit)
{
	const char *unknown = request_unknown_option(request, known), *errstr = "";

	if (request->arg_count != 1)
		peer_error(peer, "ERR", "%s takes one name", request->verb);
	else if (unknown != NULL)
		peer_error(peer, "ERR", "unknown option '" QUOTE "'", unknown);
	else if (request_option_int(
		     request, "limit", 1, LIST_LIMIT_MAX, LIST_LIMIT, limit, &errstr) == -1)
		peer_error(
		    peer, "ERR", "limit: '" QUOTE "' %s", request_option(request, "limit"), errstr);
	else
		return true;
	return false;
}

/* Items of a list, as the store finds them. */
struct list {
	struct peer *peer;
	size_t mark, count;
};

static void
list_end(struct list *list, enum store_result result)
{
	if (!scheduler_failed(list->peer->server->scheduler, result))
		peer_list_end(list->peer, list->mark, list->count);
}

static void
render_tick_alone(struct json *json, const void *tick)
{
	render_tick(json, NULL, tick);
}

static bool
add_tick(void *arg, const struct tick_record *tick)
{
	struct list *list = arg;

	peer_json(list->peer, render_tick_alone, tick);
	list->count++;
	return true;
}

static bool
add_exit(void *arg, const struct exit_record *record)
{
	struct list *list = arg;

	peer_json(list->peer, render_exit, record);
	list->count++;
	return true;
}

/* Of the schedule of a user's, or else of the configuration, also one that was taken out of it;
 * STORE_NONE if nobody knows the name. */
static enum store_result
list_ticks(struct list *list, const char *name, int64_t limit)
{
	struct scheduler *scheduler = list->peer->server->scheduler;
	struct store *store = scheduler->store;
	struct routine routine;
	enum store_result result;
	size_t index;

	if (find_index(scheduler->calendar, name, &index))
		return store->ops->tick_list(store, name, limit, add_tick, list);
	if ((result = store->ops->routine_get(store, name, &routine)) == STORE_FAILED)
		return result;
	if (result == STORE_NONE) {
		result = store->ops->tick_list(store, name, limit, add_tick, list);
		return result == STORE_OK && list->count == 0 ? STORE_NONE : result;
	}
	routine_clear(&routine);
	return store->ops->routine_tick_list(store, name, limit, add_tick, list);
}

void
verb_ticks(struct peer *peer, struct request *request)
{
	struct list list = { .peer = peer, .mark = peer_list_begin(peer) };
	enum store_result result;
	int64_t limit;

	if (!read_list(peer, request, list_options, &limit))
		return;
	result = list_ticks(&list, request->args[0], limit);
	if (result == STORE_NONE)
		peer_error(peer, "ERR", "no such schedule: '" QUOTE "'", request->args[0]);
	else
		list_end(&list, result);
}

void
verb_history(struct peer *peer, struct request *request)
{
	struct store *store = peer->server->scheduler->store;
	struct list list = { .peer = peer, .mark = peer_list_begin(peer) };
	int64_t limit;

	if (read_list(peer, request, list_options, &limit))
		list_end(
		    &list, store->ops->exit_list(store, request->args[0], limit, add_exit, &list));
}
