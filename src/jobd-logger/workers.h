/*
 * Threads for what a bad disk may hold up: writing, renaming, reading log files.  The loop itself
 * never touches them.  One thread is enough as long as nothing hangs; others come when work waits
 * behind a thread that is stuck, and go again.
 */
#ifndef LOGGER_WORKERS_H
#define LOGGER_WORKERS_H

#include <sys/queue.h>

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

/* Embedded in whatever is to be done. */
struct work {
	TAILQ_ENTRY(work) entry;
	void (*run)(struct work *);  /* in a thread */
	void (*done)(struct work *); /* in the loop, afterwards */
};

int workers_init(struct event_base *);
/* Works are begun in this order; whoever needs one finished before another submits it later. */
void workers_submit(struct work *);
/* True if some work waits for a thread. */
bool workers_are_wanted(void);
/* Runs the work in a thread of its own, which may be slow. */
void workers_submit_background(struct work *);
/* The calling thread's own buffer of LINES_RENDERED_MAX bytes; NULL if there is no memory. */
char *workers_scratch(void);

#endif
