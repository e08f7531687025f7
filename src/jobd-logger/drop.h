/*
 * When a stream that can't be written is held up, and when its output is dropped instead.  Pure.
 */
#ifndef LOGGER_DROP_H
#define LOGGER_DROP_H

#include <stdbool.h>
#include <stdint.h>

/* Pages of memory as they are now. */
struct drop_memory {
	uint32_t limit, used; /* of all streams */
	uint32_t sink_used;   /* of what waits for the same file */
	bool sink_is_stalled;
};

/*
 * How many pages more a stream may take.  A file that can't be written gets at most half of the
 * memory and never the last quarter, so that one bad disk does not hold up the others.
 */
uint32_t drop_allowance(const struct drop_memory *);
/* Whether a stream that has been held up since `blocked_since_ms` is to be dropped now. */
bool drop_is_due(int64_t now_ms, int64_t blocked_since_ms, int64_t block_ms);

#endif
