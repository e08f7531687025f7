#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"
#include "server.h"
#include "tls.h"

/* What a verb needs of the store. */
enum need {
	NEED_NOTHING,
	NEED_READ,
	NEED_WRITE,
};

/* clang-format off */
static const struct verb {
	const char *name;
	verb_fn fn;
	enum right right;
	enum need need;
} verbs[] = {
	{ VERB_HELLO,		verb_hello,	RIGHT_LOOK,	NEED_NOTHING },
	{ VERB_END,		verb_end,	RIGHT_LOOK,	NEED_NOTHING },
	{ VERB_PUSH,		verb_push,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_PUSHB,		verb_pushb,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_FETCH,		verb_fetch,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_ACK,		verb_ack,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_FAIL,		verb_fail,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_BEAT,		verb_beat,	RIGHT_ACT,	NEED_NOTHING },
	{ VERB_WORKERS,		verb_workers,	RIGHT_LOOK,	NEED_READ },
	{ VERB_WORKER,		verb_worker,	RIGHT_ACT,	NEED_NOTHING },
	{ VERB_INFO,		verb_info,	RIGHT_LOOK,	NEED_READ },
	{ VERB_QUEUE,		verb_queue,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_TAKE,		verb_take,	RIGHT_ACT,	NEED_NOTHING },
	{ VERB_RUN,		verb_run,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_JOBS,		verb_jobs,	RIGHT_LOOK,	NEED_READ },
	{ VERB_JOB,		verb_job,	RIGHT_LOOK,	NEED_READ },
	{ VERB_WAIT,		verb_wait,	RIGHT_LOOK,	NEED_READ },
	{ VERB_CANCEL,		verb_cancel,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_RETRY,		verb_retry,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_SCHEDULES,	verb_schedules,	RIGHT_LOOK,	NEED_READ },
	{ VERB_PAUSE,		verb_pause,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_RESUME,		verb_resume,	RIGHT_ACT,	NEED_WRITE },
	{ VERB_TICKS,		verb_ticks,	RIGHT_LOOK,	NEED_READ },
	{ VERB_HISTORY,		verb_history,	RIGHT_LOOK,	NEED_READ },
};
/* clang-format on */

#define SILENCE_LOOK_SEC 15

static void on_silence(evutil_socket_t, short what, void *server);

struct server *
server_new(struct scheduler *scheduler, const struct listen_socket *sockets, size_t count)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->scheduler = scheduler;
	TAILQ_INIT(&server->clients);
	TAILQ_INIT(&server->turn);
	TAILQ_INIT(&server->waiting);
	TAILQ_INIT(&server->listeners);
	workers_init(&server->workers);
	server->silence_event = evtimer_new(scheduler->base, on_silence, server);
	if (server->silence_event == NULL) {
		server_free(server);
		return NULL;
	}
	server_configure(server);
	for (size_t i = 0; i < count; i++) {
		if (listener_new(server, &sockets[i]) == -1) {
			server_free(server);
			return NULL;
		}
	}
	return server;
}

void
server_free(struct server *server)
{
	if (server == NULL)
		return;
	while (!TAILQ_EMPTY(&server->clients))
		peer_free(TAILQ_FIRST(&server->clients));
	while (!TAILQ_EMPTY(&server->listeners))
		listener_free(server, TAILQ_FIRST(&server->listeners));
	workers_clear(&server->workers);
	if (server->silence_event != NULL)
		event_free(server->silence_event);
	tls_free(server->tls);
	explicit_bzero(server->password, sizeof(server->password));
	free(server);
}

/* The first line of the file; false if there is none. */
static bool
read_password(const char *path, char password[SERVER_PASSWORD_MAX + 1])
{
	FILE *file = fopen(path, "re");
	bool found = file != NULL && fgets(password, SERVER_PASSWORD_MAX + 1, file) != NULL;

	if (!found)
		password[0] = '\0';
	if (file != NULL)
		fclose(file);
	password[strcspn(password, "\r\n")] = '\0';
	return password[0] != '\0';
}

/* A configuration without the option has no text at all. */
static const char *
given(const char *text)
{
	return text != NULL ? text : "";
}

void
server_configure(struct server *server)
{
	const struct conf_scheduler *conf = &server->scheduler->conf->scheduler;
	char error[300];

	server->locked = false;
	strlcpy(server->password, given(conf->password), sizeof(server->password));
	if (given(conf->password_file)[0] != '\0' &&
	    !read_password(conf->password_file, server->password)) {
		log_warnx(
		    "there is no password in %s: nobody can connect over TCP", conf->password_file);
		server->locked = true;
	}
	tls_free(server->tls);
	server->tls = NULL;
	if (given(conf->tls_certificate)[0] != '\0' &&
	    (server->tls = tls_new(conf->tls_certificate, conf->tls_key, error, sizeof(error))) ==
		NULL)
		log_errx("TLS can't be used: %s", error);
}

size_t
server_clients_max(const struct server *server)
{
	int64_t most = server->scheduler->conf->scheduler.clients_max;

	return most > 0 ? (size_t)most : SERVER_CLIENTS_MAX;
}

