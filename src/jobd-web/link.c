#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/verbs.h"

#include "buf.h"
#include "link.h"

/* Taken at once: the answers of many requests, or a good part of a long one. */
#define READ_BYTES ((size_t)32 * 1024)
/* Room for what is not whole. */
#define KEEP_MIN ((size_t)1024)
/* Room for what is sent in one turn that is not given back. */
#define OUT_KEPT ((size_t)16 * 1024)

struct link {
	const struct link_owner *owner;
	void *arg;
	int fd;
	struct event readable, writable;
	struct buf out;
	size_t sent; /* of it */
	char *in;    /* what is not understood yet; NULL: nothing */
	size_t in_len, in_size;
	size_t want; /* fewer bytes need not be looked at */
	int skip;    /* replies to the greeting that are still to come */
	bool busy, closed, paused;
};

static const struct {
	const char *path;
	bool greeting; /* the peer speaks first */
} sockets[UPSTREAM_COUNT] = {
	[UPSTREAM_CONTROL] = {PROTO_CONTROL_SOCKET, false},
	[UPSTREAM_QUEUE] = { PROTO_QUEUE_SOCKET,  true },
	[UPSTREAM_LOG] = { PROTO_LOG_SOCKET,    false},
};

static struct event_base *base;

static void lose(struct link *);
static bool take(struct link *, const struct resp_item *);
static size_t wanted(const char *text, size_t len);
static bool understand(struct link *, const char *text, size_t len, size_t *used);
static int keep(struct link *, const char *text, size_t len);
static void look(struct link *, char *text, size_t len);
static void on_readable(evutil_socket_t, short what, void *link);
static void on_writable(evutil_socket_t, short what, void *link);

void
link_init(struct event_base *event_base)
{
	base = event_base;
}

