/*
 * The connection to the queue that all outboxes share: requests in, each answered in its order, or
 * told that the answer will never come.  Never asks anything by itself.
 */
#ifndef OUTBOX_PUSHER_H
#define OUTBOX_PUSHER_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "proto/resp.h"

struct pusher;

/* NULL: the connection was lost, and it is not known whether the request was done. */
typedef void pusher_answer(void *arg, const struct resp_item *);

/* NULL without memory.  The path is kept by reference; `ready` is called whenever it is connected.
 */
struct pusher *pusher_new(
    struct event_base *, const char *socket_path, void (*ready)(void *arg), void *arg);
void pusher_free(struct pusher *);
void pusher_open(struct pusher *);
bool pusher_is_ready(const struct pusher *);
/* Sends a line, "\r\n" added.  -1 if it is not connected, or without memory: there will be no
 * answer. */
int pusher_ask(struct pusher *, const char *line, size_t len, pusher_answer *, void *arg);
/* Nobody waits for the answers to this one's requests any more. */
void pusher_forget(struct pusher *, const void *arg);

#endif
