#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "proto/request.h"
#include "proto/verbs.h"
#include "server.h"
#include "task.h"
#include "tls.h"

/* Taken from one client in one turn; libevent's own reader takes 4096 bytes a call. */
#define READ_BYTES ((size_t)256 * 1024)
/* What is read at once behind the beginning of a line. */
#define READ_MORE ((size_t)64 * 1024)
/* So much every client may hold, whatever the others do. */
#define INPUT_SURE ((size_t)128 * 1024)
/* Lines that wait behind a request that waits are left in the socket beyond this. */
#define BLOCKED_INPUT_MAX ((size_t)65536)

static void on_readable(evutil_socket_t, short what, void *peer);
static void on_writable(evutil_socket_t, short what, void *peer);
static void on_deadline(evutil_socket_t, short what, void *peer);

static void
greet(struct peer *peer)
{
	char line[80];
	int len;

	if (peer->asks_password) {
		challenge_new(&peer->challenge);
		len = snprintf(line, sizeof(line), "+HI {\"v\":2,\"i\":%d,\"s\":\"%s\"}\r\n",
		    peer->challenge.rounds, peer->challenge.salt);
	} else
		len = snprintf(line, sizeof(line), "+HI {\"v\":2}\r\n");
	outbuf_add(&peer->out, line, (size_t)len);
	outbuf_keep(&peer->out);
	if (!peer_flush(peer))
		log_debug("a client (%s) left before it was greeted", peer->from);
}

struct peer *
peer_new(struct server *server, const struct arrival *arrival)
{
	struct event_base *base = server->scheduler->base;
	struct peer *peer = calloc(1, sizeof(*peer));
	const struct timeval hello = { SERVER_HELLO_MS / 1000, 0 };
	int fd = arrival->fd;

	if (peer == NULL) {
		close(fd);
		return NULL;
	}
	peer->server = server;
	peer->transport.fd = fd;
	peer->right = arrival->right;
	peer->asks_password = arrival->asks_password;
	peer->surplus = arrival->surplus;
	memcpy(peer->from, arrival->from, sizeof(peer->from));
	outbuf_init(&peer->out, &server->output_bytes, SERVER_OUTPUT_MAX);
	TAILQ_INSERT_TAIL(&server->clients, peer, entry);
	server->client_count++;
	peer->read_event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, peer);
	peer->write_event = event_new(base, fd, EV_WRITE, on_writable, peer);
	peer->deadline = evtimer_new(base, on_deadline, peer);
	if (arrival->tls != NULL)
		peer->transport.session = tls_session_new(arrival->tls, fd);
	if (peer->read_event == NULL || peer->write_event == NULL || peer->deadline == NULL ||
	    (arrival->tls != NULL && peer->transport.session == NULL) ||
	    event_add(peer->read_event, NULL) == -1 || event_add(peer->deadline, &hello) == -1) {
		peer_free(peer);
		return NULL;
	}
	greet(peer);
	return peer;
}

static void
input_free(struct peer *peer)
{
	peer->server->input_bytes -= peer->in_size;
	free(peer->in);
	peer->in = NULL;
	peer->in_len = peer->in_size = peer->in_seen = 0;
}

void
peer_free(struct peer *peer)
{
	struct server *server = peer->server;

	server_wait_end(peer);
	task_end(peer);
	if (peer->in_turn)
		TAILQ_REMOVE(&server->turn, peer, turn_entry);
	if (peer->unsynced)
		TAILQ_REMOVE(&server->unsynced, peer, sync_entry);
	if (peer->held && hold_lose(&server->hold, peer))
		event_active(server->scheduler->again_event, EV_TIMEOUT, 0);
	if (peer->worker != NULL) {
		peer->worker->takers -= peer->is_taker;
		peer->worker->askers -= peer->is_asker;
		if (peer->worker->connections == 1)
			server_worker_leaves(server, peer->worker);
		worker_disconnect(&server->workers, peer->worker);
	}
	outbox_states_lose(&server->outboxes, peer);
	input_free(peer);
	free(peer->last_caller);
	outbuf_clear(&peer->out);
	TAILQ_REMOVE(&server->clients, peer, entry);
	server->client_count--;
	if (peer->read_event != NULL)
		event_free(peer->read_event);
	if (peer->write_event != NULL)
		event_free(peer->write_event);
	if (peer->deadline != NULL)
		event_free(peer->deadline);
	transport_close(&peer->transport);
	free(peer);
}