struct link *
link_open(enum upstream_socket socket, const struct link_owner *owner, void *arg)
{
	bool greeting = sockets[socket].greeting;
	struct link *link = calloc(1, sizeof(*link));
	int fd = link != NULL ? fd_connect_unix(sockets[socket].path) : -1;
	char hello[64];

	if (fd == -1) {
		free(link);
		return NULL;
	}
	*link = (struct link){ .owner = owner, .arg = arg, .fd = fd, .skip = greeting ? 2 : 1 };
	event_assign(&link->readable, base, fd, EV_READ | EV_PERSIST, on_readable, link);
	event_assign(&link->writable, base, fd, EV_WRITE, on_writable, link);
	snprintf(hello, sizeof(hello), VERB_HELLO " {\"v\":%d%s}", PROTO_VERSION,
	    greeting ? ",\"codes\":true,\"kept\":true" : "");
	if (event_add(&link->readable, NULL) == -1 || link_send(link, hello, strlen(hello)) == -1) {
		link_close(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

/* While its bytes are being read it only stops; on_readable() frees it. */
void
link_close(struct link *link)
{
	if (link == NULL)
		return;
	link->closed = true;
	if (link->busy)
		return;
	event_del(&link->readable);
	event_del(&link->writable);
	close(link->fd);
	buf_wipe(&link->out);
	free(link->in);
	free(link);
}

int
link_send(struct link *link, const char *line, size_t len)
{
	buf_add(&link->out, line, len);
	buf_text(&link->out, LINK_LINE_END);
	return link->out.failed ? -1 : 0;
}

int
link_send_words(struct link *link, const char *line)
{
	link->skip++;
	return link_send(link, line, strlen(line));
}

/* Of an end of the connection the reader hears. */
void
link_flush(struct link *link)
{
	ssize_t len = 0;

	while (link->sent < link->out.len &&
	       (len = write(link->fd, link->out.data + link->sent, link->out.len - link->sent)) > 0)
		link->sent += (size_t)len;
	if (len == -1 && (errno == EAGAIN || errno == EINTR)) {
		event_add(&link->writable, NULL);
		return;
	}
	buf_empty(&link->out, OUT_KEPT);
	link->sent = 0;
}

static void
on_writable(evutil_socket_t fd, short what, void *link)
{
	(void)fd;
	(void)what;
	link_flush(link);
}

void
link_pause(struct link *link, bool paused)
{
	link->paused = paused;
	if (paused)
		event_del(&link->readable);
	else {
		event_add(&link->readable, NULL);
		/* What was read before the pause. */
		event_active(&link->readable, EV_TIMEOUT, 0);
	}
}

static void
lose(struct link *link)
{
	link->busy = true;
	link->owner->lost(link->arg);
	link->busy = false;
	link_close(link);
}

/* A database that refuses says so again to what comes behind. */
bool
link_was_taken(const struct resp_item *item)
{
	if (item->kind == RESP_OK ||
	    (item->kind == RESP_ERROR && item->len > 6 && strncmp(item->data, "STORE ", 6) == 0))
		return true;
	log_warnx("a socket of jobd refuses us: %.*s",
	    item->kind == RESP_ERROR ? (int)item->len : 0, item->data);
	return false;
}

static bool
take(struct link *link, const struct resp_item *item)
{
	if (link->skip == 0)
		return link->owner->item(link->arg, item);
	link->skip--;
	return link_was_taken(item);
}

/*
 * Of a bulk string that has begun, its whole length: nothing is looked at until all of it is there,
 * and room is made once.
 */
static size_t
wanted(const char *text, size_t len)
{
	size_t want = 0;
	const char *end = len == 0 || text[0] != '$' ? NULL : memchr(text, '\n', len);

	if (end != NULL)
		want = (size_t)(end - text) + 1 + strtoul(text + 1, NULL, 10) + 2;
	return want > len && want <= LINK_REPLY_MAX ? want : len + 1;
}

/* False: it makes no sense. */
static bool
understand(struct link *link, const char *text, size_t len, size_t *used)
{
	struct resp_item item;
	bool good = true;
	size_t step;

	for (*used = 0; good && !link->closed && !link->paused && *used < len; *used += step) {
		enum resp_kind kind =
		    resp_parse(text + *used, len - *used, LINK_REPLY_MAX, &item, &step);

		if (kind == RESP_MORE)
			break;
		good = kind != RESP_BROKEN && take(link, &item);
	}
	return good;
}

/* What is left, which may lie in link->in already. */
static int
keep(struct link *link, const char *text, size_t len)
{
	char *larger;

	link->want = wanted(text, len);
	if (len == 0) {
		free(link->in);
		link->in = NULL;
		link->in_len = link->in_size = 0;
		return 0;
	}
	if (link->in != NULL)
		memmove(link->in, text, len);
	if (link->want > link->in_size) {
		size_t size = link->want > 2 * len ? link->want : 2 * len;

		size = size > KEEP_MIN ? size : KEEP_MIN;
		if ((larger = realloc(link->in, size)) == NULL)
			return -1;
		if (link->in == NULL)
			memcpy(larger, text, len);
		link->in = larger;
		link->in_size = size;
	}
	link->in_len = len;
	return 0;
}

static void
look(struct link *link, char *text, size_t len)
{
	size_t used;
	bool good;

	link->busy = true;
	good = understand(link, text, len, &used);
	link->busy = false;
	if (link->closed)
		link_close(link);
	else if (!good || keep(link, text + used, len - used) == -1)
		lose(link);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	static char block[READ_BYTES];
	struct link *link = arg;
	bool begins = link->in == NULL;
	char *room = begins ? block : link->in + link->in_len;
	ssize_t len = 0;

	if (what & EV_READ) {
		len = read(fd, room, begins ? sizeof(block) : link->in_size - link->in_len);
		if (len == 0 || (len == -1 && errno != EAGAIN && errno != EINTR)) {
			lose(link);
			return;
		}
		len = len > 0 ? len : 0;
	}
	if (begins)
		look(link, block, (size_t)len);
	else if ((link->in_len += (size_t)len) >= link->want || (what & EV_TIMEOUT))
		look(link, link->in, link->in_len);
}
