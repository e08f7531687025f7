#include "retention.h"

/* What applies to types without a section when the configuration says nothing. */
#define KEEP        1000
#define KEEP_AGE_MS (INT64_C(7) * 86400 * 1000)
#define DEAD_KEEP   10000
#define DEAD_AGE_MS (INT64_C(180) * 86400 * 1000)

static struct retention
either(int64_t keep, int64_t age_ms, int64_t keep_else, int64_t age_else_ms)
{
	/* An age is never 0 in the file: then the section has no say. */
	return age_ms > 0 ? (struct retention){ keep, age_ms }
			  : (struct retention){ keep_else, age_else_ms };
}

struct retention
retention_of(
    const struct conf_scheduler *scheduler, const struct conf_job *type, enum job_state state)
{
	if (state == JOB_DEAD) {
		if (type != NULL)
			return either(
			    type->dead_keep, type->dead_keep_age_ms, DEAD_KEEP, DEAD_AGE_MS);
		return either(
		    scheduler->dead_keep, scheduler->dead_keep_age_ms, DEAD_KEEP, DEAD_AGE_MS);
	}
	if (type != NULL)
		return either(type->keep, type->keep_age_ms, KEEP, KEEP_AGE_MS);
	return either(scheduler->keep, scheduler->keep_age_ms, KEEP, KEEP_AGE_MS);
}
