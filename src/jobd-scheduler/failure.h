/*
 * The "failure" object of a job in Faktory's form.  Pure.
 */
#ifndef SCHEDULER_FAILURE_H
#define SCHEDULER_FAILURE_H

#include <stddef.h>

#include "job.h"

/* Faktory's limits. */
#define FAILURE_MESSAGE_MAX   1000
#define FAILURE_TYPE_MAX      100
#define FAILURE_BACKTRACE_MAX 50

struct failure {
	const char *errtype, *message; /* "" becomes "unknown" */
	const char *const *backtrace;
	size_t backtrace_count;
	struct walltime at, next_at; /* next_at unset: it is not tried again */
};

/*
 * Sets job->failure; job->failures counts this one already.  The time of the first failure is taken
 * over from what stood there.  0, or -1 without memory.
 */
int failure_set(struct job *, const struct failure *);

#endif
