/* When what was committed without waiting is brought to disk, and who waits to hear of it. */
#include <string.h>

#include "scheduler_private.h"
#include "server.h"

void
scheduler_on_sync(evutil_socket_t fd, short what, void *arg)
{
	struct scheduler *scheduler = arg;

	(void)fd;
	(void)what;
	scheduler->syncs = true;
	scheduler_work(scheduler);
}

/* The timer runs only while something is owed, and from the first claim on. */
void
scheduler_sync_later(struct scheduler *scheduler)
{
	const struct timeval late = { 0, DURABILITY_LATE_MS * 1000 };

	if (!scheduler->store->durability.owes)
		event_del(scheduler->sync_event);
	else if (!event_pending(scheduler->sync_event, EV_TIMEOUT, NULL))
		event_add(scheduler->sync_event, &late);
}

bool
scheduler_holds(const struct scheduler *scheduler)
{
	return scheduler->store != NULL && scheduler->store->durability.holds;
}

bool
scheduler_release(struct scheduler *scheduler)
{
	bool stands = !scheduler_holds(scheduler) ||
		      scheduler->store->ops->sync(scheduler->store) == STORE_OK;

	server_synced(scheduler->server, stands);
	return stands;
}

void
scheduler_bring_to_disk(struct scheduler *scheduler)
{
	char error[STORE_ERROR_MAX];

	if (scheduler_release(scheduler))
		return;
	strlcpy(error, scheduler->store->error, sizeof(error));
	scheduler_enter_trouble(scheduler, error);
}