void
peer_close(struct peer *peer)
{
	peer->closing = true;
	event_del(peer->read_event);
}

bool
peer_is_blocked(const struct peer *peer)
{
	return peer->closing || peer->task != NULL ||
	       (peer->wait != WAIT_NOTHING && peer->wait != WAIT_TAKE) || peer_is_slow(peer);
}

/* Input. */

/* Room for so many bytes behind the beginning of a line; -1 if all clients together hold too much:
 * then a short line still is taken. */
static int
input_reserve(struct peer *peer, size_t len)
{
	struct server *server = peer->server;
	size_t need = peer->in_len + len, size = peer->in_size;
	char *larger;

	while (size < need)
		size = size == 0 ? 1024 : size * 2;
	if (size == peer->in_size)
		return 0;
	if ((size > INPUT_SURE &&
		server->input_bytes + (size - peer->in_size) > SERVER_INPUT_MAX) ||
	    (larger = realloc(peer->in, size)) == NULL)
		return -1;
	server->input_bytes += size - peer->in_size;
	peer->in = larger;
	peer->in_size = size;
	return 0;
}

static size_t
line_max(const struct peer *peer)
{
	return peer->greeted ? PROTO_QUEUE_LINE_MAX : SERVER_HELLO_LINE_MAX;
}

/* Says what was held back, and no more. */
static void
refuse_input(struct peer *peer)
{
	server_touch(peer);
	input_free(peer);
	peer_close(peer);
}

static void
refuse_flood(struct peer *peer)
{
	peer_error(peer, "ERR", "too many unfinished requests are waiting here");
	refuse_input(peer);
}

static void
input_drop(struct peer *peer, size_t len)
{
	if (len == 0)
		return;
	peer->in_len -= len;
	peer->in_seen = 0;
	if (peer->in_len == 0)
		input_free(peer);
	else
		memmove(peer->in, peer->in + len, peer->in_len);
}

/* Handles the lines that are there, as far as the client is not blocked; returns their bytes. */
static size_t
handle_lines(struct peer *peer, char *data, size_t len, size_t seen)
{
	size_t done = 0;
	char *end;

	while (!peer_is_blocked(peer) &&
	       (end = memchr(data + done + seen, '\n', len - done - seen)) != NULL) {
		size_t line_len = (size_t)(end - data) - done, next = (size_t)(end - data) + 1;

		*end = '\0';
		if (line_len > 0 && end[-1] == '\r')
			data[done + --line_len] = '\0';
		server_line(peer, data + done, line_len);
		done = next;
		seen = 0;
	}
	return done;
}

static bool
has_line(struct peer *peer)
{
	if (peer->in_len > peer->in_seen &&
	    memchr(peer->in + peer->in_seen, '\n', peer->in_len - peer->in_seen) != NULL)
		return true;
	peer->in_seen = peer->in_len;
	return false;
}

/* Whoever has begun a line must go on with it. */
static void
watch_line(struct peer *peer)
{
	const struct timeval patience = { SERVER_LINE_MS / 1000, 0 };

	if (!peer->greeted || peer->wait == WAIT_FETCH)
		return;
	if (peer->in_len > 0 && !peer_is_blocked(peer))
		event_add(peer->deadline, &patience);
	else
		event_del(peer->deadline);
}

static void
handle_input(struct peer *peer)
{
	if (has_line(peer))
		input_drop(peer, handle_lines(peer, peer->in, peer->in_len, peer->in_seen));
	if (peer->closing)
		return;
	if (peer->in_len > line_max(peer) && !has_line(peer)) {
		peer_error(
		    peer, "ERR", "the request line is longer than %zu bytes", line_max(peer));
		refuse_input(peer);
	} else if (peer_is_blocked(peer) && peer->in_len > BLOCKED_INPUT_MAX)
		event_del(peer->read_event);
	watch_line(peer);
}

