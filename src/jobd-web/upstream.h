/*
 * The sockets of jobd as their client: requests are sent, whole replies come back.  Never blocks,
 * never wakes up while nothing is asked.  A peer that restarts is waited for until the deadline of
 * the request: jobd holds the sockets.
 */
#ifndef WEB_UPSTREAM_H
#define WEB_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "buf.h"

enum upstream_socket { UPSTREAM_CONTROL, UPSTREAM_QUEUE, UPSTREAM_LOG, UPSTREAM_COUNT };

enum reply_kind {
	REPLY_LOST,  /* not asked, or no answer: nobody there, too slow, too many ask */
	REPLY_ERROR, /* text is "CODE what is wrong" */
	REPLY_OK,    /* one item: its text */
	REPLY_BULK,  /* one item */
	REPLY_NIL,
	REPLY_LIST, /* count items; nil ones are "" */
};

struct reply {
	enum reply_kind kind;
	bool sent;        /* LOST: it may have been done nevertheless */
	struct buf items; /* each ends with a NUL */
	size_t *ends, count;
};

/* The item's text, NUL-ended; "" beyond the end. */
const char *reply_item(const struct reply *, size_t index, size_t *len);
void reply_free(struct reply *);

struct ask;
struct stream;

/* Sockets are looked for in the working directory. 0, or -1 with errno. */
int upstream_init(struct event_base *);
/* Makes it an error with this text. */
void reply_set_error(struct reply *, const char *text);
/* The same with what is secret masked. */
void reply_mask(struct reply *);

/*
 * Sends the line (without its end) and calls done with the reply, which is then the callee's: not
 * before this call has returned.  NULL: no memory, done is not called.  `words` are sent as a line
 * before it whose reply is passed over; NULL: there are none.  Both texts are taken over.
 */
struct ask *upstream_ask(enum upstream_socket, char *words, char *line, size_t len, int timeout_ms,
    void (*done)(void *arg, struct reply *), void *arg);
/* done is not called any more; what was asked may still be done. */
void upstream_cancel(struct ask *);

/*
 * A request whose reply is a stream: item is called for each bulk string (data is not NUL-ended),
 * then end once: at nil, at an error (its text) or when the connection is lost (""). NULL: no
 * memory or nobody there; neither is called.  For `words` see upstream_ask().
 */
struct stream *stream_open(enum upstream_socket, const char *words, const char *line,
    void (*item)(void *arg, const char *data, size_t len),
    void (*end)(void *arg, const char *error), void *arg);
/* While paused the peer waits. */
void stream_pause(struct stream *, bool paused);
/* Also from within item; not after end. */
void stream_close(struct stream *);

#endif
