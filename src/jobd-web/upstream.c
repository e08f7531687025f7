#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event_struct.h>

#include "base/log.h"
#include "proto/verbs.h"

#include "link.h"
#include "mask.h"
#include "upstream.h"

/* Connections to one socket, and requests that wait for one. */
#define LINKS_MAX   6
#define WAITING_MAX 2000
/* Kept open while nothing is asked. */
#define IDLE_MAX 1

/* A connection of the pool. */
struct pipe {
	TAILQ_ENTRY(pipe) entry;
	struct pool *pool;
	struct link *link;
	struct ask *ask; /* NULL: idle */
	size_t items_left;
	bool in_list;
};

struct ask {
	TAILQ_ENTRY(ask) entry;
	struct pool *pool;
	struct pipe *pipe; /* NULL: waits */
	char *words, *line;
	size_t len;
	void (*done)(void *arg, struct reply *);
	void *arg;
	struct event timer;
	struct reply reply;
};

struct stream {
	struct link *link;
	void (*item)(void *arg, const char *data, size_t len);
	void (*end)(void *arg, const char *error);
	void *arg;
	bool begun; /* the +OK in front of events was seen */
};

static const struct {
	const char *path;
	bool greeting;
} sockets[UPSTREAM_COUNT] = {
	[UPSTREAM_CONTROL] = {PROTO_CONTROL_SOCKET, false},
	[UPSTREAM_QUEUE] = { PROTO_QUEUE_SOCKET,  true },
	[UPSTREAM_LOG] = { PROTO_LOG_SOCKET,    false},
};

static struct pool {
	enum upstream_socket socket;
	TAILQ_HEAD(, pipe) pipes;
	TAILQ_HEAD(, ask) waiting;
	int pipe_count, waiting_count;
	struct event go; /* somebody waits: give out the links */
} pools[UPSTREAM_COUNT];

static struct event_base *base;

static bool pipe_item(void *pipe, const struct resp_item *);
static void pipe_lost(void *pipe);
static void pipe_close(struct pipe *);
static void ask_end(struct ask *, enum reply_kind);
static void on_go(evutil_socket_t, short what, void *pool);
static void on_timer(evutil_socket_t, short what, void *ask);
static bool stream_item(void *stream, const struct resp_item *);
static void stream_lost(void *stream);

static const struct link_owner pipe_owner = { pipe_item, pipe_lost };
static const struct link_owner stream_owner = { stream_item, stream_lost };

/* Replies. */

const char *
reply_item(const struct reply *reply, size_t index, size_t *len)
{
	size_t start;

	if (index >= reply->count) {
		if (len != NULL)
			*len = 0;
		return "";
	}
	start = index == 0 ? 0 : reply->ends[index - 1];
	if (len != NULL)
		*len = reply->ends[index] - start - 1;
	return reply->items.data + start;
}

static void
reply_add(struct reply *reply, const char *data, size_t len)
{
	size_t *ends = reply->ends;

	if ((reply->count & (reply->count - 1)) == 0) {
		ends = reallocarray(ends, reply->count == 0 ? 1 : reply->count * 2, sizeof(*ends));
		if (ends == NULL) {
			reply->items.failed = true;
			return;
		}
		reply->ends = ends;
	}
	buf_add(&reply->items, data, len);
	buf_add(&reply->items, "", 1);
	ends[reply->count++] = reply->items.len;
}

void
reply_set_error(struct reply *reply, const char *text)
{
	reply_free(reply);
	reply_add(reply, text, strlen(text));
	reply->kind = reply->items.failed ? REPLY_LOST : REPLY_ERROR;
}

void
reply_mask(struct reply *reply)
{
	struct reply masked = { .kind = reply->kind, .sent = reply->sent };
	bool changed = false;
	struct buf text;

	for (size_t i = 0; i < reply->count; i++) {
		size_t len;
		const char *item = reply_item(reply, i, &len);
		bool differs = mask_json(item, len, &text);

		reply_add(&masked, differs ? text.data : item, differs ? text.len : len);
		masked.items.failed |= differs && text.failed;
		changed |= differs;
		buf_free(&text);
	}
	if (!changed) {
		reply_free(&masked);
		return;
	}
	reply_free(reply);
	*reply = masked;
	if (masked.items.failed)
		reply->kind = REPLY_LOST;
}

void
reply_free(struct reply *reply)
{
	buf_free(&reply->items);
	free(reply->ends);
	*reply = (struct reply){ 0 };
}

/* Requests. */

