/*
 * Jobs that tell others what happened, by the sections `notify`: pushed in the transaction of what
 * they tell.  Jobs of the types that tell are never told themselves.
 */
#ifndef SCHEDULER_NOTIFY_H
#define SCHEDULER_NOTIFY_H

#include "fields.h"
#include "scheduler.h"

struct notifier;

/* NULL without memory. */
struct notifier *notifier_new(struct scheduler *);
void notifier_free(struct notifier *);
/* Takes over the configuration, and how far jobd's events were told. */
enum store_result notifier_load(struct notifier *);

/* A job's state has changed; from is "" for a new one. */
void notifier_job(struct notifier *, const struct job *, const char *from);
/* jobd said HELLO: its events are numbered within this boot. */
void notifier_boot(struct notifier *, int64_t boot);
/* One of jobd's events, as it came and taken apart; true if the turn has something to store. */
bool notifier_program(struct notifier *, const char *text, size_t len, const struct fields *);
/* Before the commit: pushes what is to be told.  STORE_NONE if there is nothing. */
enum store_result notifier_push(struct notifier *);
void notifier_settle(struct notifier *, bool committed);

#endif
