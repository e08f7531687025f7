/*
 * One connection to a socket in run_dir that is kept up: it says HELLO, gives whole replies, and
 * connects anew with a growing pause whenever it is lost.  Never blocks, and never wakes up while
 * the other side is silent: jobd holds the listening sockets, so a peer that restarts makes us wait
 * in its backlog.
 */
#ifndef SOCKET_CONNECTION_H
#define SOCKET_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "proto/resp.h"

struct connection;

struct connection_kind {
	const char *name; /* for messages */
	bool greeting;    /* the server speaks first */
	size_t reply_max; /* of one bulk string */
	/* The HELLO line without its end, in an allocated buffer. */
	char *(*hello)(void *arg);
	void (*ready)(void *arg);
	/* False: the reply makes no sense; the connection is made anew. */
	bool (*reply)(void *arg, const struct resp_item *);
	void (*lost)(void *arg); /* was ready, is not any more */
};

/* The HELLO of one who has nothing to say about itself; takes any argument. */
char *connection_hello(void *);

/* NULL with errno.  The kind and path are kept by reference.  It is closed at first. */
struct connection *connection_new(
    struct event_base *, const struct connection_kind *, const char *path, void *arg);
void connection_free(struct connection *);
/* Connects; goes on trying. */
void connection_open(struct connection *);
/* Closes it for good; what was queued is not sent. */
void connection_close(struct connection *);
/* Sends what is queued, then END, and closes it for good. */
void connection_finish(struct connection *);
bool connection_is_ready(const struct connection *);
/* Only while it is ready. */
void connection_send(struct connection *, const char *data, size_t len);

#endif
