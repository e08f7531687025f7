/* Requests that bring jobs: PUSH, PUSHB. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payload.h"
#include "payload_list.h"
#include "role.h"
#include "scope.h"
#include "server.h"

/* What is stored of a PUSHB in one turn, in jobs and in bytes: others wait no longer than that. */
#define SLICE       2000
#define SLICE_BYTES ((size_t)1024 * 1024)
#define NOT_UNIQUE  "Job not unique"

/* One job.  QUEUE_REFUSED with the reason. */
static enum queue_answer
push_one(struct peer *peer, struct job *job, char reason[QUEUE_WHY_MAX])
{
	struct scheduler *scheduler = peer->server->scheduler;
	const struct conf_job *type = queue_type(&scheduler->queue, job);

	if (!role_may(peer, job->type, reason, QUEUE_WHY_MAX))
		return QUEUE_REFUSED;
	if (!scope_take_job(peer, job, reason, QUEUE_WHY_MAX))
		return scheduler->failed ? QUEUE_FAILED : QUEUE_REFUSED;
	if (type == NULL || type->enabled)
		return queue_push(&scheduler->queue, job, reason);
	snprintf(reason, QUEUE_WHY_MAX, "the job '%s' is disabled", type->name);
	return QUEUE_REFUSED;
}

/* Another job is kept in its place. */
static void
answer_kept(struct peer *peer, const char *jid)
{
	char text[JOB_JID_MAX + 8];

	snprintf(text, sizeof(text), "KEPT %s", jid);
	peer_ok(peer, text);
}

void
verb_push(struct peer *peer, struct request *request)
{
	char none[] = "", *text = request->json != NULL ? request->json : none;
	char reason[QUEUE_WHY_MAX];
	enum queue_answer answer;
	struct job job;

	reason[0] = '\0';
	job_init(&job);
	if (payload_take(&job, text, strlen(text), reason, sizeof(reason)) == -1)
		peer_error(peer, "ERR", "%s", reason);
	else if (!role_may(peer, job.type, reason, sizeof(reason)))
		peer_error(peer, "DENIED", "%s", reason);
	else {
		answer = push_one(peer, &job, reason);
		if (answer == QUEUE_OK && job.id == 0 && peer->wants_kept)
			answer_kept(peer, job.jid);
		else
			verb_answer(peer, job.jid, answer, reason);
	}
	job_clear(&job);
}

/* A PUSHB on its way. */
struct bulk {
	struct server *server;
	struct payload_list list;
	size_t bytes; /* of the list, counted with the input of all clients */
	struct refused {
		char *jid, *reason;
	} * refused; /* the reply */
	size_t count, size;
};

static void
bulk_clear(void *arg)
{
	struct bulk *bulk = arg;

	for (size_t i = 0; i < bulk->count; i++) {
		free(bulk->refused[i].jid);
		free(bulk->refused[i].reason);
	}
	free(bulk->refused);
	payload_list_close(&bulk->list);
	bulk->server->input_bytes -= bulk->bytes;
	free(bulk);
}

static int
bulk_refuse(struct bulk *bulk, const char *jid, const char *reason)
{
	struct refused *larger, *refused;
	size_t size = bulk->size == 0 ? 16 : bulk->size * 2;

	if (bulk->count == bulk->size) {
		larger = reallocarray(bulk->refused, size, sizeof(*larger));
		if (larger == NULL)
			return -1;
		bulk->refused = larger;
		bulk->size = size;
	}
	refused = &bulk->refused[bulk->count++];
	refused->jid = strdup(jid);
	refused->reason = strdup(reason);
	return refused->jid != NULL && refused->reason != NULL ? 0 : -1;
}

static void
render_refused(struct json *json, const void *arg)
{
	const struct bulk *bulk = arg;

	json_object(json, NULL);
	for (size_t i = 0; i < bulk->count; i++)
		json_string(json, bulk->refused[i].jid, bulk->refused[i].reason);
	json_object_end(json);
}

/* Pushes what was read, or says why it was not; -1 without memory.  The store may have failed. */
static int
bulk_push(struct peer *peer, struct bulk *bulk, struct job *job, bool good, char *reason)
{
	enum queue_answer answer = good ? push_one(peer, job, reason) : QUEUE_REFUSED;

	if (answer == QUEUE_FAILED)
		scheduler_failed(peer->server->scheduler, STORE_FAILED);
	else if (answer != QUEUE_OK)
		return bulk_refuse(
		    bulk, job->jid, answer == QUEUE_NOT_UNIQUE ? NOT_UNIQUE : reason);
	return 0;
}

/* The next job of the list: 1, 0 at its end, -1 without memory. */
static int
bulk_next(struct peer *peer, struct bulk *bulk)
{
	char reason[QUEUE_WHY_MAX];
	struct job job;
	bool good;
	int more;

	reason[0] = '\0';
	job_init(&job);
	more = payload_list_next(&bulk->list, &job, &good, reason, sizeof(reason));
	if (more == 1 && bulk_push(peer, bulk, &job, good, reason) == -1)
		more = -1;
	job_clear(&job);
	return more;
}

static bool
bulk_step(struct peer *peer, void *arg)
{
	struct bulk *bulk = arg;
	size_t begin = bulk->list.done;
	int more = 1;

	for (size_t i = 0; more == 1 && i < SLICE && bulk->list.done - begin < SLICE_BYTES &&
			   !peer->server->scheduler->failed;
	     i++)
		more = bulk_next(peer, bulk);
	if (more == 0)
		peer_json(peer, render_refused, bulk);
	else if (more == -1)
		peer_error(peer, "ERR", "out of memory");
	return more != 1;
}

/* NULL without memory, or when all clients together hold too much. */
static struct bulk *
bulk_new(struct server *server, const char *text, size_t len)
{
	size_t bytes = payload_list_bytes(len);
	struct bulk *bulk;

	if (server->input_bytes + bytes > SERVER_INPUT_MAX ||
	    (bulk = calloc(1, sizeof(*bulk))) == NULL)
		return NULL;
	if (payload_list_open(&bulk->list, text, len) == -1) {
		free(bulk);
		return NULL;
	}
	bulk->server = server;
	bulk->bytes = bytes;
	server->input_bytes += bytes;
	return bulk;
}

/* The text is wrong before any of it is stored, or not at all. */
void
verb_pushb(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "", *wrong;
	size_t len = strlen(text);
	struct bulk *bulk = bulk_new(peer->server, text, len);

	if (bulk == NULL)
		peer_error(peer, "ERR", "no memory for a list of %zu bytes", len);
	else if ((wrong = payload_list_check(&bulk->list)) != NULL) {
		peer_error(peer, "ERR", "invalid JSON: %s", wrong);
		bulk_clear(bulk);
	} else
		task_begin(peer, TASK_IN_TURN, bulk_step, bulk_clear, bulk);
}
