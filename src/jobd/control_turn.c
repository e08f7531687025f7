#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/log.h"

#include "control_client.h"

#ifndef CONTROL_DEADLINE_MS
/* How long a client may say nothing, or take nothing of what it asked for. */
#define CONTROL_DEADLINE_MS 30000
#endif
/* Others get their turn after so many steps of one client. */
#define TURN_STEPS    8
#define TURN_REQUESTS 32

static bool client_answer(struct control_client *);
static void client_finish(struct control_client *);
static char *client_line(struct control_client *);
static bool client_flush(struct control_client *);
static bool client_read(struct control_client *);
static bool client_is_over(const struct control_client *);
static void client_rest(struct control_client *);
static bool peer_has_hung_up(int fd);

void
client_turn(struct control_client *client)
{
	static const struct timeval soon = { 0, 0 };

	for (int i = 0; i < TURN_STEPS; i++) {
		bool moved = client_answer(client);

		moved |= client_flush(client);
		moved |= client_read(client);
		if (client_is_over(client)) {
			client_drop(client);
			return;
		}
		if (!moved) {
			client_rest(client);
			return;
		}
	}
	evtimer_add(&client->resume, &soon);
}

/* True if there was something to do. */
static bool
client_answer(struct control_client *client)
{
	bool moved = false;

	for (int i = 0; i < TURN_REQUESTS; i++) {
		if (client->reply.more == NULL) {
			char *line = NULL;

			if (!client->closing && client_room(client) >= CONTROL_REPLY_MAX)
				line = client_line(client);
			if (line == NULL)
				return moved;
			client->quiet_since = monotime_now();
			control_dispatch(client, line);
		}
		if (client->reply.more != NULL) {
			size_t before = client->out_end - client->out_start;
			enum reply_step step = client->reply.more(client);

			moved |= client->out_end - client->out_start != before;
			client->waits = step == REPLY_WAITS;
			if (step != REPLY_DONE)
				return moved;
		}
		client_finish(client);
		moved = true;
	}
	return moved;
}

static void
client_finish(struct control_client *client)
{
	control_forget(client);
	client->reply = (struct reply){ .more = NULL };
	client->waits = false;
	client->quiet_since = monotime_now();
}

/* The next whole line without its end, or NULL.  It stays where it is until the reply is done. */
static char *
client_line(struct control_client *client)
{
	char *line = client->in + client->in_start;
	size_t len = client->in_end - client->in_start;
	char *end = memchr(line, '\n', len);

	if (end == NULL) {
		if (len == PROTO_LINE_MAX) {
			client_add_error(
			    client, "ERR", "a line of more than %d bytes", PROTO_LINE_MAX);
			client->closing = true;
		}
		return NULL;
	}
	client->in_start += (size_t)(end - line) + 1;
	if (end > line && end[-1] == '\r')
		end--;
	/* The parser would see a short line, and refuses this byte. */
	for (char *nul = line; (nul = memchr(nul, '\0', (size_t)(end - nul))) != NULL;)
		*nul = '\1';
	*end = '\0';
	return line;
}

static bool
client_flush(struct control_client *client)
{
	bool moved = false;

	while (client->out_start < client->out_end) {
		ssize_t sent = send(client->peer.fd, client->out + client->out_start,
		    client->out_end - client->out_start, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1) {
			client->broken |= errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM;
			return moved;
		}
		client->out_start += (size_t)sent;
		client->quiet_since = monotime_now();
		moved = true;
	}
	client->out_start = client->out_end = 0;
	return moved;
}

static bool
client_read(struct control_client *client)
{
	ssize_t len;

	if (client->reply.more == NULL && client->in_start > 0) {
		memmove(
		    client->in, client->in + client->in_start, client->in_end - client->in_start);
		client->in_end -= client->in_start;
		client->in_start = 0;
	}
	if (client->input_ended || client->closing || client->in_end == PROTO_LINE_MAX) {
		client->broken |= peer_has_hung_up(client->peer.fd);
		return false;
	}
	len = recv(client->peer.fd, client->in + client->in_end, PROTO_LINE_MAX - client->in_end,
	    MSG_DONTWAIT);
	if (len > 0)
		client->in_end += (size_t)len;
	else if (len == 0)
		client->input_ended = true;
	else
		client->broken |= errno != EAGAIN && errno != EINTR;
	return len >= 0;
}

/* Both directions: one that only sends no more may still wait for an answer. */
static bool
peer_has_hung_up(int fd)
{
	struct pollfd pollfd = { .fd = fd };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & (POLLHUP | POLLERR)) != 0;
}

static bool
client_is_over(const struct control_client *client)
{
	size_t unread = client->in_end - client->in_start;

	if (client->broken)
		return true;
	if (client->out_start != client->out_end || client->reply.more != NULL)
		return false;
	return client->closing ||
	       (client->input_ended && memchr(client->in + client->in_start, '\n', unread) == NULL);
}

/* Nothing can be done now: wait for the peer, or for what the reply waits for. */
static void
client_rest(struct control_client *client)
{
	bool has_output = client->out_start != client->out_end;

	if (has_output)
		event_add(&client->write_event, NULL);
	if (has_output || !client->waits) {
		struct timeval left =
		    monotime_until(monotime_add_ms(client->quiet_since, CONTROL_DEADLINE_MS));

		evtimer_add(&client->deadline, &left);
	} else {
		evtimer_del(&client->deadline);
	}
}

void
client_overdue(struct control_client *client)
{
	bool takes_nothing = client->out_start != client->out_end;

	log_debug("control socket: process %d dropped: it %s", (int)client->peer.pid,
	    takes_nothing ? "takes no reply" : "asks nothing");
	if (!takes_nothing) {
		client_add_error(
		    client, "TIMEOUT", "nothing was asked for %d s", CONTROL_DEADLINE_MS / 1000);
		(void)client_flush(client);
	}
	client_drop(client);
}