/* What came is looked at where it is; only the beginning of a line is copied. */
static void
take_block(struct peer *peer, char *data, size_t len)
{
	size_t done = handle_lines(peer, data, len, 0);

	if (peer->closing)
		return;
	if (done == len)
		return;
	if (input_reserve(peer, len - done) == -1) {
		refuse_flood(peer);
		return;
	}
	memcpy(peer->in, data + done, len - done);
	peer->in_len = len - done;
	handle_input(peer);
}

/* Nothing more comes, or nothing can be read any more. */
static void
input_ends(struct peer *peer, bool orderly)
{
	if (orderly && peer->wait == WAIT_NOTHING && peer->task == NULL &&
	    (peer->in_turn || peer->out.len > 0) && !transport_hung_up(&peer->transport))
		peer_close(peer); /* it may still read */
	else
		peer_free(peer);
}

/* One read; the length, 0 if nothing is to be read now (or the client is gone). */
static size_t
receive(struct peer *peer)
{
	static char block[READ_BYTES];
	bool begins = peer->in_len == 0;
	char *room = block;
	size_t size = sizeof(block);
	ssize_t len;

	if (!begins) {
		if (input_reserve(peer, READ_MORE) == -1) {
			refuse_flood(peer);
			return 0;
		}
		room = peer->in + peer->in_len;
		size = peer->in_size - peer->in_len;
	}
	len = transport_read(&peer->transport, room, size);
	if (len <= 0) {
		if (len == 0 || (errno != EAGAIN && errno != EINTR))
			input_ends(peer, len == 0);
		else if (transport_wants_write(&peer->transport))
			event_add(peer->write_event, NULL);
		return 0;
	}
	if (begins)
		take_block(peer, block, (size_t)len);
	else {
		peer->in_len += (size_t)len;
		handle_input(peer);
	}
	return (size_t)len;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;

	(void)fd;
	(void)what;
	/* TLS: what could not be sent may have waited for the other side's word. */
	if (peer->transport.session != NULL && !peer_flush(peer)) {
		peer_free(peer);
		return;
	}
	if (!peer_is_blocked(peer) && has_line(peer))
		handle_input(peer);
	else if (receive(peer) > 0 && !peer_is_blocked(peer) &&
		 transport_has_more(&peer->transport))
		event_active(peer->read_event, EV_READ, 0);
}

void
peer_resume(struct peer *peer)
{
	if (peer_is_blocked(peer))
		return;
	event_add(peer->read_event, NULL);
	if ((peer->in_len > 0 && has_line(peer)) || transport_has_more(&peer->transport))
		event_active(peer->read_event, EV_READ, 0);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;

	(void)fd;
	(void)what;
	if (!peer->greeted) {
		peer_free(peer);
		return;
	}
	if (peer->wait != WAIT_FETCH) {
		if (peer->in_len > 0 && !peer_is_blocked(peer) && !has_line(peer)) {
			peer_error(peer, "ERR", "the request was not finished within %d s",
			    (int)(SERVER_LINE_MS / 1000));
			refuse_input(peer);
		}
		return;
	}
	server_wait_end(peer);
	/* Not a part of any turn: it stands even if this one is lost. */
	peer_nil_now(peer);
	if (peer_flush(peer))
		peer_resume(peer);
	else
		peer_free(peer);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;

	(void)fd;
	if (what & EV_TIMEOUT) {
		log_info("a client (%s) reads nothing: dropped", peer->from);
		peer_free(peer);
		return;
	}
	if (!peer_flush(peer)) {
		peer_free(peer);
		return;
	}
	if (peer->transport.session != NULL && !peer->closing)
		event_active(peer->read_event, EV_READ, 0); /* a read may have waited for this */
	if (peer->out.len > 0)
		return;
	if (peer->closing && !peer->in_turn)
		peer_free(peer);
	else
		peer_resume(peer);
}
