/* Requests about the whole: INFO, STATS, EVENTS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "scope.h"
#include "server.h"

/* The version of Faktory whose protocol this is; some clients look at it. */
#define FAKTORY_VERSION "1.9.0"
#define STATS_HOURS     24
#define STATS_HOURS_MAX (24 * 366)

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

/* STATS. */

struct stats {
	struct store *store;
	struct walltime since;
	int64_t states[JOB_STATE_COUNT];
	int64_t processed, failures;
	struct json *json;
	enum store_result result;
};

static bool
add_hour(void *arg, const struct stat_record *record)
{
	struct json *json = ((const struct stats *)arg)->json;

	json_object(json, NULL);
	render_time(json, "at", record->at);
	json_int(json, "pushed", record->pushed);
	json_int(json, "done", record->done);
	json_int(json, "failed", record->failed);
	json_int(json, "dead", record->dead);
	json_int(json, "run_ms", record->run_ms);
	json_int(json, "wait_ms", record->wait_ms);
	json_int(json, "run_ms_max", record->run_ms_max);
	json_int(json, "wait_ms_max", record->wait_ms_max);
	json_object_end(json);
	return true;
}

static void
render_stats(struct json *json, const void *arg)
{
	/* The hours are read while it is written. */
	struct stats *stats = (struct stats *)(uintptr_t)arg;

	stats->json = json;
	json_object(json, NULL);
	json_int(json, "processed", stats->processed);
	json_int(json, "failures", stats->failures);
	json_object(json, "states");
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		json_int(json, job_state_word((enum job_state)i), stats->states[i]);
	json_object_end(json);
	json_array(json, "hours");
	stats->result = stats->store->ops->stat_list(stats->store, stats->since, add_hour, stats);
	json_array_end(json);
	json_object_end(json);
}

void
verb_stats(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "hours", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct store *store = scheduler->store;
	struct stats stats = { .store = store };
	const char *unknown = request_unknown_option(request, known), *errstr = "";
	int64_t hours;

	if (unknown != NULL || request->arg_count > 0 ||
	    request_option_int(
		request, "hours", 1, STATS_HOURS_MAX, STATS_HOURS, &hours, &errstr) == -1) {
		peer_error(peer, "ERR", "STATS takes hours=1 to hours=%d", STATS_HOURS_MAX);
		return;
	}
	stats.since = walltime_add_ms(scheduler->queue.now, -hours * 3600 * 1000);
	if (scheduler_failed(scheduler, store->ops->job_count(store, NULL, stats.states)) ||
	    scheduler_failed(
		scheduler, store->ops->stat_total(store, &stats.processed, &stats.failures)))
		return;
	peer_json(peer, render_stats, &stats);
	scheduler_failed(scheduler, stats.result);
}

/* EVENTS. */

void
verb_events(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "since", NULL };
	const struct queue *queue = &peer->server->scheduler->queue;
	const char *unknown = request_unknown_option(request, known), *errstr = "";
	int64_t last = queue_events_last(queue), since;

	if (unknown != NULL || request->arg_count > 0 ||
	    request_option_int(request, "since", 0, INT64_MAX, last, &since, &errstr) == -1) {
		peer_error(peer, "ERR", "EVENTS takes since=N");
		return;
	}
	/* A number that was not given out yet is from before a restart: all that is remembered. */
	peer->event_seq = since <= last ? since + 1 : 1;
	server_wait(peer, WAIT_EVENTS);
	peer_ok(peer, "OK");
}

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void
render_event(struct json *json, const void *arg)
{
	const struct queue_event *event = arg;

	json_object(json, NULL);
	json_int(json, "seq", event->seq);
	render_time(json, "at", event->at);
	json_string(json, "kind", event->kind);
	json_string(json, "jid", or_null(event->jid));
	json_string(json, "type", or_null(event->type));
	json_string(json, "queue", or_null(event->queue));
	if (event->name[0] != '\0')
		json_string(json, "name", event->name);
	json_string(json, "from", or_null(event->from));
	json_string(json, "to", event->to);
	json_string(json, "reason", or_null(event->reason));
	json_object_end(json);
}

static bool
tell_event(void *arg, const struct queue_event *event)
{
	const struct job tagged = { .tags = event->tags };
	struct peer *peer = arg;

	if (peer_tag(peer) == NULL || job_has_tag(&tagged, peer_tag(peer)))
		peer_json(peer, render_event, event);
	peer->event_seq = event->seq + 1;
	return true;
}

void
server_tell_events(struct server *server)
{
	const struct queue *queue = &server->scheduler->queue;
	int64_t last = queue_events_last(queue);
	struct peer *peer, *next;

	for (peer = TAILQ_FIRST(&server->waiting); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, wait_entry);
		if (peer->wait != WAIT_EVENTS || peer->event_seq > last)
			continue;
		/* Whoever falls behind would miss some without knowing: it must ask anew. */
		if (peer_is_slow(peer)) {
			log_info("a client (%s) is too slow for the events: dropped", peer->from);
			peer_free(peer);
			continue;
		}
		queue_events_list(queue, peer->event_seq, tell_event, peer);
		peer_turn_end(peer, NULL, false);
	}
}
