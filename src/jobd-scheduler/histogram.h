/*
 * The steps in which times of jobs are counted, the same for what is kept by the hour and for what
 * others draw.  Pure.
 */
#ifndef SCHEDULER_HISTOGRAM_H
#define SCHEDULER_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The last one has no end.  The counts are stored, so that the steps stay as they are. */
#define HISTOGRAM_STEPS 18

/* The step that the time falls into. */
size_t histogram_step(int64_t ms);
/* The longest time of a step, which is none of the last one. */
int64_t histogram_end_ms(size_t step);
/* Estimated within its step; -1 without any count. */
int64_t histogram_percentile(
    const int64_t counts[HISTOGRAM_STEPS], int percent, int64_t longest_ms);

#endif
