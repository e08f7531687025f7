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

/* The longest reply, or item of a stream. */
#define LINK_REPLY_MAX (16 * 1024 * 1024)

struct link;

struct link_owner {
	/* One item; false: the link is gone, or the bytes make no sense and it is to be lost. */
	bool (*item)(void *arg, const struct resp_item *);
	/* The connection has ended; the link is closed behind this call. */
	void (*lost)(void *arg);
};

/* NULL with errno.  greeting: the peer speaks first.  HELLO is sent at once. */
struct link *link_open(
    struct event_base *, const char *path, bool greeting, const struct link_owner *, void *arg);
void link_close(struct link *);
/* Adds the line's end. 0, or -1 without memory. */
int link_send(struct link *, const char *line, size_t len);
/* A line whose reply is passed over; what comes behind it is lost with the link if it is refused.
 */
int link_send_words(struct link *, const char *line);
void link_pause(struct link *, bool paused);

#endif
