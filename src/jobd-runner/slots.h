/*
 * How many more jobs may run, and when the scheduler must be told so.  Pure.
 *
 * A TAKE names how many jobs it may be answered with.  Its reply is a list: jobs or an order, or
 * nothing when a later TAKE took its place; one end for each.  Replies may be on their way while we
 * ask anew, so what was granted to a TAKE counts until its end has come: then there are never more
 * jobs coming than slots.
 */
#ifndef RUNNER_SLOTS_H
#define RUNNER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More TAKEs are not on their way at the same time. */
#define SLOTS_TAKES_MAX 8

struct slots {
	int64_t size;                     /* jobs at the same time */
	size_t running;                   /* jobs that run */
	size_t unsaid;                    /* results that the scheduler has not acknowledged */
	bool stopping;                    /* no more jobs */
	size_t takes;                     /* sent and not answered ... */
	int64_t granted[SLOTS_TAKES_MAX]; /* ... with so many jobs each yet to come, oldest first */
	bool ask_anew;                    /* the last TAKE named other queues than we want now */
};

int64_t slots_free(const struct slots *);
/* With how many jobs the next TAKE may be answered; 0 = with orders only. */
int64_t slots_grant(const struct slots *);
bool slots_must_ask(const struct slots *);
/* A TAKE for jobs is out: the answer may be one. */
bool slots_job_may_come(const struct slots *);
/* A TAKE was sent; it told slots_grant(). */
void slots_asked(struct slots *);
/* A job of the oldest TAKE's list came. */
void slots_job_came(struct slots *);
/* The list has ended. */
void slots_answered(struct slots *);
/* The connection is gone, with all that was asked on it. */
void slots_disconnected(struct slots *);

#endif
