/*
 * How long finished jobs are kept.  Pure.
 */
#ifndef SCHEDULER_RETENTION_H
#define SCHEDULER_RETENTION_H

#include "conf/conf.h"
#include "job.h"

struct retention {
	int64_t keep;   /* the newest so many of a type and state; 0: none at all */
	int64_t age_ms; /* none that ended longer ago */
};

/* `type` is NULL for one without a section. */
struct retention retention_of(
    const struct conf_scheduler *, const struct conf_job *type, enum job_state);

#endif
