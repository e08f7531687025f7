/* Requests about queues: PUSH, PUSHB, QUEUE, INFO. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_scan.h"
#include "payload.h"
#include "proto/verbs.h"
#include "server.h"

/* The version of Faktory whose protocol this is; some clients look at it. */
#define FAKTORY_VERSION "1.9.0"
#define QUEUES_MAX      1000

/* One job; false if the store failed.  With a reason it was refused. */
static bool
push_one(struct scheduler *scheduler, struct job *job, const char *text, size_t len, char *reason,
    size_t size)
{
	const struct conf_job *type;

	reason[0] = '\0';
	if (payload_read(job, text, len, reason, size) == -1)
		return true;
	type = queue_type(&scheduler->queue, job);
	if (type != NULL && !type->enabled) {
		snprintf(reason, size, "the job '%s' is disabled", type->name);
		return true;
	}
	if (queue_push(&scheduler->queue, job, reason) == QUEUE_FAILED)
		return !scheduler_failed(scheduler, STORE_FAILED);
	return true;
}

void
verb_push(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "";
	char reason[QUEUE_WHY_MAX];
	struct job job;

	job_init(&job);
	if (push_one(peer->server->scheduler, &job, text, strlen(text), reason, sizeof(reason))) {
		if (reason[0] != '\0')
			peer_error(peer, "ERR", "%s", reason);
		else
			peer_ok(peer, "OK");
	}
	job_clear(&job);
}

/* The reply of PUSHB: what was refused, by jid. */
struct refusals {
	struct refused {
		char *jid, *reason;
	} * list;
	size_t count;
};

static int
refusals_add(struct refusals *refusals, const char *jid, const char *reason)
{
	struct refused *longer =
	    reallocarray(refusals->list, refusals->count + 1, sizeof(*refusals->list));

	if (longer == NULL)
		return -1;
	refusals->list = longer;
	longer[refusals->count].jid = strdup(jid);
	longer[refusals->count].reason = strdup(reason);
	refusals->count++;
	return 0;
}

static void
render_refusals(struct json *json, const void *arg)
{
	const struct refusals *refusals = arg;

	json_object(json, NULL);
	for (size_t i = 0; i < refusals->count; i++)
		if (refusals->list[i].jid != NULL)
			json_string(json, refusals->list[i].jid, refusals->list[i].reason);
	json_object_end(json);
}

static void
refusals_clear(struct refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++) {
		free(refusals->list[i].jid);
		free(refusals->list[i].reason);
	}
	free(refusals->list);
}

/* Each job for itself; false if nothing is to be replied (the turn is lost), -1 in *broken. */
static bool
push_all(struct scheduler *scheduler, const char *text, struct refusals *refusals, int *more)
{
	struct json_scan scan;
	struct json_piece piece;
	char reason[QUEUE_WHY_MAX];
	struct job job;
	bool kept = true;

	if ((*more = json_scan_begin(&scan, text, strlen(text))) == -1)
		return true;
	while (kept && (*more = json_scan_next(&scan, &piece)) == 1) {
		job_init(&job);
		kept =
		    push_one(scheduler, &job, piece.value, piece.value_len, reason, sizeof(reason));
		if (kept && reason[0] != '\0')
			refusals_add(refusals, job.jid, reason);
		job_clear(&job);
	}
	return kept;
}

/* A list that does not end is refused before any of it is stored. */
static bool
is_whole_list(const char *text)
{
	struct json_scan scan;
	struct json_piece piece;
	int more;

	if (text[0] != '[' || json_scan_begin(&scan, text, strlen(text)) == -1)
		return false;
	while ((more = json_scan_next(&scan, &piece)) == 1)
		continue;
	return more == 0;
}

void
verb_pushb(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "";
	struct refusals refusals = { NULL, 0 };
	int more;

	if (!is_whole_list(text)) {
		peer_error(peer, "ERR", "invalid JSON: PUSHB takes a list of jobs");
		return;
	}
	if (push_all(peer->server->scheduler, text, &refusals, &more))
		peer_json(peer, render_refusals, &refusals);
	refusals_clear(&refusals);
}

/* QUEUE. */

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
reply_latency(struct peer *peer, const struct request *request)
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

