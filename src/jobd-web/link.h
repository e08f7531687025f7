/*
 * One connection to one of jobd's sockets, from HELLO on: lines out, RESP items in.  Never connects
 * anew and never knows what the items mean.
 */
#ifndef WEB_LINK_H
#define WEB_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "proto/resp.h"

#define LINK_LINE_END "\r\n"
/* The longest reply, or item of a stream. */
#define LINK_REPLY_MAX (16 * 1024 * 1024)

enum upstream_socket { UPSTREAM_CONTROL, UPSTREAM_QUEUE, UPSTREAM_LOG, UPSTREAM_COUNT };

struct link;

struct link_owner {
	/* One item; false: the link is gone, or the bytes make no sense and it is to be lost. */
	bool (*item)(void *arg, const struct resp_item *);
	/* The connection has ended; the link is closed behind this call. */
	void (*lost)(void *arg);
};

/* Sockets are looked for in the working directory. */
void link_init(struct event_base *);
/* NULL with errno.  HELLO goes with what is flushed first. */
struct link *link_open(enum upstream_socket, const struct link_owner *, void *arg);
void link_close(struct link *);
/* Adds the line's end. 0, or -1 without memory: the link is of no use any more. */
int link_send(struct link *, const char *line, size_t len);
/* A line whose reply is passed over; what comes behind it is lost with the link if it is refused.
 * Only before the first line that is answered. */
int link_send_words(struct link *, const char *line);
/* Sends what was written since the last time, as far as the peer takes it now; else later. */
void link_flush(struct link *);
void link_pause(struct link *, bool paused);
/* Whether a line whose reply is passed over was taken; it is logged if not. */
bool link_was_taken(const struct resp_item *);

#endif
