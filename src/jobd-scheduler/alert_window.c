#include <string.h>

#include "alert_window.h"

void
alert_window_init(struct alert_window *window, int64_t over_ms)
{
	memset(window, 0, sizeof(*window));
	window->part_us = over_ms * CLOCK_US_PER_MS / ALERT_WINDOW_PARTS;
}

/* A clock that was set back goes on in the newest part. */
static void
move_on(struct alert_window *window, struct walltime now)
{
	int64_t part = now.us / window->part_us;

	if (part - window->last >= ALERT_WINDOW_PARTS) {
		memset(window->parts, 0, sizeof(window->parts));
		window->last = part;
	}
	while (window->last < part) {
		window->last++;
		memset(
		    &window->parts[window->last % ALERT_WINDOW_PARTS], 0, sizeof(window->parts[0]));
	}
}

void
alert_window_add(struct alert_window *window, struct walltime now, int64_t all, int64_t bad)
{
	if (window->part_us == 0)
		return;
	move_on(window, now);
	window->parts[window->last % ALERT_WINDOW_PARTS].all += all;
	window->parts[window->last % ALERT_WINDOW_PARTS].bad += bad;
}

void
alert_window_sum(struct alert_window *window, struct walltime now, int64_t *all, int64_t *bad)
{
	*all = *bad = 0;
	if (window->part_us == 0)
		return;
	move_on(window, now);
	for (int i = 0; i < ALERT_WINDOW_PARTS; i++) {
		*all += window->parts[i].all;
		*bad += window->parts[i].bad;
	}
}

struct walltime
alert_window_next(struct alert_window *window, struct walltime now)
{
	int64_t part;

	if (window->part_us == 0)
		return (struct walltime){ 0 };
	move_on(window, now);
	for (part = window->last - ALERT_WINDOW_PARTS + 1; part <= window->last; part++)
		if (part >= 0 && window->parts[part % ALERT_WINDOW_PARTS].all > 0)
			return (struct walltime){ (part + ALERT_WINDOW_PARTS) * window->part_us };
	return (struct walltime){ 0 };
}
