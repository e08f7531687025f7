#include <event2/event.h>

#include "timer.h"

void
timer_start_ms(struct event *timer, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	/* libevent counts from the start of this turn of the loop, unless it is told that time has
	 * passed since. */
	event_base_update_cache_time(event_get_base(timer));
	evtimer_add(timer, &tv);
}
