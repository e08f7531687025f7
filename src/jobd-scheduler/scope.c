#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "batch.h"
#include "key.h"
#include "scope.h"
#include "server.h"

#define QUOTE "%.200s"

const char *
peer_tag(const struct peer *peer)
{
	return peer->caller != NULL && peer->caller->tag[0] != '\0' ? peer->caller->tag : NULL;
}

bool
scope_has_type(const struct conf_job *type, const char *tag)
{
	for (char *const *own = type->tags; own != NULL && *own != NULL; own++)
		if (strcmp(*own, tag) == 0)
			return true;
	return false;
}

/* Does what is there carry the tag?  STORE_NONE if not, as if it were not there. */

static enum store_result
look_at_job(struct store *store, const char *jid, const char *tag)
{
	struct job job;
	enum store_result result = store->ops->job_get(store, jid, &job);

	if (result != STORE_OK)
		return result;
	result = job_has_tag(&job, tag) ? STORE_OK : STORE_NONE;
	job_clear(&job);
	return result;
}

static enum store_result
look_at_batch(struct store *store, const char *bid, const char *tag)
{
	struct batch batch;
	enum store_result result = store->ops->batch_get(store, bid, &batch);

	if (result != STORE_OK)
		return result;
	result = strcmp(batch.tag, tag) == 0 ? STORE_OK : STORE_NONE;
	batch_clear(&batch);
	return result;
}

/* A name that is free is STORE_NONE, and *taken is false. */
static enum store_result
look_at_schedule(const struct scheduler *scheduler, const char *name, const char *tag, bool *taken)
{
	const struct conf_job *type = conf_find_job(scheduler->conf, name);
	struct store *store = scheduler->store;
	struct routine routine;
	struct job tagged;
	enum store_result result;

	*taken = true;
	if (type != NULL)
		return scope_has_type(type, tag) ? STORE_OK : STORE_NONE;
	if ((result = store->ops->routine_get(store, name, &routine)) != STORE_OK) {
		*taken = false;
		return result;
	}
	job_init(&tagged);
	tagged.tags = routine.tags;
	result = job_has_tag(&tagged, tag) ? STORE_OK : STORE_NONE;
	routine_clear(&routine);
	return result;
}

enum store_result
scope_has_schedule(const struct scheduler *scheduler, const char *name, const char *tag)
{
	bool taken;

	return look_at_schedule(scheduler, name, tag, &taken);
}

/* Requests. */

void
request_find_name(
    const struct request *request, size_t word, const char *const *members, char *name, size_t size)
{
	char error[160];
	struct fields *fields = NULL;
	const char *found = NULL;

	name[0] = '\0';
	if (request->arg_count > word)
		found = request->args[word];
	else if (request->json != NULL)
		fields = fields_read(request->json, strlen(request->json), error, sizeof(error));
	for (; found == NULL && fields != NULL && *members != NULL; members++)
		found = fields_text(fields, *members);
	if (found != NULL)
		strlcpy(name, found, size);
	fields_free(fields);
}

/* Several names are several things: only one can be looked at. */
static bool
says_one_thing(struct peer *peer, const struct request *request, size_t words)
{
	if (request->arg_count <= words)
		return true;
	peer_error(peer, "NOTFOUND", "there is no such thing here");
	return false;
}

