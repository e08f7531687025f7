/*
 * What some processes use together, as /proc tells.  A process that ended meanwhile counts nothing.
 */
#ifndef RUNNER_USAGE_H
#define RUNNER_USAGE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

struct usage {
	int64_t
	    memory_bytes; /* what they share is counted once; all of it where that is not told */
	int64_t cpu_ms;   /* with that of the children that they have waited for */
};

/* A pid that stands in the list several times counts once. */
struct usage usage_of(const pid_t *, size_t count);

#endif
