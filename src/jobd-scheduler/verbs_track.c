/* Requests about progress, as Faktory's Enterprise has them: TRACK. */
#include <string.h>

#include "server.h"

#define QUOTE "%.200s"

/* TRACK. */

static const char *
track_state(const struct job *job)
{
	static const char *const words[JOB_STATE_COUNT] = {
		[JOB_SCHEDULED] = "enqueued",
		[JOB_READY] = "enqueued",
		[JOB_BLOCKED] = "enqueued",
		[JOB_RUNNING] = "working",
		[JOB_RETRY] = "failed",
		[JOB_DONE] = "success",
		[JOB_DEAD] = "dead",
		[JOB_CANCELLED] = "dead",
	};

	return words[job->state];
}

/* The last thing that happened to it. */
static struct walltime
track_time(const struct job *job)
{
	const struct walltime times[] = { job->finished_at, job->updated_at, job->started_at,
		job->enqueued_at };
	struct walltime last = job->created_at;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i].us > last.us)
			last = times[i];
	return last;
}

static void
render_track(struct json *json, const void *arg)
{
	const struct job *job = arg;

	json_object(json, NULL);
	json_string(json, "jid", job->jid);
	if (job->percent >= 0)
		json_int(json, "percent", job->percent);
	if (job->desc[0] != '\0')
		json_string(json, "desc", job->desc);
	json_string(json, "state", track_state(job));
	render_time(json, "updated_at", track_time(job));
	json_object_end(json);
}

static void
render_untracked(struct json *json, const void *arg)
{
	json_object(json, NULL);
	json_string(json, "jid", arg);
	json_string(json, "state", "unknown");
	json_object_end(json);
}

static void
track_get(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	enum store_result result;
	struct job job;

	if (request->arg_count != 2) {
		peer_error(peer, "ERR", "TRACK GET takes one jid");
		return;
	}
	result = scheduler->store->ops->job_get(scheduler->store, request->args[1], &job);
	if (scheduler_failed(scheduler, result))
		return;
	if (result == STORE_NONE) {
		peer_json(peer, render_untracked, request->args[1]);
		return;
	}
	peer_json(peer, render_track, &job);
	job_clear(&job);
}

/* False: an error was replied. */
static bool
read_until(struct peer *peer, const struct fields *fields, struct walltime *until)
{
	const char *text = fields_text(fields, "reserve_until"), *errstr;

	until->us = 0;
	if (text == NULL || text[0] == '\0' || walltime_parse(text, until, &errstr) == 0)
		return true;
	peer_error(peer, "ERR", "reserve_until: '" QUOTE "' %s", text, errstr);
	return false;
}

static void
track(struct peer *peer, const struct fields *fields, const char *jid)
{
	struct queue *queue = &peer->server->scheduler->queue;
	enum queue_answer answer;
	struct walltime until;

	if (!read_until(peer, fields, &until))
		return;
	answer = queue_progress(
	    queue, jid, fields_int(fields, "percent", -1), fields_text(fields, "desc"));
	if (answer == QUEUE_OK && walltime_is_set(until))
		answer = queue_extend(queue, jid, until);
	verb_answer(peer, jid, answer, "only the time of a running job can be extended");
}

static void
track_set(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "", *jid;
	struct fields *fields;
	char error[160];

	if (!verb_writes(peer))
		return;
	fields = fields_read(text, strlen(text), error, sizeof(error));
	jid = fields != NULL ? fields_text(fields, "jid") : NULL;
	if (fields == NULL)
		peer_error(peer, "ERR", "invalid JSON: %s", error);
	else if (jid == NULL)
		peer_error(peer, "ERR", "missing JID");
	else
		track(peer, fields, jid);
	fields_free(fields);
}

static const struct verb_word words[] = {
	{"GET",  2, track_get},
	{ "SET", 1, track_set},
	{ NULL,  0, NULL     },
};

void
verb_track(struct peer *peer, struct request *request)
{
	verb_by_word(peer, request, words);
}
