/*
 * One outbox: looks for rows when it is told, pushes them, and marks them when the queue has them
 * on disk; the row's lock is held from the look to the mark.  Whatever goes wrong between is undone
 * by the database and done again, and the queue knows the rows that it has.  Never gives up.
 */
#ifndef OUTBOX_OUTBOX_H
#define OUTBOX_OUTBOX_H

#include <stdbool.h>

#include <event2/event.h>

#include "conf/conf.h"

#include "pusher.h"

struct outbox;

struct outbox_owner {
	/* outbox_trouble() is another one now. */
	void (*said)(void *arg);
	/* What was under way when outbox_stop() was called has come to its end. */
	void (*stopped)(void *arg);
};

/* NULL without memory.  All but the owner's `arg` are kept by reference. */
struct outbox *outbox_new(struct event_base *, struct pusher *, const struct conf *,
    const struct conf_outbox *, const struct outbox_owner *, void *arg);
void outbox_free(struct outbox *);
void outbox_open(struct outbox *);
/* The configuration is another one, but nothing in this outbox is. */
void outbox_adopt(struct outbox *, const struct conf *, const struct conf_outbox *);
/* The queue is there again. */
void outbox_wake(struct outbox *);
void outbox_stop(struct outbox *);
bool outbox_is_stopped(const struct outbox *);
const struct conf_outbox *outbox_conf(const struct outbox *);
/* Whether it was tried: before that outbox_trouble() says only that it was not. */
bool outbox_is_known(const struct outbox *);
/* What is wrong, in a few words; NULL while it is connected. */
const char *outbox_trouble(const struct outbox *);

#endif
