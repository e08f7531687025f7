#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "base/log.h"
#include "proto/request.h"
#include "proto/verbs.h"
#include "server.h"

/* libevent's own reader takes 4096 bytes a call; that halves the rate of pipelined requests. */
#define READ_BYTES 65536
/* A client that does not read its replies gets no further ones beyond this ... */
#define OUT_MAX 262144
/* ... and is dropped when nothing could be written for so long. */
#define WRITE_STALL_SEC 30
/* Lines that wait behind a request that waits are left in the socket beyond this. */
#define BLOCKED_INPUT_MAX 65536

static void on_readable(evutil_socket_t, short what, void *peer);
static void on_writable(evutil_socket_t, short what, void *peer);
static void on_deadline(evutil_socket_t, short what, void *peer);
static void peer_flush(struct peer *);
static size_t handle_lines(struct peer *, char *data, size_t len, size_t seen);

struct peer *
peer_new(struct server *server, int fd)
{
	struct event_base *base = server->scheduler->base;
	struct peer *peer = calloc(1, sizeof(*peer));
	const struct timeval hello = { SERVER_HELLO_MS / 1000, 0 };

	if (peer == NULL) {
		close(fd);
		return NULL;
	}
	peer->server = server;
	peer->fd = fd;
	TAILQ_INSERT_TAIL(&server->clients, peer, entry);
	server->client_count++;
	peer->read_event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, peer);
	peer->write_event = event_new(base, fd, EV_WRITE, on_writable, peer);
	peer->deadline = evtimer_new(base, on_deadline, peer);
	peer->out = evbuffer_new();
	peer->held = evbuffer_new();
	if (peer->read_event == NULL || peer->write_event == NULL || peer->deadline == NULL ||
	    peer->out == NULL || peer->held == NULL || event_add(peer->read_event, NULL) == -1 ||
	    event_add(peer->deadline, &hello) == -1) {
		peer_free(peer);
		return NULL;
	}
	evbuffer_add_printf(peer->out, "+HI {\"v\":2}\r\n");
	peer_flush(peer);
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
	if (peer->in_turn)
		TAILQ_REMOVE(&server->turn, peer, turn_entry);
	if (peer->worker != NULL) {
		peer->worker->takers -= peer->is_taker;
		worker_disconnect(&server->workers, peer->worker);
	}
	input_free(peer);
	TAILQ_REMOVE(&server->clients, peer, entry);
	server->client_count--;
	if (peer->read_event != NULL)
		event_free(peer->read_event);
	if (peer->write_event != NULL)
		event_free(peer->write_event);
	if (peer->deadline != NULL)
		event_free(peer->deadline);
	if (peer->out != NULL)
		evbuffer_free(peer->out);
	if (peer->held != NULL)
		evbuffer_free(peer->held);
	close(peer->fd);
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
	return peer->closing || peer->wait == WAIT_FETCH || peer->wait == WAIT_JOB ||
	       evbuffer_get_length(peer->out) + evbuffer_get_length(peer->held) > OUT_MAX;
}

/* Input. */

