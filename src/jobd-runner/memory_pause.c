#include "memory_pause.h"

#define FIRST_PAUSE_MS 1000
#define FAR_PAUSE_MS   30000
#define HALF_PAUSE_MS  10000
#define NEAR_PAUSE_MS  2000

int64_t
memory_pause_ms(int64_t pause_ms, int64_t used_bytes, int64_t limit_bytes)
{
	int64_t next_ms = pause_ms == 0 ? FIRST_PAUSE_MS : pause_ms * 2, most_ms = FAR_PAUSE_MS;

	if (used_bytes >= limit_bytes / 2)
		most_ms = HALF_PAUSE_MS;
	if (used_bytes >= limit_bytes / 10 * 9)
		most_ms = NEAR_PAUSE_MS;
	return next_ms < most_ms ? next_ms : most_ms;
}
