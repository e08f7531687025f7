/*
 * What happens, as server-sent events: the EVENTS of both sockets, read once and given to everybody
 * who listens.  While nobody listens nothing is read.
 */
#ifndef WEB_FEED_H
#define WEB_FEED_H

#include <event2/event.h>

int feed_init(struct event_base *);
/* All streams end; their clients come again, to whom comes after us. */
void feed_end(void);

#endif
