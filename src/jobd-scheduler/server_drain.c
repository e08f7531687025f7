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
	(void)fd;
	(void)what;
	(void)arg;
}

void
server_drain(struct server *server)
{
	const struct timeval most = { DRAIN_MS / 1000, DRAIN_MS % 1000 * 1000 };
	struct monotime end = monotime_add_ms(monotime_now(), DRAIN_MS);

	server->draining = true;
	listeners_stop(server);
	scheduler_turn(server->scheduler, false);
	/* It only ends the last turn's waiting. */
	if (event_base_once(server->scheduler->base, -1, EV_TIMEOUT, on_time_over, NULL, &most) ==
	    -1)
		return;
	while (has_busy(server) && monotime_diff_ms(end, monotime_now()) > 0)
		scheduler_turn(server->scheduler, true);
}
