/*
 * The sockets of jobd as their client: requests are sent, whole replies come back.  Never blocks,
 * never wakes up while nothing is asked.  A peer that restarts is waited for until the deadline of
 * the request: jobd holds the sockets.
 *
 * Connections are kept and few.  What is answered at once shares one: many requests are under way
 * on it, and their answers come in order.  Everything else has one for itself, so that nobody waits
 * behind it.
 */
#ifndef WEB_UPSTREAM_H
#define WEB_UPSTREAM_H

#include <event2/event.h>

#include "link.h"
#include "reply.h"

struct ask;

/* Sockets are looked for in the working directory. 0, or -1 with errno. */
int upstream_init(struct event_base *);

/*
 * Sends the line (without its end) and calls done with the reply, which is then the callee's: not
 * before this call has returned.  NULL: no memory, done is not called.  `words` are sent as a line
 * before it whose reply is passed over; NULL: there are none.
 */
struct ask *upstream_ask(enum upstream_socket, const char *words, const char *line, size_t len,
    int timeout_ms, void (*done)(void *arg, struct reply *), void *arg);
/* done is not called any more; what was asked may still be done. */
void upstream_cancel(struct ask *);

#endif
