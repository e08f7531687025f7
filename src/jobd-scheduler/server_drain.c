/* The end of the server: what was begun is answered, nothing new is taken up. */
#include "server.h"

/* How long that may take. */
#define DRAIN_MS INT64_C(1000)

/* It sends a request, is owed an answer, or has not been given all of one. */
static bool
is_busy(const struct peer *peer)
{
	if (peer->wait == WAIT_EVENTS)
		return false;
	return peer->task != NULL || peer->out.len > 0 ||
	       (peer->in_len > 0 && peer->wait == WAIT_NOTHING);
}

static bool
has_busy(const struct server *server)
{
	const struct peer *peer;

	TAILQ_FOREACH (peer, &server->clients, entry)
		if (is_busy(peer))
			return true;
	return false;
}

static void
on_time_over(evutil_socket_t fd, short what, void *arg)
{
	bool *is_over = arg;

	(void)fd;
	(void)what;
	*is_over = true;
}

void
server_drain(struct server *server)
{
	const struct timeval most = { DRAIN_MS / 1000, DRAIN_MS % 1000 * 1000 };
	bool is_over = false;

	server->draining = true;
	listeners_stop(server);
	scheduler_turn(server->scheduler, false);
	/* The loop's clock decides: by another one it may ring a moment too early. */
	if (event_base_once(
		server->scheduler->base, -1, EV_TIMEOUT, on_time_over, &is_over, &most) == -1)
		return;
	while (has_busy(server) && !is_over)
		scheduler_turn(server->scheduler, true);
}
