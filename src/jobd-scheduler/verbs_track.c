/* Requests about progress and batches, as Faktory's Enterprise has them: TRACK, BATCH. */
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#include "batch.h"
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

/* BATCH. */

/* A member of the object as it is written; "" if it is missing or null.  Its place is in `texts`,
 * which moves on. */
static const char *
raw_member(const char *json, const char *key, char **texts)
{
	struct json_scan scan;
	struct json_piece piece;
	const char *found = "";

	json_scan_begin(&scan, json, strlen(json));
	while (json_scan_next(&scan, &piece) == 1) {
		if (!json_piece_is(&piece, key) || piece.value[0] != '{')
			continue;
		found = *texts;
		memcpy(*texts, piece.value, piece.value_len);
		(*texts)[piece.value_len] = '\0';
		*texts += piece.value_len + 1;
	}
	return found;
}

static const char *
text_or_empty(const struct fields *fields, const char *key)
{
	const char *text = fields_text(fields, key);

	return text != NULL ? text : "";
}

static void
make_batch(struct peer *peer, const struct fields *fields, const char *json, char *texts)
{
	struct scheduler *scheduler = peer->server->scheduler;
	char why[QUEUE_WHY_MAX] = "";
	struct batch batch;
	enum queue_answer answer;

	batch_init(&batch);
	batch.description = text_or_empty(fields, "description");
	batch.parent = text_or_empty(fields, "parent_bid");
	batch.success = raw_member(json, "success", &texts);
	batch.complete = raw_member(json, "complete", &texts);
	if (batch.success[0] == '\0' && batch.complete[0] == '\0')
		peer_error(peer, "ERR", "a batch needs a success or a complete callback");
	else if ((answer = batch_new(&scheduler->queue, &batch, why)) == QUEUE_OK)
		peer_bulk(peer, batch.bid, strlen(batch.bid));
	else
		verb_answer(peer, batch.parent, answer, why);
	batch_clear(&batch);
}

static void
batch_new_verb(struct peer *peer, struct request *request)
{
	const char *json = request->json != NULL ? request->json : "";
	size_t len = strlen(json);
	struct fields *fields;
	char error[160], *texts;

	if (!verb_writes(peer))
		return;
	if ((fields = fields_read(json, len, error, sizeof(error))) == NULL) {
		peer_error(peer, "ERR", "invalid JSON: %s", error);
		return;
	}
	/* A member may be there several times; each is a part of the text. */
	if ((texts = malloc(2 * len + 2)) == NULL)
		peer_error(peer, "ERR", "out of memory");
	else
		make_batch(peer, fields, json, texts);
	free(texts);
	fields_free(fields);
}

static void
answer_batch(struct peer *peer, const char *bid, enum queue_answer answer, const char *why)
{
	if (answer == QUEUE_NO_JOB)
		peer_error(peer, "ERR", "No such batch " QUOTE, bid);
	else
		verb_answer(peer, bid, answer, why);
}

static void
batch_open_verb(struct peer *peer, struct request *request)
{
	char why[QUEUE_WHY_MAX] = "";
	const char *bid = request->args[1];
	enum queue_answer answer;

	if (!verb_writes(peer))
		return;
	answer = batch_open(&peer->server->scheduler->queue, bid, why);
	if (answer == QUEUE_OK)
		peer_bulk(peer, bid, strlen(bid));
	else
		answer_batch(peer, bid, answer, why);
}

static void
batch_commit_verb(struct peer *peer, struct request *request)
{
	char why[QUEUE_WHY_MAX] = "";
	const char *bid = request->args[1];

	if (verb_writes(peer))
		answer_batch(
		    peer, bid, batch_commit(&peer->server->scheduler->queue, bid, why), why);
}

static const char *
callback_word(int64_t state, const char *job)
{
	if (job[0] == '\0' || state == BATCH_WAITING)
		return "";
	return state == BATCH_PUSHED ? "1" : "2";
}

static void
render_batch(struct json *json, const void *arg)
{
	const struct batch *batch = arg;

	json_object(json, NULL);
	json_string(json, "bid", batch->bid);
	if (batch->parent[0] != '\0')
		json_string(json, "parent_bid", batch->parent);
	if (batch->description[0] != '\0')
		json_string(json, "description", batch->description);
	render_time(json, "created_at", batch->created_at);
	json_int(json, "total", batch->total);
	json_int(json, "pending", batch->pending);
	json_int(json, "failed", batch->failed);
	json_string(json, "complete_st", callback_word(batch->complete_state, batch->complete));
	json_string(json, "success_st", callback_word(batch->success_state, batch->success));
	json_object_end(json);
}

static void
batch_status_verb(struct peer *peer, struct request *request)
{
	struct store *store = peer->server->scheduler->store;
	const char *bid = request->args[1];
	struct batch batch;
	enum store_result result = store->ops->batch_get(store, bid, &batch);

	if (scheduler_failed(peer->server->scheduler, result))
		return;
	if (result == STORE_NONE) {
		peer_error(peer, "ERR", "No such batch " QUOTE, bid);
		return;
	}
	peer_json(peer, render_batch, &batch);
	batch_clear(&batch);
}

/* Both verbs have a second word. */
static const struct word {
	const char *verb, *word;
	size_t args; /* the word included; 0: any */
	verb_fn fn;
} words[] = {
	{"TRACK",  "GET",    2, track_get        },
	{ "TRACK", "SET",    1, track_set        },
	{ "BATCH", "NEW",    1, batch_new_verb   },
	{ "BATCH", "OPEN",   2, batch_open_verb  },
	{ "BATCH", "COMMIT", 2, batch_commit_verb},
	{ "BATCH", "STATUS", 2, batch_status_verb},
};

static void
by_word(struct peer *peer, struct request *request)
{
	const char *asked = request->arg_count > 0 ? request->args[0] : "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct word *word = &words[i];

		if (strcmp(word->verb, request->verb) != 0 || strcmp(word->word, asked) != 0)
			continue;
		if (request->arg_count == word->args)
			word->fn(peer, request);
		else
			peer_error(peer, "ERR", "%s %s takes one %s", word->verb, word->word,
			    word->args == 1 ? "object" : "id");
		return;
	}
	peer_error(peer, "ERR", "no such %s subcommand: %.64s", request->verb, asked);
}

void
verb_track(struct peer *peer, struct request *request)
{
	by_word(peer, request);
}

void
verb_batch(struct peer *peer, struct request *request)
{
	by_word(peer, request);
}
