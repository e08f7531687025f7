/*
 * A timer for a time of the wall clock, to the microsecond, that also rings when the clock is set.
 * Costs no wake-up until then.
 */
#ifndef SCHEDULER_ALARM_H
#define SCHEDULER_ALARM_H

#include <stdbool.h>

#include <event2/event.h>

#include "base/clock.h"

struct alarm {
	int fd;
	struct event *event;
	bool set; /* the kernel has it ... */
	struct walltime when;
};

enum alarm_cause {
	ALARM_NOTHING, /* it did not ring */
	ALARM_DUE,
	ALARM_CLOCK_SET,
};

/* 0, or -1 with errno.  `fn` is to ask alarm_cause(). */
int alarm_open(struct alarm *, struct event_base *, event_callback_fn, void *arg);
void alarm_close(struct alarm *);
/* Why it rang; it is not set from then on. */
enum alarm_cause alarm_cause(struct alarm *);
/* An unset time: only the clock rings.  False: the clock was set since the last time, and nobody
 * else tells. */
bool alarm_set(struct alarm *, struct walltime when);

#endif
