#include "jobd-logger/drop.h"

static uint32_t
left(uint32_t limit, uint32_t used)
{
	return limit > used ? limit - used : 0;
}

uint32_t
drop_allowance(const struct drop_memory *memory)
{
	uint32_t limit = memory->limit;
	uint32_t all = left(memory->sink_is_stalled ? limit - limit / 4 : limit, memory->used);
	uint32_t own =
	    left(memory->sink_is_stalled ? limit / 2 : limit - limit / 4, memory->sink_used);

	return all < own ? all : own;
}

bool
drop_is_due(int64_t now_ms, int64_t blocked_since_ms, int64_t block_ms)
{
	return now_ms - blocked_since_ms >= block_ms;
}