/* Workers that are gone without a word. */

void
server_watch_workers(struct server *server)
{
	const struct timeval pause = { SILENCE_LOOK_SEC, 0 };

	if (!event_pending(server->silence_event, EV_TIMEOUT, NULL))
		event_add(server->silence_event, &pause);
}

/* The last connection takes the worker along. */
static void
drop_worker(struct server *server, const struct worker *worker)
{
	struct peer *peer, *next;

	log_info("worker %s was silent for too long: dropped", worker->wid);
	for (peer = TAILQ_FIRST(&server->clients); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, entry);
		if (peer->worker == worker)
			peer_free(peer);
	}
}

static void
on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	const struct worker *worker;

	(void)fd;
	(void)what;
	while ((worker = worker_silent(&server->workers, monotime_now())) != NULL)
		drop_worker(server, worker);
	LIST_FOREACH (worker, &server->workers.list, entry) {
		if (!worker->builtin) {
			server_watch_workers(server);
			return;
		}
	}
}

/* Requests. */

void
server_touch(struct peer *peer)
{
	scheduler_touch(peer->server->scheduler);
	if (peer->in_turn)
		return;
	peer->in_turn = true;
	TAILQ_INSERT_TAIL(&peer->server->turn, peer, turn_entry);
}

static const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* What keeps everybody from this verb now, or NULL. */
static const char *
refusal(const struct scheduler *scheduler, const struct verb *verb)
{
	if ((verb->need == NEED_WRITE && !scheduler_may_write(scheduler)) ||
	    (verb->need == NEED_READ && !scheduler_may_read(scheduler)))
		return scheduler->trouble;
	return NULL;
}

static void
dispatch_line(struct peer *peer, char *line)
{
	struct request request;
	const struct verb *verb;
	const char *errstr;

	if (request_parse(line, &request, &errstr) == -1)
		peer_error(peer, "ERR", "%s", errstr);
	else if ((verb = verb_find(request.verb)) == NULL)
		peer_error(peer, "ERR", "unknown command %.64s", request.verb);
	else if (verb->right > peer->right)
		peer_error(peer, "DENIED",
		    "permission denied: you may look, but not act (it takes a place in jobd's "
		    "act_group)");
	else if ((errstr = refusal(peer->server->scheduler, verb)) != NULL)
		peer_error(peer, "ERR", "%s", errstr);
	else {
		if (verb->need != NEED_NOTHING)
			scheduler_work(peer->server->scheduler);
		verb->fn(peer, &request);
	}
}

void
server_line(struct peer *peer, char *line, size_t len)
{
	struct server *server = peer->server;

	/* A TAKE that waited ends here.  Its reply does not depend on this turn, and must come
	 * first. */
	if (peer->wait == WAIT_TAKE) {
		if (!peer->wait_fresh)
			peer_nil_now(peer);
		else
			peer_nil(peer);
		server_wait_end(peer);
	}
	server_touch(peer);
	peer->requests++;
	server->command_count++;
	if (server->scheduler->failed)
		return; /* the turn is lost: it gets the same error as the others */
	if (memchr(line, '\0', len) != NULL)
		peer_error(peer, "ERR", "the request has bytes that are not printable");
	else if (!peer->greeted && strncmp(line, VERB_HELLO " {", 7) != 0) {
		peer_error(peer, "ERR", "say HELLO {...} first");
		peer_close(peer);
	} else
		dispatch_line(peer, line);
}

/* Waiting. */

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
	peer->wait_answered = peer->wait_fresh = false;
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

static enum store_result
hand_out(struct server *server, struct peer *peer)
{
	struct queue *queue = &server->scheduler->queue;
	const struct worker *worker = peer->worker;
	struct job job;
	enum store_result result =
	    queue_take(queue, worker != NULL ? worker->wid : "", worker != NULL && worker->builtin,
		(const char *const *)peer->queues, peer->queue_count, &job);

	if (result != STORE_OK)
		return result;
	server_touch(peer);
	peer_json(peer, peer->wait == WAIT_TAKE ? render_job : render_payload, &job);
	peer->wait_answered = true;
	job_clear(&job);
	return STORE_OK;
}

enum store_result
server_dispatch(struct server *server)
{
	struct peer *peer;
	enum store_result result;

	TAILQ_FOREACH (peer, &server->waiting, wait_entry) {
		if (!wants_job(peer))
			continue;
		if ((result = hand_out(server, peer)) == STORE_FAILED)
			return result;
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
		peer_json(peer, render_order, &order);
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
	struct peer *peer;

	workers_turn_end(&server->workers, error == NULL);
	if (error == NULL) {
		give_orders(server);
		tell_ends(server);
	}
	while ((peer = TAILQ_FIRST(&server->turn)) != NULL) {
		TAILQ_REMOVE(&server->turn, peer, turn_entry);
		peer_turn_end(peer, error);
	}
}

void
server_order(struct server *server, const struct job *job)
{
	struct worker *worker = worker_find(&server->workers, job->worker);

	if (worker != NULL)
		worker_order(worker, job);
}
