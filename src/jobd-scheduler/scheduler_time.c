/* When the scheduler wakes up: for what is due, for what was left over, or because the clock was
 * set. */
#include "alert.h"
#include "scheduler_private.h"
#include "server.h"

/* How long after a commit the store may keep what it owes in memory. */
#define SETTLE_SEC 1

void
scheduler_set_alarm(struct scheduler *scheduler, struct walltime when)
{
	if (alarm_set(&scheduler->alarm, when))
		return;
	scheduler->clock_changed = true;
	event_active(scheduler->again_event, EV_TIMEOUT, 0);
}

/* A turn of its own may take a tick that is due in a moment as due: its time is that moment, and
 * what it hands out is held until then. */
static void
go_ahead(struct scheduler *scheduler)
{
	int64_t left_us = scheduler->tick_at.us - scheduler->queue.now.us;

	if (left_us <= 0 || left_us > HOLD_AHEAD_MS * 1000)
		return;
	scheduler->queue.now = scheduler->tick_at;
	hold_begin(&scheduler->server->hold, scheduler->tick_at);
}

void
scheduler_on_alarm(evutil_socket_t fd, short what, void *arg)
{
	struct scheduler *scheduler = arg;
	enum alarm_cause cause = alarm_cause(&scheduler->alarm);
	bool alone = !scheduler->touched;

	(void)fd;
	(void)what;
	if (cause == ALARM_NOTHING)
		return;
	scheduler->clock_changed |= cause == ALARM_CLOCK_SET;
	scheduler_work(scheduler);
	if (alone && !scheduler->clock_changed)
		go_ahead(scheduler);
}

void
scheduler_on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	scheduler_work(arg);
}

void
scheduler_on_settle(evutil_socket_t fd, short what, void *arg)
{
	struct scheduler *scheduler = arg;

	(void)fd;
	(void)what;
	scheduler->settles = true;
	scheduler_work(scheduler);
}

void
scheduler_settle_later(struct scheduler *scheduler)
{
	const struct timeval pause = { SETTLE_SEC, 0 };

	if ((scheduler->store->owes || figures_owe(&scheduler->figures)) &&
	    !event_pending(scheduler->settle_event, EV_TIMEOUT, NULL))
		event_add(scheduler->settle_event, &pause);
}

enum store_result
scheduler_find_next(struct scheduler *scheduler, struct walltime *next)
{
	struct walltime wake = { 0 }, fire = calendar_next_fire(scheduler->calendar);
	enum store_result result = queue_next_wake(&scheduler->queue, &wake);

	*next = walltime_earlier(walltime_earlier(fire, wake), alerts_next(scheduler->alerts));
	scheduler->tick_at.us = fire.us == next->us ? fire.us : 0;
	return result == STORE_FAILED ? result : STORE_OK;
}

void
scheduler_wait_for(struct scheduler *scheduler, struct walltime next)
{
	struct walltime ahead = walltime_add_ms(scheduler->tick_at, -HOLD_AHEAD_MS);

	/* More is due already: once around the loop, so that clients get their turn. */
	if (walltime_is_set(next) && next.us <= scheduler->queue.now.us)
		event_active(scheduler->again_event, EV_TIMEOUT, 0);
	else
		scheduler_set_alarm(scheduler, ahead.us > walltime_now().us ? ahead : next);
}
