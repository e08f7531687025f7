/*
 * Events for one client who is confined to a tag: a stream of the scheduler's for him alone, as
 * server-sent events.  Everybody else shares the one of feed.h.
 */
#ifndef WEB_FEED_OWN_H
#define WEB_FEED_OWN_H

struct request;

void feed_own_begin(struct request *);
/* All of them end. */
void feed_own_end(void);

#endif