/* Adds to the beginning of a line; -1 if all clients together hold too much. */
static int
input_add(struct peer *peer, const char *data, size_t len)
{
	struct server *server = peer->server;
	size_t need = peer->in_len + len, size = peer->in_size;
	char *larger;

	while (size < need)
		size = size == 0 ? 1024 : size * 2;
	if (size > peer->in_size) {
		if (server->input_bytes + (size - peer->in_size) > SERVER_INPUT_MAX ||
		    (larger = realloc(peer->in, size)) == NULL)
			return -1;
		server->input_bytes += size - peer->in_size;
		peer->in = larger;
		peer->in_size = size;
	}
	memcpy(peer->in + peer->in_len, data, len);
	peer->in_len = need;
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
input_drop(struct peer *peer, size_t len)
{
	peer->in_len -= len;
	peer->in_seen = len > 0 ? 0 : peer->in_seen;
	if (peer->in_len == 0)
		input_free(peer);
	else if (len > 0)
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

/* What came is looked at where it is; only the beginning of a line is copied. */
static void
take_input(struct peer *peer, char *data, size_t len)
{
	size_t done = 0;

	if (peer->in_len == 0 && !peer_is_blocked(peer))
		done = handle_lines(peer, data, len, 0);
	if (peer->closing)
		return;
	if (done < len && input_add(peer, data + done, len - done) == -1) {
		peer_error(peer, "ERR", "too many unfinished requests are waiting here");
		refuse_input(peer);
		return;
	}
	if (peer->in_len > 0 && done == 0)
		input_drop(peer, handle_lines(peer, peer->in, peer->in_len, peer->in_seen));
	if (peer->in_len > line_max(peer) && !has_line(peer)) {
		peer_error(
		    peer, "ERR", "the request line is longer than %zu bytes", line_max(peer));
		refuse_input(peer);
	} else if (peer_is_blocked(peer) && peer->in_len > BLOCKED_INPUT_MAX)
		event_del(peer->read_event);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	static char data[READ_BYTES];
	struct peer *peer = arg;
	ssize_t len = -1;

	(void)what;
	errno = EAGAIN;
	if (!has_line(peer))
		len = read(fd, data, sizeof(data));
	if (len > 0)
		take_input(peer, data, (size_t)len);
	else if (len == 0 && peer->wait == WAIT_NOTHING &&
		 (peer->in_turn || evbuffer_get_length(peer->out) > 0))
		peer_close(peer); /* it may still read */
	else if (len == 0 || (errno != EAGAIN && errno != EINTR))
		peer_free(peer);
	else if (peer->in_len > 0)
		take_input(peer, data, 0);
}

void
peer_resume(struct peer *peer)
{
	if (peer->closing || peer_is_blocked(peer))
		return;
	event_add(peer->read_event, NULL);
	if (peer->in_len > 0 && has_line(peer))
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
	if (peer->wait != WAIT_FETCH)
		return;
	server_wait_end(peer);
	/* Not a part of any turn: it stands even if this one is lost. */
	evbuffer_add(peer->out, "$-1\r\n", 5);
	peer_flush(peer);
	peer_resume(peer);
}

/* Output. */

static void
peer_flush(struct peer *peer)
{
	const struct timeval stall = { WRITE_STALL_SEC, 0 };

	while (evbuffer_get_length(peer->out) > 0 && evbuffer_write(peer->out, peer->fd) > 0)
		continue;
	if (evbuffer_get_length(peer->out) > 0)
		event_add(peer->write_event, &stall);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;

	(void)fd;
	if (what & EV_TIMEOUT) {
		log_info("a client of uid %d reads nothing: dropped", (int)peer->uid);
		peer_free(peer);
		return;
	}
	if (evbuffer_write(peer->out, peer->fd) == -1 && errno != EAGAIN && errno != EINTR) {
		peer_free(peer);
		return;
	}
	peer_flush(peer);
	if (evbuffer_get_length(peer->out) > 0)
		return;
	if (peer->closing && !peer->in_turn)
		peer_free(peer);
	else
		peer_resume(peer);
}

static void
lost_turn(struct peer *peer, const char *error)
{
	char line[STORE_ERROR_MAX + 16];
	size_t len = reply_error(line, sizeof(line), "ERR", error);

	evbuffer_drain(peer->held, evbuffer_get_length(peer->held));
	for (size_t i = 0; i < peer->requests; i++)
		evbuffer_add(peer->out, line, len);
	peer->wait_answered = false;
	if (peer->wait_fresh)
		server_wait_end(peer);
	if (peer->greeted_now)
		peer_close(peer);
}

void
peer_turn_end(struct peer *peer, const char *error)
{
	if (error != NULL)
		lost_turn(peer, error);
	else {
		if (peer->wait_answered)
			server_wait_end(peer);
		evbuffer_add_buffer(peer->out, peer->held);
	}
	peer->requests = 0;
	peer->wait_fresh = peer->greeted_now = false;
	peer->in_turn = false;
	peer_flush(peer);
	if (peer->closing && evbuffer_get_length(peer->out) == 0)
		peer_free(peer);
	else
		peer_resume(peer);
}

void
peer_ok(struct peer *peer, const char *text)
{
	evbuffer_add_printf(peer->held, "+%s\r\n", text);
}

void
peer_error(struct peer *peer, const char *code, const char *fmt, ...)
{
	char text[600], line[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	evbuffer_add(peer->held, line, reply_error(line, sizeof(line), code, text));
}

void
peer_bulk(struct peer *peer, const void *data, size_t len)
{
	evbuffer_add_printf(peer->held, "$%zu\r\n", len);
	evbuffer_add(peer->held, data, len);
	evbuffer_add(peer->held, "\r\n", 2);
}

void
peer_nil(struct peer *peer)
{
	evbuffer_add(peer->held, "$-1\r\n", 5);
}

void
peer_array(struct peer *peer, size_t count)
{
	evbuffer_add_printf(peer->held, "*%zu\r\n", count);
}

void
peer_json(struct peer *peer, render_fn fn, const void *arg)
{
	size_t len;
	char *text = render(fn, arg, &len);

	if (text == NULL)
		peer_error(peer, "ERR", "out of memory");
	else
		peer_bulk(peer, text, len);
	free(text);
}
