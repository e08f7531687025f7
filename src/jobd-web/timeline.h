/*
 * The due times of a schedule within one day, for the picture of the day.  Pure but for the time
 * zone database; never knows what became of them.
 */
#ifndef WEB_TIMELINE_H
#define WEB_TIMELINE_H

#include <stddef.h>

#include "base/clock.h"

#include "buf.h"

/* More are drawn as a band. */
#define TIMELINE_MAX 150

/* Finds those in [from, until), at most TIMELINE_MAX + 1; the count, 0 for a text that is no
 * schedule. */
size_t timeline_find(const char *schedule, const char *zone, struct walltime from,
    struct walltime until, struct walltime *due);
/* Draws them as marks on a line, those before now paler. */
void timeline_draw(struct buf *, const char *summary, struct walltime from, struct walltime until,
    struct walltime now, const struct walltime *due, size_t count);

#endif
