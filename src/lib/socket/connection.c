#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/fd.h"
#include "base/log.h"
#include "socket/connection.h"
#include "proto/verbs.h"

#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 2000

enum stage { STAGE_CLOSED, STAGE_PAUSE, STAGE_GREETING, STAGE_HELLO, STAGE_READY };

struct connection {
	const struct connection_kind *kind;
	const char *path;
	void *arg;
	struct event_base *base;
	struct bufferevent *stream;
	struct event *pause, *flush;
	struct evbuffer *unsent; /* of this turn of the loop */
	int pause_ms;
	enum stage stage;
	bool complained; /* since it was ready last: one message is enough */
	bool refused;    /* the owner did not like the last reply: pauses go on growing */
};

static void retry_later(struct connection *, const char *why);
static void drop(struct connection *);
static void flush(struct connection *);
static void on_flush(evutil_socket_t, short events, void *connection);
static bool say_hello(struct connection *);
static bool take_reply(struct connection *, const struct resp_item *);
static void expect(struct connection *, const char *text, size_t len);
static void on_pause(evutil_socket_t, short events, void *connection);
static void on_read(struct bufferevent *, void *connection);
static void on_event(struct bufferevent *, short events, void *connection);

struct connection *
connection_new(
    struct event_base *base, const struct connection_kind *kind, const char *path, void *arg)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL)
		return NULL;
	*connection = (struct connection){
		.kind = kind, .path = path, .arg = arg, .base = base, .pause_ms = PAUSE_MIN_MS
	};
	connection->pause = evtimer_new(base, on_pause, connection);
	connection->flush = event_new(base, -1, 0, on_flush, connection);
	connection->unsent = evbuffer_new();
	if (connection->pause == NULL || connection->flush == NULL || connection->unsent == NULL) {
		connection_free(connection);
		return NULL;
	}
	return connection;
}

void
connection_free(struct connection *connection)
{
	if (connection == NULL)
		return;
	if (connection->pause != NULL && connection->unsent != NULL)
		connection_close(connection);
	if (connection->pause != NULL)
		event_free(connection->pause);
	if (connection->flush != NULL)
		event_free(connection->flush);
	if (connection->unsent != NULL)
		evbuffer_free(connection->unsent);
	free(connection);
}

bool
connection_is_ready(const struct connection *connection)
{
	return connection->stage == STAGE_READY;
}

