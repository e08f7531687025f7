/*
 * How long attempts waited and ran, by the hour, for each type of job and for each queue: counts,
 * sums, and histograms from which percentiles are estimated.  What was counted since it was last
 * written is in memory only; never decides anything.
 */
#ifndef SCHEDULER_FIGURES_H
#define SCHEDULER_FIGURES_H

#include "store.h"

/* So many names are counted between two writings; the others of a moment are left out. */
#define FIGURES_MAX 1024
/* A start that comes so long after its time is late. */
#define FIGURES_LATE_MS INT64_C(60000)

struct figures {
	struct figure *list;
	size_t count, size;
};

/* Counts the end of an attempt. */
void figures_count(struct figures *, const struct job *, struct walltime now, bool success,
    int64_t run_ms, int64_t wait_ms);
bool figures_owe(const struct figures *);
/* Writes what was counted, and forgets some of what is too old. */
enum store_result figures_flush(struct figures *, struct store *);
void figures_clear(struct figures *);

/* One more into the figure. */
void figure_add(struct figure *, bool success, int64_t run_ms, int64_t wait_ms);
/* Adds the second to the first. */
void figure_sum(struct figure *, const struct figure *);

#endif
