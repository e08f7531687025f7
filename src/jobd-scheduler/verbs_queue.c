/* Requests about queues: QUEUE, QUEUES, LIMIT. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define QUEUES_MAX 1000
#define QUOTE      "%.200s"

/* QUEUE PAUSE, RESUME, LATENCY. */

struct names {
	char *list[QUEUES_MAX];
	size_t count;
};

static bool
collect_name(void *arg, const struct queue_record *record)
{
	struct names *names = arg;

	if (names->count < QUEUES_MAX && (names->list[names->count] = strdup(record->name)) != NULL)
		names->count++;
	return true;
}

static bool
pause_all(struct scheduler *scheduler, bool paused)
{
	struct names *names = calloc(1, sizeof(*names));
	enum store_result result = STORE_FAILED;

	if (names != NULL)
		result = scheduler->store->ops->queue_list(scheduler->store, collect_name, names);
	for (size_t i = 0; result == STORE_OK && i < names->count; i++)
		result = queue_pause(&scheduler->queue, names->list[i], paused);
	for (size_t i = 0; names != NULL && i < names->count; i++)
		free(names->list[i]);
	free(names);
	return !scheduler_failed(scheduler, result);
}

static bool
pause_named(struct scheduler *scheduler, const struct request *request, bool paused)
{
	for (size_t i = 1; i < request->arg_count; i++) {
		const char *name = request->args[i];

		if (strcmp(name, "*") == 0) {
			if (!pause_all(scheduler, paused))
				return false;
		} else if (job_is_queue_name(name) &&
			   scheduler_failed(
			       scheduler, queue_pause(&scheduler->queue, name, paused)))
			return false;
	}
	return true;
}

struct latencies {
	const struct request *request;
	struct walltime now;
	struct walltime oldest[REQUEST_ARGS_MAX];
};

static bool
collect_latency(void *arg, const struct queue_record *record)
{
	struct latencies *latencies = arg;

	for (size_t i = 1; i < latencies->request->arg_count; i++)
		if (strcmp(latencies->request->args[i], record->name) == 0)
			latencies->oldest[i] = record->oldest;
	return true;
}

static void
render_latencies(struct json *json, const void *arg)
{
	const struct latencies *latencies = arg;
	char text[40];

	json_object(json, NULL);
	for (size_t i = 1; i < latencies->request->arg_count; i++) {
		int64_t us = walltime_is_set(latencies->oldest[i])
				 ? latencies->now.us - latencies->oldest[i].us
				 : 0;

		snprintf(text, sizeof(text), "%" PRId64 ".%06" PRId64, us / CLOCK_US_PER_SEC,
		    us % CLOCK_US_PER_SEC);
		json_raw(json, latencies->request->args[i], us > 0 ? text : "0");
	}
	json_object_end(json);
}

static void
tell_latency(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct latencies latencies = { .request = request, .now = scheduler->queue.now };

	for (size_t i = 1; i < request->arg_count; i++) {
		if (strcmp(request->args[i], "*") == 0) {
			peer_error(peer, "ERR", "QUEUE LATENCY does not support wildcards");
			return;
		}
	}
	if (!scheduler_failed(scheduler,
		scheduler->store->ops->queue_list(scheduler->store, collect_latency, &latencies)))
		peer_json(peer, render_latencies, &latencies);
}

static void
pause_queues(struct peer *peer, struct request *request)
{
	bool pause = strcasecmp(request->args[0], "PAUSE") == 0;

	if (verb_writes(peer) && pause_named(peer->server->scheduler, request, pause))
		peer_ok(peer, "OK");
}

void
verb_queue(struct peer *peer, struct request *request)
{
	static const struct {
		const char *word;
		verb_fn fn;
	} words[] = {
		{"PAUSE",    pause_queues},
		{ "RESUME",  pause_queues},
		{ "LATENCY", tell_latency},
		{ "REMOVE",  queues_clear},
		{ "CLEAR",   queues_clear},
	};
	const char *word = request->arg_count > 0 ? request->args[0] : "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i].word, word) == 0) {
			words[i].fn(peer, request);
			return;
		}
	}
	peer_error(peer, "ERR", "no such QUEUE subcommand: %.64s", word);
}

/* QUEUES. */

struct listed {
	struct peer *peer;
	const struct request *request;
	struct scheduler *scheduler;
	const struct queue_record *record; /* the one that is written */
	bool *seen; /* of the names asked for, or of the configuration's queues */
	size_t count;
};

static void
int_or_null(struct json *json, const char *name, int64_t value)
{
	if (value == CONF_UNSET)
		json_null(json, name);
	else
		json_int(json, name, value);
}

/* Which of its limits were set by LIMIT. */
static void
render_overrides(struct json *json, const struct queue_limits *set)
{
	json_array(json, "overrides");
	if (set->weight != CONF_UNSET)
		json_string(json, NULL, "weight");
	if (set->concurrency != CONF_UNSET)
		json_string(json, NULL, "concurrency");
	if (set->rate != CONF_UNSET)
		json_string(json, NULL, "rate");
	if (set->rate_period_ms != CONF_UNSET)
		json_string(json, NULL, "rate_period_ms");
	json_array_end(json);
}

