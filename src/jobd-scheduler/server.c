#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server.h"
#include "tls.h"

#define SILENCE_LOOK_SEC 15

static void on_silence(evutil_socket_t, short what, void *server);
static void release_held(void *server);

struct server *
server_new(struct scheduler *scheduler, const struct listen_socket *sockets, size_t count)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->scheduler = scheduler;
	TAILQ_INIT(&server->clients);
	TAILQ_INIT(&server->turn);
	TAILQ_INIT(&server->unsynced);
	TAILQ_INIT(&server->waiting);
	TAILQ_INIT(&server->listeners);
	TAILQ_INIT(&server->tasks);
	TAILQ_INIT(&server->leavers);
	breakers_init(&server->breakers);
	outbox_states_init(&server->outboxes);
	workers_init(&server->workers);
	server->silence_event = evtimer_new(scheduler->base, on_silence, server);
	if (hold_open(&server->hold, scheduler->base, release_held, server) == -1 ||
	    server->silence_event == NULL) {
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

/* The time has come. */
static void
release_held(void *arg)
{
	struct server *server = arg;
	struct peer *peer, *next;

	TAILQ_FOREACH_SAFE (peer, &server->clients, entry, next) {
		if (!peer->held)
			continue;
		peer->held = false;
		/* One that is in a turn is sent to at its end. */
		if (!peer->in_turn)
			peer_send(peer);
	}
}

static void
leaver_free(struct server *server, struct leaver *leaver)
{
	TAILQ_REMOVE(&server->leavers, leaver, entry);
	free(leaver);
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
	while (!TAILQ_EMPTY(&server->leavers))
		leaver_free(server, TAILQ_FIRST(&server->leavers));
	hold_close(&server->hold);
	workers_clear(&server->workers);
	breakers_clear(&server->breakers);
	outbox_states_clear(&server->outboxes);
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

/* Files that are no pair, as in the middle of a renewal, do not end what works. */
static void
configure_tls(struct server *server, const char *certificate, const char *key)
{
	struct tls *tls = NULL;
	char error[300];

	if (certificate[0] != '\0' &&
	    (tls = tls_new(certificate, key, error, sizeof(error))) == NULL) {
		log_errx("TLS: %s: %s", error,
		    server->tls != NULL ? "the certificate from before is used on"
					: "nobody can connect over it");
		return;
	}
	tls_free(server->tls);
	server->tls = tls;
}

void
server_configure(struct server *server)
{
	const struct conf_scheduler *conf = &server->scheduler->conf->scheduler;

	server->locked = false;
	strlcpy(server->password, given(conf->password), sizeof(server->password));
	if (given(conf->password_file)[0] != '\0' &&
	    !read_password(conf->password_file, server->password)) {
		log_warnx(
		    "there is no password in %s: nobody can connect over TCP", conf->password_file);
		server->locked = true;
	}
	configure_tls(server, given(conf->tls_certificate), given(conf->tls_key));
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
	const struct worker *worker;

	LIST_FOREACH (worker, &server->workers.list, entry)
		if (!worker->builtin)
			break;
	if (worker != NULL && !event_pending(server->silence_event, EV_TIMEOUT, NULL))
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
	server_watch_workers(server);
}

/* A turn may be over when a connection closes: the next one does it. */
void
server_worker_leaves(struct server *server, const struct worker *worker)
{
	struct leaver *leaver;

	if (!worker->releases || (leaver = calloc(1, sizeof(*leaver))) == NULL)
		return;
	memcpy(leaver->wid, worker->wid, sizeof(leaver->wid));
	TAILQ_INSERT_TAIL(&server->leavers, leaver, entry);
	event_active(server->scheduler->again_event, EV_TIMEOUT, 0);
}

enum store_result
server_release(struct server *server)
{
	struct leaver *leaver, *next;

	for (leaver = TAILQ_FIRST(&server->leavers); leaver != NULL; leaver = next) {
		next = TAILQ_NEXT(leaver, entry);
		/* It is back: what it has may be its own. */
		if (worker_find(&server->workers, leaver->wid) == NULL &&
		    queue_release(&server->scheduler->queue, leaver->wid) == STORE_FAILED)
			return STORE_FAILED;
		leaver_free(server, leaver);
	}
	return STORE_OK;
}

/* Turns. */

void
server_touch(struct peer *peer)
{
	scheduler_touch(peer->server->scheduler);
	if (peer->in_turn)
		return;
	peer->in_turn = true;
	/* Whoever waited for this turn hears of it before those who made it. */
	if (peer->wait != WAIT_NOTHING && !peer->wait_fresh)
		TAILQ_INSERT_HEAD(&peer->server->turn, peer, turn_entry);
	else
		TAILQ_INSERT_TAIL(&peer->server->turn, peer, turn_entry);
}
