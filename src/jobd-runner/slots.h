/*
 * How many more jobs may run, and when the scheduler must be told so.  Pure.
 *
 * Each TAKE has exactly one reply in the end: a job, an order, or nil when a later TAKE took its
 * place.  A reply may be on its way while we ask anew, so a further TAKE for jobs is sent only if
 * none is out or a slot has become free since the last: then there are never more jobs coming than
 * slots.
 */
#ifndef RUNNER_SLOTS_H
#define RUNNER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
	int64_t size;   /* jobs at the same time */
	size_t running; /* jobs that run */
	size_t unsaid;  /* results that the scheduler has not acknowledged */
	bool stopping;  /* no more jobs */
	size_t takes;   /* sent and not answered */
	int64_t asked;  /* the free slots that the last TAKE told */
	bool ask_anew;  /* the last TAKE named other queues than we want now */
};

int64_t slots_free(const struct slots *);
bool slots_must_ask(const struct slots *);
/* A TAKE for jobs is out: the answer may be one. */
bool slots_job_may_come(const struct slots *);
/* A TAKE was sent; it told slots_free(). */
void slots_asked(struct slots *);
/* A reply came. */
void slots_answered(struct slots *);
/* The connection is gone, with all that was asked on it. */
void slots_disconnected(struct slots *);

#endif