int
upstream_init(struct event_base *event_base)
{
	base = event_base;
	for (int i = 0; i < UPSTREAM_COUNT; i++) {
		pools[i].socket = (enum upstream_socket)i;
		TAILQ_INIT(&pools[i].pipes);
		TAILQ_INIT(&pools[i].waiting);
		if (evtimer_assign(&pools[i].go, base, on_go, &pools[i]) == -1)
			return -1;
	}
	return 0;
}

struct ask *
upstream_ask(enum upstream_socket socket, char *words, char *line, size_t len, int timeout_ms,
    void (*done)(void *, struct reply *), void *arg)
{
	struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	static const struct timeval at_once = { 0, 0 };
	struct ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL || line == NULL) {
		free(words);
		free(line);
		free(ask);
		return NULL;
	}
	*ask = (struct ask){ .pool = &pools[socket],
		.words = words,
		.line = line,
		.len = len,
		.done = done,
		.arg = arg };
	evtimer_assign(&ask->timer, base, on_timer, ask);
	if (ask->pool->waiting_count >= WAITING_MAX)
		timeout = at_once;
	evtimer_add(&ask->timer, &timeout);
	TAILQ_INSERT_TAIL(&ask->pool->waiting, ask, entry);
	ask->pool->waiting_count++;
	evtimer_add(&ask->pool->go, &at_once);
	return ask;
}

static void
ask_free(struct ask *ask)
{
	evtimer_del(&ask->timer);
	if (ask->pipe != NULL) {
		ask->pipe->ask = NULL;
	} else {
		TAILQ_REMOVE(&ask->pool->waiting, ask, entry);
		ask->pool->waiting_count--;
	}
	reply_free(&ask->reply);
	free(ask->words);
	freezero(ask->line, ask->len);
	free(ask);
}

/* A link with half a reply in it is of no use to anybody else. */
void
upstream_cancel(struct ask *ask)
{
	struct pipe *pipe;

	if (ask == NULL)
		return;
	pipe = ask->pipe;
	ask_free(ask);
	if (pipe != NULL)
		pipe_close(pipe);
}

static void
ask_end(struct ask *ask, enum reply_kind kind)
{
	void (*done)(void *, struct reply *) = ask->done;
	struct reply reply = ask->reply;
	void *arg = ask->arg;

	reply.kind = reply.items.failed ? REPLY_LOST : kind;
	reply.sent = ask->pipe != NULL;
	ask->reply = (struct reply){ 0 };
	ask_free(ask);
	done(arg, &reply);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ask *ask = arg;
	struct pipe *pipe = ask->pipe;

	(void)fd;
	(void)what;
	ask_end(ask, REPLY_LOST);
	if (pipe != NULL)
		pipe_close(pipe);
}

/* The pool. */

static struct pipe *
pipe_new(struct pool *pool)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));

	if (pipe == NULL)
		return NULL;
	pipe->pool = pool;
	pipe->link = link_open(
	    base, sockets[pool->socket].path, sockets[pool->socket].greeting, &pipe_owner, pipe);
	if (pipe->link == NULL) {
		free(pipe);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&pool->pipes, pipe, entry);
	pool->pipe_count++;
	return pipe;
}

static void
pipe_forget(struct pipe *pipe)
{
	TAILQ_REMOVE(&pipe->pool->pipes, pipe, entry);
	pipe->pool->pipe_count--;
	if (!TAILQ_EMPTY(&pipe->pool->waiting)) {
		static const struct timeval at_once = { 0, 0 };

		evtimer_add(&pipe->pool->go, &at_once);
	}
	free(pipe);
}

static void
pipe_close(struct pipe *pipe)
{
	link_close(pipe->link);
	pipe_forget(pipe);
}

static struct pipe *
pipe_find_idle(struct pool *pool)
{
	struct pipe *pipe;

	TAILQ_FOREACH (pipe, &pool->pipes, entry)
		if (pipe->ask == NULL)
			return pipe;
	return pool->pipe_count < LINKS_MAX ? pipe_new(pool) : NULL;
}

/* Nobody listens there: everyone who waits is told so. */
static void
pool_give_up(struct pool *pool)
{
	struct ask *ask;
	int count = pool->waiting_count;

	while (count-- > 0 && (ask = TAILQ_FIRST(&pool->waiting)) != NULL)
		ask_end(ask, REPLY_LOST);
}