static void
render_queue(struct json *json, const void *arg)
{
	const struct listed *listed = arg;
	const struct queue_record *record = listed->record;
	struct queue *queue = &listed->scheduler->queue;
	struct queue_limits limits = queue_limits_of(queue, record->name);
	int64_t latency_ms =
	    walltime_is_set(record->oldest) ? walltime_diff_ms(queue->now, record->oldest) : 0;

	json_object(json, NULL);
	json_string(json, "name", record->name);
	json_int(json, "size", record->size);
	json_int(json, "latency_ms", latency_ms > 0 ? latency_ms : 0);
	json_bool(json, "paused", record->paused);
	json_int(json, "running", record->states[JOB_RUNNING]);
	json_int(json, "scheduled", record->states[JOB_SCHEDULED]);
	json_int(json, "retry", record->states[JOB_RETRY]);
	json_int(json, "dead", record->states[JOB_DEAD]);
	json_int(json, "blocked", record->states[JOB_BLOCKED]);
	int_or_null(json, "weight", limits.weight);
	json_int(json, "concurrency", limits.concurrency > 0 ? limits.concurrency : 0);
	json_int(json, "rate", limits.rate > 0 ? limits.rate : 0);
	json_int(json, "rate_period_ms", limits.rate > 0 ? limits.rate_period_ms : 0);
	render_overrides(json, &record->limits);
	json_object_end(json);
}

static void
list_one(struct listed *listed, const struct queue_record *record)
{
	listed->record = record;
	peer_json(listed->peer, render_queue, listed);
	listed->count++;
}

/* A queue of the store is listed if it is asked for; what it has is not made up again. */
static bool
list_stored(void *arg, const struct queue_record *record)
{
	struct listed *listed = arg;
	const struct request *request = listed->request;
	const struct conf *conf = listed->scheduler->conf;
	bool asked = request->arg_count == 0;

	for (size_t i = 0; i < request->arg_count; i++) {
		if (strcmp(request->args[i], record->name) == 0)
			asked = listed->seen[i] = true;
	}
	for (size_t i = 0; request->arg_count == 0 && i < conf->queue_count; i++)
		if (strcmp(conf->queues[i].name, record->name) == 0)
			listed->seen[i] = true;
	if (asked)
		list_one(listed, record);
	return true;
}

/* Queues need no jobs to be known. */
static void
list_empty(struct listed *listed)
{
	const struct request *request = listed->request;
	const struct conf *conf = listed->scheduler->conf;
	size_t count = request->arg_count > 0 ? request->arg_count : conf->queue_count;

	for (size_t i = 0; i < count; i++) {
		struct queue_record record = {
			.limits = {CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET}
		};

		if (listed->seen[i])
			continue;
		strlcpy(record.name,
		    request->arg_count > 0 ? request->args[i] : conf->queues[i].name,
		    sizeof(record.name));
		list_one(listed, &record);
	}
}

void
verb_queues(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct listed listed = { .peer = peer, .request = request, .scheduler = scheduler };
	size_t mark = peer_list_begin(peer);

	for (size_t i = 0; i < request->arg_count; i++) {
		if (!job_is_queue_name(request->args[i])) {
			peer_error(peer, "ERR", "no such queue: '" QUOTE "'", request->args[i]);
			return;
		}
	}
	listed.seen =
	    calloc(request->arg_count + scheduler->conf->queue_count + 1, sizeof(*listed.seen));
	if (listed.seen == NULL)
		peer_error(peer, "ERR", "out of memory");
	else if (!scheduler_failed(scheduler,
		     scheduler->store->ops->queue_list(scheduler->store, list_stored, &listed))) {
		list_empty(&listed);
		peer_list_end(peer, mark, listed.count);
	}
	free(listed.seen);
}

/* LIMIT. */

/* A rate and its time are given back together: "50 in 10 min" for a configured "50/s" is nobody's.
 */
static void
reset_rate(struct queue_limits *limits)
{
	if (limits->rate == QUEUE_LIMIT_RESET && limits->rate_period_ms == CONF_UNSET)
		limits->rate_period_ms = QUEUE_LIMIT_RESET;
}

/* False: an error was replied. */
static bool
read_limit(struct peer *peer, const struct fields *fields, const char *key, int64_t min,
    int64_t max, int64_t *limit)
{
	*limit = CONF_UNSET;
	if (!fields_has(fields, key))
		return true;
	if (fields_is_null(fields, key)) {
		*limit = QUEUE_LIMIT_RESET;
		return true;
	}
	*limit = fields_int(fields, key, -1);
	if (fields_is_number(fields, key) && *limit >= min && *limit <= max)
		return true;
	peer_error(peer, "ERR", "%s is from %" PRId64 " to %" PRId64 ", or null", key, min, max);
	return false;
}

void
verb_limit(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "queue", "weight", "concurrency", "rate",
		"rate_period_ms", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	struct queue_limits limits;
	const char *name;

	if (fields == NULL)
		return;
	name = fields_text(fields, "queue");
	if (name == NULL || !job_is_queue_name(name))
		peer_error(peer, "ERR", "LIMIT needs {\"queue\":NAME}");
	else if (read_limit(peer, fields, "weight", 1, 1000, &limits.weight) &&
		 read_limit(peer, fields, "concurrency", 0, 1000000, &limits.concurrency) &&
		 read_limit(peer, fields, "rate", 0, 1000000000, &limits.rate) &&
		 read_limit(peer, fields, "rate_period_ms", 1, 86400000, &limits.rate_period_ms) &&
		 verb_queue_fits(peer, name)) {
		reset_rate(&limits);
		if (!scheduler_failed(scheduler, queue_limit(&scheduler->queue, name, &limits)))
			peer_ok(peer, "OK");
	}
	fields_free(fields);
}
