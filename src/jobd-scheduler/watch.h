/*
 * Tells the parts that look on what happens to jobs, schedules and programs: the alerts, and what
 * is told to others.  Changes nothing itself.
 */
#ifndef SCHEDULER_WATCH_H
#define SCHEDULER_WATCH_H

#include "scheduler.h"

extern const struct queue_watcher watch_queue;

/* What jobd says on its socket: the answer to HELLO; the end of its status; and a row of the status
 * or an event.  True if the turn has something to store that must be told again if it is lost. */
void watch_hello(struct scheduler *, const char *text, size_t len);
void watch_status_end(struct scheduler *);
bool watch_jobd(struct scheduler *, const char *text, size_t len);
/* A new connection to jobd. */
void watch_connected(struct scheduler *);

#endif
