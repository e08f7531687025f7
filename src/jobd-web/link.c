
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/verbs.h"

#include "link.h"

struct link {
	const struct link_owner *owner;
	void *arg;
	struct bufferevent *stream;
	int skip; /* replies to the greeting that are still to come */
	bool busy, closed, paused;
};

static void lose(struct link *);
static bool take(struct link *, const struct resp_item *);
static void expect(struct link *, const char *text, size_t len);
static void on_read(struct bufferevent *, void *link);
static void on_event(struct bufferevent *, short events, void *link);

struct link *
link_open(struct event_base *base, const char *path, bool greeting, const struct link_owner *owner,
    void *arg)
{
	struct link *link = calloc(1, sizeof(*link));
	int fd = link != NULL ? fd_connect_unix(path) : -1;
	char hello[64];

	if (fd == -1) {
		free(link);
		return NULL;
	}
	link->owner = owner;
	link->arg = arg;
	link->skip = greeting ? 2 : 1;
	link->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (link->stream == NULL) {
		fd_close(fd);
		free(link);
		errno = ENOMEM;
		return NULL;
	}
	bufferevent_setcb(link->stream, on_read, NULL, on_event, link);
	snprintf(hello, sizeof(hello), VERB_HELLO " {\"v\":%d%s}", PROTO_VERSION,
	    greeting ? ",\"codes\":true,\"kept\":true" : "");
	if (bufferevent_enable(link->stream, EV_READ | EV_WRITE) == -1 ||
	    link_send(link, hello, strlen(hello)) == -1) {
		link_close(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

/* While its bytes are being read it only stops; on_read() frees it. */
void
link_close(struct link *link)
{
	if (link == NULL)
		return;
	link->closed = true;
	if (link->busy)
		return;
	bufferevent_free(link->stream);
	free(link);
}

int
link_send(struct link *link, const char *line, size_t len)
{
	if (bufferevent_write(link->stream, line, len) == -1 ||
	    bufferevent_write(link->stream, "\r\n", 2) == -1)
		return -1;
	return 0;
}

int
link_send_words(struct link *link, const char *line)
{
	link->skip++;
	return link_send(link, line, strlen(line));
}

void
link_pause(struct link *link, bool paused)
{
	link->paused = paused;
	if (paused)
		bufferevent_disable(link->stream, EV_READ);
	else {
		bufferevent_enable(link->stream, EV_READ);
		/* What was read before the pause. */
		bufferevent_trigger(
		    link->stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
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

static bool
take(struct link *link, const struct resp_item *item)
{
	if (link->skip == 0)
		return link->owner->item(link->arg, item);
	link->skip--;
	/* A database that refuses says so again to what comes behind. */
	if (item->kind == RESP_OK ||
	    (item->kind == RESP_ERROR && item->len > 6 && strncmp(item->data, "STORE ", 6) == 0))
		return true;
	log_warnx("a socket of jobd refuses us: %.*s",
	    item->kind == RESP_ERROR ? (int)item->len : 0, item->data);
	return false;
}

/*
 * A bulk string that has begun: nothing is looked at until all of it is there, or a long one would
 * be copied together again at each piece.
 */
static void
expect(struct link *link, const char *text, size_t len)
{
	size_t want = 0;
	const char *end = len == 0 || text[0] != '$' ? NULL : memchr(text, '\n', len);

	if (end != NULL)
		want = (size_t)(end - text) + 1 + strtoul(text + 1, NULL, 10) + 2;
	bufferevent_setwatermark(link->stream, EV_READ, want <= LINK_REPLY_MAX ? want : 0, 0);
}

static void
on_read(struct bufferevent *stream, void *arg)
{
	struct link *link = arg;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t len = evbuffer_get_length(input), at = 0, used;
	const char *text = (const char *)evbuffer_pullup(input, -1);
	enum resp_kind kind = RESP_MORE;
	struct resp_item item;
	bool good = true;

	link->busy = true;
	while (good && !link->closed && !link->paused && at < len) {
		kind = resp_parse(text + at, len - at, LINK_REPLY_MAX, &item, &used);
		if (kind == RESP_MORE)
			break;
		good = kind != RESP_BROKEN && take(link, &item);
		at += used;
	}
	link->busy = false;
	if (link->closed) {
		link_close(link);
		return;
	}
	if (!good) {
		lose(link);
		return;
	}
	evbuffer_drain(input, at);
	if (kind == RESP_MORE)
		expect(link, text + at, len - at);
	else
		bufferevent_setwatermark(stream, EV_READ, 0, 0);
}

static void
on_event(struct bufferevent *stream, short events, void *link)
{
	(void)stream;
	if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		lose(link);
}
