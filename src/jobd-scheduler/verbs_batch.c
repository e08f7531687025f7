/* Requests about batches, as Faktory's Enterprise has them: BATCH. */
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "batch.h"
#include "payload.h"
#include "role.h"
#include "scope.h"
#include "server.h"

#define QUOTE "%.200s"

#define BATCHES_LIMIT     100
#define BATCHES_LIMIT_MAX 1000

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

/* False with the reason: its callbacks or the batch around it are not the caller's. */
static bool
may_have(struct peer *peer, const struct batch *batch, char why[QUEUE_WHY_MAX])
{
	const char *const texts[] = { batch->success, batch->complete };
	struct job job;
	bool may = true;

	for (size_t i = 0; i < 2 && may && peer->caller != NULL; i++) {
		if (texts[i][0] == '\0')
			continue;
		job_init(&job);
		may = payload_read(&job, texts[i], strlen(texts[i]), why, QUEUE_WHY_MAX) == 0 &&
		      role_may(peer, job.type, why, QUEUE_WHY_MAX) &&
		      job_set(&job, &job.bid, batch->parent) == 0 &&
		      scope_take_job(peer, &job, why, QUEUE_WHY_MAX);
		job_clear(&job);
	}
	return may;
}

static void
make_batch(struct peer *peer, const struct fields *fields, const char *json, char *texts)
{
	struct scheduler *scheduler = peer->server->scheduler;
	char why[QUEUE_WHY_MAX] = "";
	struct batch batch;
	enum queue_answer answer;

	batch_init(&batch);
	if (peer_tag(peer) != NULL)
		batch.tag = peer_tag(peer);
	batch.description = text_or_empty(fields, "description");
	batch.parent = text_or_empty(fields, "parent_bid");
	batch.success = raw_member(json, "success", &texts);
	batch.complete = raw_member(json, "complete", &texts);
	if (batch.success[0] == '\0' && batch.complete[0] == '\0')
		peer_error(peer, "ERR", "a batch needs a success or a complete callback");
	else if (!may_have(peer, &batch, why))
		peer_error(peer, "ERR", "%s", why);
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
	if (batch->tag[0] != '\0')
		json_string(json, "tag", batch->tag);
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

struct batches {
	struct peer *peer;
	size_t count;
};

static bool
add_batch(void *arg, const struct batch *batch)
{
	struct batches *batches = arg;

	peer_json(batches->peer, render_batch, batch);
	batches->count++;
	return true;
}

static void
batch_list_verb(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "before", "limit", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	struct batches batches = { .peer = peer };
	size_t mark = peer_list_begin(peer);
	struct batch_filter filter;

	if (fields == NULL)
		return;
	filter = (struct batch_filter){ .before = fields_text(fields, "before"),
		.tag = peer_tag(peer),
		.limit = fields_int(fields, "limit", BATCHES_LIMIT) };
	if (filter.limit < 1 || filter.limit > BATCHES_LIMIT_MAX)
		peer_error(peer, "ERR", "limit is from 1 to %d", BATCHES_LIMIT_MAX);
	else if (!scheduler_failed(scheduler, scheduler->store->ops->batch_list(
						  scheduler->store, &filter, add_batch, &batches)))
		peer_list_end(peer, mark, batches.count);
	fields_free(fields);
}

static const struct verb_word words[] = {
	{"NEW",     1, batch_new_verb   },
	{ "OPEN",   2, batch_open_verb  },
	{ "COMMIT", 2, batch_commit_verb},
	{ "STATUS", 2, batch_status_verb},
	{ "LIST",   1, batch_list_verb  },
	{ NULL,     0, NULL             },
};

void
verb_batch(struct peer *peer, struct request *request)
{
	verb_by_word(peer, request, words);
}
