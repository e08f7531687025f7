/*
 * How often something may happen: a token bucket that holds as many tokens as its rate says, exact
 * to the microsecond.  Pure: the clock is an argument, the state one time that can be stored.
 */
#ifndef SCHEDULER_LIMIT_H
#define SCHEDULER_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct limit_rate {
	int64_t count;     /* tokens ... */
	int64_t period_ms; /* ... that come in so long; count 0 = no limit */
};

/* True if there is a token at `now`.  The state is 0 when nothing was ever taken. */
bool limit_has_token(const struct limit_rate *, struct walltime state, struct walltime now);
/* The state after one was taken. */
struct walltime limit_take(const struct limit_rate *, struct walltime state, struct walltime now);
/* The state for a clock that may have been set back: the bucket is empty for no longer than it
 * takes to fill from now on. */
struct walltime limit_settle(const struct limit_rate *, struct walltime state, struct walltime now);
/* When the next one comes; not after `now` if there is one. */
struct walltime limit_next(const struct limit_rate *, struct walltime state, struct walltime now);

#endif