void
verb_queue(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	const char *word = request->arg_count > 0 ? request->args[0] : "";
	bool pause = strcasecmp(word, "PAUSE") == 0;

	if (strcasecmp(word, "LATENCY") == 0)
		reply_latency(peer, request);
	else if (!pause && strcasecmp(word, "RESUME") != 0)
		peer_error(peer, "ERR", "no such QUEUE subcommand: %.64s", word);
	else if (pause_named(scheduler, request, pause))
		peer_ok(peer, "OK");
}

/* INFO. */

struct info {
	struct scheduler *scheduler;
	int64_t states[JOB_STATE_COUNT];
	int64_t processed, failures;
	struct queue_record *queues;
	size_t queue_count;
	int64_t enqueued;
};

static bool
collect_queue(void *arg, const struct queue_record *record)
{
	struct info *info = arg;
	struct queue_record *longer =
	    reallocarray(info->queues, info->queue_count + 1, sizeof(*info->queues));

	if (longer == NULL)
		return false;
	info->queues = longer;
	longer[info->queue_count++] = *record;
	info->enqueued += record->size;
	return true;
}

static void
render_task(struct json *json, const char *name, int64_t size)
{
	json_object(json, name);
	json_int(json, "enqueued", 0);
	json_int(json, "cycles", 0);
	json_int(json, "size", size);
	json_int(json, "wall_time_sec", 0);
	json_object_end(json);
}

static void
render_reaped(struct json *json, const char *name, int64_t size)
{
	json_object(json, name);
	json_int(json, "size", size);
	json_int(json, "reaped", 0);
	json_object_end(json);
}

static void
render_faktory(struct json *json, const struct info *info)
{
	json_object(json, "faktory");
	json_object(json, "queues");
	for (size_t i = 0; i < info->queue_count; i++)
		json_int(json, info->queues[i].name, info->queues[i].size);
	json_object_end(json);
	json_object(json, "sets");
	json_int(json, "scheduled", info->states[JOB_SCHEDULED]);
	json_int(json, "retries", info->states[JOB_RETRY]);
	json_int(json, "dead", info->states[JOB_DEAD]);
	json_int(json, "working", info->states[JOB_RUNNING]);
	json_object_end(json);
	json_object(json, "tasks");
	render_task(json, "Scheduled", info->states[JOB_SCHEDULED]);
	render_task(json, "Retries", info->states[JOB_RETRY]);
	render_task(json, "Dead", info->states[JOB_DEAD]);
	render_reaped(json, "Busy", info->states[JOB_RUNNING]);
	render_reaped(json, "Workers", (int64_t)info->scheduler->server->workers.count);
	json_object_end(json);
	json_int(json, "total_failures", info->failures);
	json_int(json, "total_processed", info->processed);
	json_int(json, "total_enqueued", info->enqueued);
	json_int(json, "total_queues", (int64_t)info->queue_count);
	json_object_end(json);
}

/* Of this process, in MiB rounded up; 0 if /proc is not there. */
static int64_t
used_memory_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long total, resident = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld %ld", &total, &resident) != 2)
		resident = 0;
	fclose(file);
	return (resident * 4096 + (1 << 20) - 1) >> 20;
}

static void
render_info(struct json *json, const void *arg)
{
	const struct info *info = arg;
	const struct server *server = info->scheduler->server;
	time_t seconds = (time_t)(info->scheduler->queue.now.us / CLOCK_US_PER_SEC);
	char clock[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S UTC", &tm);
	json_object(json, NULL);
	render_time(json, "now", info->scheduler->queue.now);
	json_string(json, "server_utc_time", clock);
	render_faktory(json, info);
	json_object(json, "server");
	json_string(json, "description", "jobd " PACKAGE_VERSION);
	json_string(json, "faktory_version", FAKTORY_VERSION);
	json_int(
	    json, "uptime", monotime_diff_ms(monotime_now(), info->scheduler->started_at) / 1000);
	json_int(json, "connections", (int64_t)server->client_count);
	json_int(json, "command_count", (int64_t)server->command_count);
	json_int(json, "used_memory_mb", used_memory_mb());
	json_object_end(json);
	json_object_end(json);
}

void
verb_info(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct store *store = scheduler->store;
	struct info info = { .scheduler = scheduler };
	enum store_result result = store->ops->job_count(store, NULL, info.states);

	(void)request;
	if (result == STORE_OK)
		result = store->ops->stat_total(store, &info.processed, &info.failures);
	if (result == STORE_OK)
		result = store->ops->queue_list(store, collect_queue, &info);
	if (!scheduler_failed(scheduler, result))
		peer_json(peer, render_info, &info);
	free(info.queues);
}
