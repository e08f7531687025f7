/* The replies of a client: written into its buffer, sent at the end of the turn. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proto/request.h"
#include "server.h"
#include "task.h"

/* A client that does not read its replies gets no further ones beyond this ... */
#define OUT_MAX 262144
/* ... and is dropped when nothing could be written for so long. */
#define WRITE_STALL_SEC 30
/* The head of a bulk string or a list: a sign, a number, CR LF. */
#define HEAD_MAX 24
/* First guess for JSON; what does not fit is written again. */
#define JSON_FIRST ((size_t)1024)
#define JSON_MAX   ((size_t)256 * 1024 * 1024)

bool
peer_is_slow(const struct peer *peer)
{
	return peer->out.len - peer->out.sent > OUT_MAX;
}

bool
peer_flush(struct peer *peer)
{
	const struct timeval stall = { WRITE_STALL_SEC, 0 };
	const char *next;
	size_t len;
	ssize_t done;

	if (peer->held || peer->unsynced)
		return true;
	while (next = outbuf_next(&peer->out, &len), len > 0) {
		if ((done = transport_write(&peer->transport, next, len)) <= 0) {
			if (errno == EAGAIN || errno == EINTR)
				break;
			return false;
		}
		outbuf_sent(&peer->out, (size_t)done);
	}
	/* In a TLS handshake it is the client's turn: more is sent when it was heard. */
	if (len > 0 && (peer->transport.session == NULL || transport_wants_write(&peer->transport)))
		event_add(peer->write_event, &stall);
	return true;
}

static size_t
head(char text[HEAD_MAX], char sign, size_t number)
{
	char digits[HEAD_MAX];
	size_t len = 0, at = 0;

	do
		digits[len++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	text[at++] = sign;
	while (len > 0)
		text[at++] = digits[--len];
	text[at++] = '\r';
	text[at++] = '\n';
	return at;
}

void
peer_ok(struct peer *peer, const char *text)
{
	size_t len = strlen(text);
	char *room = outbuf_reserve(&peer->out, len + 3);

	if (room == NULL)
		return;
	*room = '+';
	memcpy(room + 1, text, len);
	memcpy(room + 1 + len, "\r\n", 2);
	peer->out.len += len + 3;
}

void
peer_error(struct peer *peer, const char *code, const char *fmt, ...)
{
	char text[600], line[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	outbuf_add(&peer->out, line, reply_error(line, sizeof(line), code, text));
}

void
peer_bulk(struct peer *peer, const void *data, size_t len)
{
	char text[HEAD_MAX];

	outbuf_add(&peer->out, text, head(text, '$', len));
	outbuf_add(&peer->out, data, len);
	outbuf_add(&peer->out, "\r\n", 2);
}

void
peer_nil(struct peer *peer)
{
	outbuf_add(&peer->out, "$-1\r\n", 5);
}

void
peer_nil_now(struct peer *peer)
{
	peer_nil(peer);
	outbuf_keep(&peer->out);
}

/* Writes the text at `room`, so much further that the head fits; its length, or -1. */
static int64_t
write_json(char *room, size_t size, render_fn fn, const void *arg)
{
	struct json json;

	json_begin(&json, room + HEAD_MAX, size - HEAD_MAX - 2);
	fn(&json, arg);
	return json_end(&json);
}

void
peer_json(struct peer *peer, render_fn fn, const void *arg)
{
	struct outbuf *out = &peer->out;
	char text[HEAD_MAX], *room;
	int64_t written = -1;
	size_t len, head_len;

	for (size_t size = JSON_FIRST; written < 0 && size <= JSON_MAX; size *= 4) {
		if ((room = outbuf_reserve(out, size)) == NULL)
			return;
		written = write_json(room, size, fn, arg);
	}
	if (written < 0) {
		peer_error(peer, "ERR", "the reply is too large");
		return;
	}
	len = (size_t)written;
	head_len = head(text, '$', len);
	room = out->data + out->len;
	memmove(room + head_len, room + HEAD_MAX, len);
	memcpy(room, text, head_len);
	memcpy(room + head_len + len, "\r\n", 2);
	out->len += head_len + len + 2;
}

/* Marks are counted from what is kept: that place moves with the bytes. */
size_t
peer_list_begin(struct peer *peer)
{
	return peer->out.len - peer->out.kept;
}

void
peer_list_end(struct peer *peer, size_t mark, size_t count)
{
	char text[HEAD_MAX];

	outbuf_insert(&peer->out, peer->out.kept + mark, text, head(text, '*', count));
}

void
peer_list_undo(struct peer *peer, size_t mark)
{
	peer->out.len = peer->out.kept + mark;
}

/* Its requests of this turn have come to nothing. */
static void
lose_turn(struct peer *peer, const char *error)
{
	char line[STORE_ERROR_MAX + 16];
	/* Clients of Faktory's take only ERR for a failure. */
	const char *code = peer->wants_codes ? "STORE" : "ERR";
	size_t len = reply_error(line, sizeof(line), code, error);

	outbuf_undo(&peer->out);
	hold_undo(&peer->server->hold, peer);
	for (size_t i = 0; i < peer->requests; i++)
		outbuf_add(&peer->out, line, len);
	peer->wait_answered = false;
	task_end(peer);
	if (peer->wait_fresh)
		server_wait_end(peer);
	if (peer->greeted_now)
		peer_close(peer);
}

void
peer_send(struct peer *peer)
{
	if (!peer_flush(peer) || (peer->closing && peer->out.len == 0))
		peer_free(peer);
	else
		peer_resume(peer);
}

void
peer_synced(struct peer *peer)
{
	TAILQ_REMOVE(&peer->server->unsynced, peer, sync_entry);
	peer->unsynced = false;
	peer_send(peer);
}

static void
await_sync(struct peer *peer)
{
	if (!peer->unsynced)
		TAILQ_INSERT_TAIL(&peer->server->unsynced, peer, sync_entry);
	peer->unsynced = true;
}

/* All that it is told in this turn is which job it has. */
static bool
only_claims(const struct peer *peer)
{
	return peer->claimed && peer->requests == (peer->wait_fresh ? 1 : 0);
}

void
peer_turn_end(struct peer *peer, const char *error, bool holds)
{
	if (holds && !only_claims(peer))
		await_sync(peer);
	if (error != NULL)
		lose_turn(peer, error);
	else if (peer->wait_answered)
		server_wait_end(peer);
	outbuf_keep(&peer->out);
	peer->requests = 0;
	peer->wait_fresh = peer->greeted_now = peer->claimed = false;
	peer->in_turn = false;
	if (peer->out.lost) {
		log_warnx("no memory for replies to a client (%s): dropped", peer->from);
		peer_free(peer);
		return;
	}
	if (!peer->unsynced)
		peer_send(peer);
}