static bool
allows_job(struct peer *peer, const struct request *request)
{
	static const char *const members[] = { "jid", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	char jid[JOB_JID_MAX + 1];
	enum store_result result;

	request_find_name(request, 0, members, jid, sizeof(jid));
	if (!says_one_thing(peer, request, 1))
		return false;
	result = look_at_job(scheduler->store, jid, peer_tag(peer));
	if (result == STORE_NONE)
		peer_error(peer, "ERR", "Job not found " QUOTE, jid);
	return !scheduler_failed(scheduler, result) && result == STORE_OK;
}

static bool
allows_batch(struct peer *peer, const struct request *request)
{
	static const char *const members[] = { NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	char bid[BATCH_BID_MAX + 1];
	enum store_result result;

	/* NEW and LIST name none. */
	if (request->arg_count < 2)
		return true;
	request_find_name(request, 1, members, bid, sizeof(bid));
	if (!says_one_thing(peer, request, 2))
		return false;
	result = look_at_batch(scheduler->store, bid, peer_tag(peer));
	if (result == STORE_NONE)
		peer_error(peer, "ERR", "No such batch " QUOTE, bid);
	return !scheduler_failed(scheduler, result) && result == STORE_OK;
}

static bool
allows_schedule(struct peer *peer, const struct request *request)
{
	static const char *const members[] = { "name", "job", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	size_t word = strcmp(request->verb, "SCHEDULE") == 0;
	bool sets = word == 1 && request->arg_count == 1, taken;
	enum store_result result;
	char name[JOB_NAME_MAX + 1];

	request_find_name(request, word, members, name, sizeof(name));
	if (!says_one_thing(peer, request, word + 1))
		return false;
	result = look_at_schedule(scheduler, name, peer_tag(peer), &taken);
	if (result == STORE_NONE && sets && !taken)
		return true;
	if (result == STORE_NONE)
		peer_error(peer, "ERR", "no such schedule: '" QUOTE "'", name);
	return !scheduler_failed(scheduler, result) && result == STORE_OK;
}

bool
scope_allows(struct peer *peer, enum scope scope, const struct request *request)
{
	if (peer_tag(peer) == NULL)
		return true;
	switch (scope) {
	case SCOPE_OPEN:
	case SCOPE_SELF:
		return true;
	case SCOPE_JOB:
		return allows_job(peer, request);
	case SCOPE_SCHEDULE:
		return allows_schedule(peer, request);
	case SCOPE_BATCH:
		return allows_batch(peer, request);
	case SCOPE_CLOSED:
		break;
	}
	peer_error(peer, "NOTFOUND", "there is no such thing here");
	return false;
}

/* What is made. */

/* "tenant:1" is of the family of "tenant:2"; a tag without a colon has none. */
static bool
is_of_family(const char *word, size_t len, const char *tag)
{
	const char *colon = strchr(tag, ':');
	size_t family = colon != NULL ? (size_t)(colon - tag) + 1 : 0;

	return family > 0 && len >= family && memcmp(word, tag, family) == 0;
}

char *
scope_add_tag(const char *tags, const char *tag, char *why, size_t size)
{
	size_t tag_len = strlen(tag);
	struct json_scan scan;
	struct json_piece piece;
	bool found = false, any = false;
	char *text = NULL;

	snprintf(why, size, "tags must be a list of texts");
	if (tags[0] != '\0' && json_scan_begin(&scan, tags, strlen(tags)) == -1)
		return NULL;
	while (tags[0] != '\0' && json_scan_next(&scan, &piece) == 1) {
		const char *word = piece.value + 1;
		size_t len = piece.value_len - 2;

		if (piece.value_len < 2 || piece.value[0] != '"')
			return NULL;
		any = true;
		if (len == tag_len && memcmp(word, tag, len) == 0) {
			found = true;
			continue;
		}
		/* With an escape it may read as any other. */
		if (memchr(word, '\\', len) != NULL || is_of_family(word, len, tag)) {
			snprintf(why, size, "the tag '%.*s' is not yours",
			    (int)(len < 200 ? len : 200), word);
			return NULL;
		}
	}
	snprintf(why, size, "out of memory");
	if (found)
		return strdup(tags);
	if (asprintf(&text, "[\"%s\"%s%s", tag, any ? "," : "",
		any ? tags + strspn(tags, " \t\r\n[") : "]") == -1)
		return NULL;
	return text;
}

/* True if each job that the list names carries the tag, or is none. */
static enum store_result
look_at_all(struct store *store, const char *jids, const char *tag)
{
	enum store_result result = STORE_OK;
	struct json_scan scan;
	struct json_piece piece;
	char jid[JOB_JID_MAX + 1];

	if (json_scan_begin(&scan, jids, strlen(jids)) == -1)
		return STORE_NONE;
	while (result == STORE_OK && json_scan_next(&scan, &piece) == 1) {
		if (piece.value_len - 2 >= sizeof(jid) ||
		    memchr(piece.value, '\\', piece.value_len) != NULL)
			return STORE_NONE;
		snprintf(jid, sizeof(jid), "%.*s", (int)(piece.value_len - 2), piece.value + 1);
		result = look_at_job(store, jid, tag);
	}
	return result;
}

/* A key that is his own: others' jobs with the same one are no concern of his. */
static int
confine_key(struct job *job, const char *tag)
{
	char made[JOB_KEY_MAX + 1], *key;
	int result;

	if (job->unique_key[0] == '\0' && job->unique_for_ms > 0) {
		key_of_job(made, job);
		if (job_set(job, &job->unique_key, made) == -1)
			return -1;
	}
	if (job->unique_key[0] == '\0')
		return 0;
	if (asprintf(&key, "%s %s", tag, job->unique_key) == -1)
		return -1;
	result = job_set(job, &job->unique_key, key);
	free(key);
	return result;
}

bool
scope_take_job(struct peer *peer, struct job *job, char *why, size_t size)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct store *store = scheduler->store;
	const char *tag = peer_tag(peer);
	enum store_result result = STORE_OK;
	char *tags;

	if (tag == NULL)
		return true;
	if ((tags = scope_add_tag(job->tags, tag, why, size)) == NULL)
		return false;
	snprintf(why, size, "out of memory");
	if (job_set(job, &job->tags, tags) == -1 || confine_key(job, tag) == -1) {
		free(tags);
		return false;
	}
	free(tags);
	snprintf(why, size, "no such job or batch is there to be named");
	if (job->parent[0] != '\0')
		result = look_at_job(store, job->parent, tag);
	if (result == STORE_OK && job->bid[0] != '\0')
		result = look_at_batch(store, job->bid, tag);
	if (result == STORE_OK && job->after[0] != '\0')
		result = look_at_all(store, job->after, tag);
	return !scheduler_failed(scheduler, result) && result == STORE_OK;
}
