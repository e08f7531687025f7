/* Who waits: for jobs, for orders, for the end of a job; and the end of a turn, which answers them.
 */
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define UNLUCKY_MAX 16

/* A list of jobs that has become longer ends. */
#define LIST_BYTES ((size_t)1024 * 1024)

void
server_wait(struct peer *peer, enum wait wait)
{
	peer->wait = wait;
	peer->wait_fresh = true;
	peer->wait_answered = false;
	TAILQ_INSERT_TAIL(&peer->server->waiting, peer, wait_entry);
}

void
server_wait_end(struct peer *peer)
{
	if (peer->wait == WAIT_NOTHING)
		return;
	TAILQ_REMOVE(&peer->server->waiting, peer, wait_entry);
	if (peer->wait == WAIT_FETCH)
		event_del(peer->deadline);
	for (size_t i = 0; i < peer->queue_count; i++)
		free(peer->queues[i]);
	free(peer->queues);
	free(peer->jid);
	peer->queues = NULL;
	peer->queue_count = 0;
	peer->jid = NULL;
	peer->wait = WAIT_NOTHING;
	peer->wait_answered = peer->wait_fresh = peer->take_list = peer->claimed = false;
}

static bool
wants_job(const struct peer *peer)
{
	const struct worker *worker = peer->worker;

	if (peer->wait_answered || (worker != NULL && worker->state != WORKER_RUNNING))
		return false;
	/* An order comes first; it is given when the turn is committed. */
	return peer->wait == WAIT_FETCH ||
	       (peer->wait == WAIT_TAKE && peer->wants_jobs && TAILQ_EMPTY(&worker->orders));
}

/* One job, or as many as a TAKE with a list may be answered with. */
static enum store_result
hand_out(struct server *server, struct peer *peer)
{
	struct queue *queue = &server->scheduler->queue;
	const struct worker *worker = peer->worker;
	const char *wid = worker != NULL ? worker->wid : "";
	size_t before = peer->out.len - peer->out.kept, most = peer->take_list ? peer->take_max : 1,
	       given = 0;
	enum store_result result = STORE_OK;
	struct job job;

	while (given < most && peer->out.len - peer->out.kept - before < LIST_BYTES) {
		result = queue_take(queue, wid, worker != NULL && worker->builtin,
		    (const char *const *)peer->queues, peer->queue_count, &job);
		if (result != STORE_OK)
			break;
		server_touch(peer); /* before the reply, so that it can be taken back */
		peer_json(peer, peer->wait == WAIT_TAKE ? render_job : render_payload, &job);
		if (hold_is_for(&server->hold, &job)) {
			peer->held = true;
			hold_job(&server->hold, peer, job.jid);
		}
		job_clear(&job);
		given++;
	}
	if (given == 0 || result == STORE_FAILED)
		return result;
	if (peer->take_list)
		peer_nil(peer);
	peer->wait_answered = peer->claimed = true;
	return STORE_OK;
}

static bool
is_builtin(const struct peer *peer)
{
	return peer->worker != NULL && peer->worker->builtin;
}

/* They would get the same jobs. */
static bool
ask_alike(const struct peer *one, const struct peer *other)
{
	if (is_builtin(one) != is_builtin(other) || one->queue_count != other->queue_count)
		return false;
	for (size_t i = 0; i < one->queue_count; i++)
		if (strcmp(one->queues[i], other->queues[i]) != 0)
			return false;
	return true;
}

/* Those for whom there was nothing in this turn: the others who ask alike need not be looked for.
 */
struct unlucky {
	const struct peer *peers[UNLUCKY_MAX];
	size_t count;
};

static bool
is_unlucky(const struct unlucky *unlucky, const struct peer *peer)
{
	for (size_t i = 0; i < unlucky->count; i++)
		if (ask_alike(unlucky->peers[i], peer))
			return true;
	return false;
}

enum store_result
server_dispatch(struct server *server)
{
	struct unlucky unlucky = { .count = 0 };
	enum store_result result;
	struct peer *peer;

	TAILQ_FOREACH (peer, &server->waiting, wait_entry) {
		if (!wants_job(peer) || is_unlucky(&unlucky, peer))
			continue;
		if ((result = hand_out(server, peer)) == STORE_FAILED)
			return result;
		if (result == STORE_NONE && unlucky.count < UNLUCKY_MAX)
			unlucky.peers[unlucky.count++] = peer;
	}
	return STORE_OK;
}

static void
render_order(struct json *json, const void *arg)
{
	const struct order *order = arg;

	json_object(json, NULL);
	json_string(json, "order", "kill");
	json_string(json, "jid", order->jid);
	json_string(json, "reason", order->reason);
	json_object_end(json);
}

static void
give_orders(struct server *server)
{
	struct peer *peer;
	struct order order;

	TAILQ_FOREACH (peer, &server->waiting, wait_entry) {
		if (peer->wait != WAIT_TAKE || peer->wait_answered ||
		    !worker_take_order(peer->worker, &order))
			continue;
		server_touch(peer);
		peer->held |= server->hold.on;
		peer_json(peer, render_order, &order);
		if (peer->take_list)
			peer_nil(peer);
		peer->wait_answered = true;
	}
}

/* Those who wait for jobs that have ended in this turn. */
static void
tell_ends(struct server *server)
{
	const struct queue *queue = &server->scheduler->queue;
	struct peer *peer;

	TAILQ_FOREACH (peer, &server->waiting, wait_entry) {
		for (size_t i = 0;
		     peer->wait == WAIT_JOB && !peer->wait_answered && i < queue->finished_count;
		     i++) {
			if (strcmp(queue->finished[i], peer->jid) != 0)
				continue;
			server_touch(peer);
			if (!reply_job(peer, peer->jid))
				peer_error(peer, "ERR", "%s", server->scheduler->store->error);
			peer->wait_answered = true;
		}
	}
}

void
server_turn_end(struct server *server, const char *error)
{
	bool holds = error == NULL && server->scheduler->store != NULL &&
		     server->scheduler->store->durability.holds;
	struct peer *peer;

	workers_turn_end(&server->workers, error == NULL);
	if (error == NULL) {
		give_orders(server);
		tell_ends(server);
	}
	while ((peer = TAILQ_FIRST(&server->turn)) != NULL) {
		TAILQ_REMOVE(&server->turn, peer, turn_entry);
		peer_turn_end(peer, error, holds);
	}
}

void
server_synced(struct server *server, bool success)
{
	struct peer *peer;

	while ((peer = TAILQ_FIRST(&server->unsynced)) != NULL) {
		if (success)
			peer_synced(peer);
		else
			peer_free(peer);
	}
}

void
server_order(struct server *server, const struct job *job)
{
	struct worker *worker = worker_find(&server->workers, job->worker);

	if (worker != NULL)
		worker_order(worker, job);
}
