/*
 * How much happened lately, and how much of it was bad: counts that forget what is older than the
 * window, a sixtieth of it at a time.  Pure: times are arguments.
 */
#ifndef SCHEDULER_ALERT_WINDOW_H
#define SCHEDULER_ALERT_WINDOW_H

#include <stdint.h>

#include "base/clock.h"

#define ALERT_WINDOW_PARTS 60

struct alert_window {
	int64_t part_us; /* of each; 0: nothing is counted */
	int64_t last;    /* number of the newest part, since 1970 */
	struct {
		int64_t all, bad;
	} parts[ALERT_WINDOW_PARTS];
};

void alert_window_init(struct alert_window *, int64_t over_ms);
void alert_window_add(struct alert_window *, struct walltime now, int64_t all, int64_t bad);
/* Of the whole window. */
void alert_window_sum(struct alert_window *, struct walltime now, int64_t *all, int64_t *bad);
/* When the next counts are forgotten; unset if there are none. */
struct walltime alert_window_next(struct alert_window *, struct walltime now);

#endif
