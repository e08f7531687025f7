/*
 * What the files of the scheduler share: scheduler.c, the turn; scheduler_time.c, when there is
 * one; scheduler_disk.c, when it is on disk; scheduler_trouble.c, what is done without a database.
 */
#ifndef SCHEDULER_PRIVATE_H
#define SCHEDULER_PRIVATE_H

#include "scheduler.h"

/* Between the first two looks at a database that can't be used. */
#define SCHEDULER_TROUBLE_MIN_MS 1000

/* Opens the database if need be, and takes up work; or is in trouble. */
void scheduler_recover(struct scheduler *);
/* Nothing can be changed until a later look finds that it works. */
void scheduler_enter_trouble(struct scheduler *, const char *why);
void scheduler_close_store(struct scheduler *);

/* Callbacks of its events. */
void scheduler_on_trouble(evutil_socket_t, short what, void *scheduler);
void scheduler_on_alarm(evutil_socket_t, short what, void *scheduler);
void scheduler_on_again(evutil_socket_t, short what, void *scheduler);
void scheduler_on_settle(evutil_socket_t, short what, void *scheduler);
void scheduler_on_sync(evutil_socket_t, short what, void *scheduler);

/* The kernel wakes us for it, or when the clock is set; unset: only then. */
void scheduler_set_alarm(struct scheduler *, struct walltime when);
/* When something is due next; read within the transaction, where it costs no lock. */
enum store_result scheduler_find_next(struct scheduler *, struct walltime *next);
/* Sleeps until then, or, for a tick, until a moment before. */
void scheduler_wait_for(struct scheduler *, struct walltime next);
/* What the store owes is written in a while. */
void scheduler_settle_later(struct scheduler *);
/* What did not wait for the disk comes there soon. */
void scheduler_sync_later(struct scheduler *);
/* Ends or pushes were committed, and those who told of them are not answered yet. */
bool scheduler_holds(const struct scheduler *);
/* They hear that it stands; or, false, that is not known: they are told nothing, and must
 * ask again. */
bool scheduler_release(struct scheduler *);
/* The same, and what must follow where it fails. */
void scheduler_bring_to_disk(struct scheduler *);

#endif
