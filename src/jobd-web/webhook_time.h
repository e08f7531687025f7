/*
 * The time of a webhook's payload, and whether it is near enough.  Pure: the clock is an argument.
 */
#ifndef WEB_WEBHOOK_TIME_H
#define WEB_WEBHOOK_TIME_H

#include <stdbool.h>

#include "base/clock.h"

/*
 * RFC 3339, or a number since 1970 (perhaps with a fraction): seconds below 10^11, milliseconds
 * below 10^14, else microseconds.  False if it is neither.
 */
bool webhook_time_read(const char *text, struct walltime *);
/* Neither older nor younger than the window; a sender's clock may be ahead. */
bool webhook_time_is_near(struct walltime, struct walltime now, int64_t window_ms);

#endif