void
connection_open(struct connection *connection)
{
	int fd = fd_connect_unix(connection->path);

	if (fd == -1) {
		retry_later(connection, strerror(errno));
		return;
	}
	connection->stream = bufferevent_socket_new(connection->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (connection->stream == NULL) {
		fd_close(fd);
		retry_later(connection, "out of memory");
		return;
	}
	bufferevent_setcb(connection->stream, on_read, NULL, on_event, connection);
	connection->stage = connection->kind->greeting ? STAGE_GREETING : STAGE_HELLO;
	if (bufferevent_enable(connection->stream, EV_READ | EV_WRITE) == -1 ||
	    (!connection->kind->greeting && !say_hello(connection)))
		retry_later(connection, "out of memory");
}

/* Closes what there is, without a new try. */
static void
drop(struct connection *connection)
{
	bool was_ready = connection->stage == STAGE_READY;

	if (connection->stream != NULL)
		bufferevent_free(connection->stream);
	evbuffer_drain(connection->unsent, evbuffer_get_length(connection->unsent));
	connection->stream = NULL;
	connection->stage = STAGE_CLOSED;
	if (was_ready)
		connection->kind->lost(connection->arg);
}

static void
retry_later(struct connection *connection, const char *why)
{
	struct timeval pause = { .tv_sec = connection->pause_ms / 1000,
		.tv_usec = connection->pause_ms % 1000 * 1000 };

	if (!connection->complained)
		log_warnx("%s: %s; trying again until it works", connection->kind->name, why);
	connection->complained = true;
	drop(connection);
	connection->stage = STAGE_PAUSE;
	event_add(connection->pause, &pause);
	connection->pause_ms *= 2;
	if (connection->pause_ms > PAUSE_MAX_MS)
		connection->pause_ms = PAUSE_MAX_MS;
}

static void
on_pause(evutil_socket_t fd, short events, void *connection)
{
	(void)fd;
	(void)events;
	connection_open(connection);
}

void
connection_close(struct connection *connection)
{
	event_del(connection->pause);
	drop(connection);
}

void
connection_finish(struct connection *connection)
{
	static const char end[] = VERB_END "\r\n";

	if (connection->stage == STAGE_READY) {
		int fd = bufferevent_getfd(connection->stream);

		flush(connection);
		/* Everything before it was answered, so the socket has room for this. */
		if (send(fd, end, sizeof(end) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
			log_debug("%s: END was not sent", connection->kind->name);
	}
	connection_close(connection);
}

void
connection_send(struct connection *connection, const char *data, size_t len)
{
	if (connection->stage != STAGE_READY)
		return;
	if (evbuffer_add(connection->unsent, data, len) == -1)
		log_errx("%s: out of memory", connection->kind->name);
	/* Behind what the loop has to do now, and before it waits: all of it goes in one write. */
	event_active(connection->flush, EV_WRITE, 1);
}

/* At once if that is possible, which saves a round through the loop. */
static void
flush(struct connection *connection)
{
	struct evbuffer *output;

	if (connection->stage != STAGE_READY || evbuffer_get_length(connection->unsent) == 0)
		return;
	output = bufferevent_get_output(connection->stream);
	/* An error is for the loop to find. */
	if (evbuffer_get_length(output) == 0)
		evbuffer_write(connection->unsent, bufferevent_getfd(connection->stream));
	if (evbuffer_get_length(connection->unsent) > 0 &&
	    evbuffer_add_buffer(output, connection->unsent) == -1)
		log_errx("%s: out of memory", connection->kind->name);
}

static void
on_flush(evutil_socket_t fd, short events, void *connection)
{
	(void)fd;
	(void)events;
	flush(connection);
}

char *
connection_hello(void *arg)
{
	char *line;

	(void)arg;
	return asprintf(&line, VERB_HELLO " {\"v\":%d}", PROTO_VERSION) == -1 ? NULL : line;
}

static bool
say_hello(struct connection *connection)
{
	char *line = connection->kind->hello(connection->arg);
	int failed;

	if (line == NULL)
		return false;
	failed = evbuffer_add_printf(bufferevent_get_output(connection->stream), "%s\r\n", line);
	free(line);
	connection->stage = STAGE_HELLO;
	return failed != -1;
}

/* One whole reply: part of the handshake, or the owner's. */
static bool
take_reply(struct connection *connection, const struct resp_item *item)
{
	if (connection->stage == STAGE_READY) {
		connection->refused = !connection->kind->reply(connection->arg, item);
		return !connection->refused;
	}
	if (item->kind != RESP_OK) {
		if (!connection->complained)
			log_warnx("%s: refused: %.*s", connection->kind->name, (int)item->len,
			    item->kind == RESP_ERROR ? item->data : "");
		return false;
	}
	if (connection->stage == STAGE_GREETING)
		return say_hello(connection);
	connection->stage = STAGE_READY;
	if (!connection->refused)
		connection->pause_ms = PAUSE_MIN_MS;
	connection->complained = connection->refused;
	connection->kind->ready(connection->arg);
	return true;
}

/*
 * A bulk string that has begun: nothing is looked at until all of it is there, or a long one would
 * be copied together again at each piece.
 */
static void
expect(struct connection *connection, const char *text, size_t len)
{
	size_t want = 0;
	const char *end = len == 0 || text[0] != '$' ? NULL : memchr(text, '\n', len);

	if (end != NULL)
		want = (size_t)(end - text) + 1 + strtoul(text + 1, NULL, 10) + 2;
	bufferevent_setwatermark(connection->stream, EV_READ, want, 0);
}

static void
on_read(struct bufferevent *stream, void *arg)
{
	struct connection *connection = arg;
	struct evbuffer *input = bufferevent_get_input(stream);
	struct resp_item item;
	size_t used;

	/* The owner may close the connection in any of its calls. */
	while (connection->stream == stream && evbuffer_get_length(input) > 0) {
		size_t len = evbuffer_get_length(input);
		const char *text = (const char *)evbuffer_pullup(input, -1);
		enum resp_kind kind =
		    resp_parse(text, len, connection->kind->reply_max, &item, &used);

		if (kind == RESP_MORE) {
			expect(connection, text, len);
			return;
		}
		if (kind == RESP_BROKEN || !take_reply(connection, &item)) {
			if (connection->stream == stream)
				retry_later(connection, "a reply makes no sense");
			return;
		}
		if (connection->stream == stream)
			evbuffer_drain(input, used);
	}
	if (connection->stream == stream)
		bufferevent_setwatermark(stream, EV_READ, 0, 0);
}

static void
on_event(struct bufferevent *stream, short events, void *connection)
{
	(void)stream;
	if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		retry_later(connection,
		    events & BEV_EVENT_EOF ? "the connection was closed" : strerror(errno));
}