static void
on_go(evutil_socket_t fd, short what, void *arg)
{
	struct pool *pool = arg;
	struct pipe *pipe;
	struct ask *ask;

	(void)fd;
	(void)what;
	while ((ask = TAILQ_FIRST(&pool->waiting)) != NULL) {
		if ((pipe = pipe_find_idle(pool)) == NULL) {
			if (pool->pipe_count == 0)
				pool_give_up(pool);
			return;
		}
		TAILQ_REMOVE(&pool->waiting, ask, entry);
		pool->waiting_count--;
		ask->pipe = pipe;
		pipe->ask = ask;
		pipe->in_list = false;
		if ((ask->words != NULL && link_send_words(pipe->link, ask->words) == -1) ||
		    link_send(pipe->link, ask->line, ask->len) == -1)
			ask_end(ask, REPLY_LOST);
	}
}

/* Whoever is answered may ask again at once. */
static void
pipe_answer(struct pipe *pipe, enum reply_kind kind)
{
	struct pool *pool = pipe->pool;
	struct ask *ask = pipe->ask;
	struct pipe *other;
	int idle = 0;

	ask_end(ask, kind);
	if (!TAILQ_EMPTY(&pool->waiting)) {
		on_go(-1, 0, pool);
		return;
	}
	TAILQ_FOREACH (other, &pool->pipes, entry)
		idle += other->ask == NULL;
	if (idle > IDLE_MAX)
		pipe_close(pipe);
}

static enum reply_kind
single_kind(enum resp_kind kind)
{
	return kind == RESP_OK      ? REPLY_OK
	       : kind == RESP_ERROR ? REPLY_ERROR
	       : kind == RESP_NIL   ? REPLY_NIL
				    : REPLY_BULK;
}

static bool
pipe_item(void *arg, const struct resp_item *item)
{
	struct pipe *pipe = arg;
	struct ask *ask = pipe->ask;

	if (ask == NULL || item->kind == RESP_INTEGER)
		return false;
	if (!pipe->in_list && item->kind == RESP_ARRAY) {
		pipe->in_list = true;
		pipe->items_left = (size_t)item->number;
		if (pipe->items_left == 0)
			pipe_answer(pipe, REPLY_LIST);
		return true;
	}
	if (item->kind == RESP_ARRAY || ask->reply.items.len + item->len > LINK_REPLY_MAX)
		return false;
	reply_add(&ask->reply, item->kind == RESP_NIL ? "" : item->data,
	    item->kind == RESP_NIL ? 0 : item->len);
	/* The logger's lists end with nil instead of saying their length. */
	if (!pipe->in_list && pipe->pool->socket == UPSTREAM_LOG && item->kind == RESP_BULK)
		return true;
	if (!pipe->in_list && pipe->pool->socket == UPSTREAM_LOG && item->kind == RESP_NIL)
		pipe_answer(pipe, REPLY_LIST);
	else if (!pipe->in_list)
		pipe_answer(pipe, single_kind(item->kind));
	else if (--pipe->items_left == 0)
		pipe_answer(pipe, REPLY_LIST);
	return true;
}

static void
pipe_lost(void *arg)
{
	struct pipe *pipe = arg;

	if (pipe->ask != NULL)
		ask_end(pipe->ask, REPLY_LOST);
	pipe_forget(pipe);
}

/* Streams. */

struct stream *
stream_open(enum upstream_socket socket, const char *words, const char *line,
    void (*item)(void *, const char *, size_t), void (*end)(void *, const char *), void *arg)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	*stream = (struct stream){ .item = item, .end = end, .arg = arg };
	stream->link =
	    link_open(base, sockets[socket].path, sockets[socket].greeting, &stream_owner, stream);
	if (stream->link == NULL || (words != NULL && link_send_words(stream->link, words) == -1) ||
	    link_send(stream->link, line, strlen(line)) == -1) {
		stream_close(stream);
		return NULL;
	}
	return stream;
}

void
stream_pause(struct stream *stream, bool paused)
{
	link_pause(stream->link, paused);
}

void
stream_close(struct stream *stream)
{
	if (stream == NULL)
		return;
	link_close(stream->link);
	free(stream);
}

static bool
stream_item(void *arg, const struct resp_item *item)
{
	struct stream *stream = arg;
	char error[256];

	if (item->kind == RESP_BULK) {
		stream->item(stream->arg, item->data, item->len);
		return true;
	}
	if (item->kind == RESP_OK && !stream->begun) {
		stream->begun = true;
		return true;
	}
	snprintf(error, sizeof(error), "%.*s", item->kind == RESP_ERROR ? (int)item->len : 0,
	    item->kind == RESP_ERROR ? item->data : "");
	stream->end(stream->arg, error);
	stream_close(stream);
	return true;
}

static void
stream_lost(void *arg)
{
	struct stream *stream = arg;

	stream->end(stream->arg, "");
	/* The link closes itself. */
	free(stream);
}
