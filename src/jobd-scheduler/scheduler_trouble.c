/* A database that can't be used: nothing can be changed, and it is looked at again and again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/notify.h"
#include "alert.h"
#include "db_lock.h"
#include "notify.h"
#include "scheduler_private.h"

#define DATABASE "queue.db"
/* Between two looks; and how long each waits for its lock. */
#define TROUBLE_MAX_MS      10000
#define TROUBLE_PATIENCE_MS 100

bool
scheduler_may_write(const struct scheduler *scheduler)
{
	return scheduler->trouble[0] == '\0';
}

bool
scheduler_may_read(const struct scheduler *scheduler)
{
	return scheduler->store != NULL;
}

static void
tell_status(const struct scheduler *scheduler)
{
	char message[STORE_ERROR_MAX + 32];

	if (scheduler->trouble[0] != '\0')
		snprintf(message, sizeof(message), "STATUS=%s", scheduler->trouble);
	else
		snprintf(message, sizeof(message), "STATUS=%zu jobs", scheduler->conf->job_count);
	notify_send(message);
}

void
scheduler_close_store(struct scheduler *scheduler)
{
	if (scheduler->store != NULL)
		scheduler->store->ops->close(scheduler->store);
	scheduler->store = scheduler->queue.store = NULL;
	fd_clear(&scheduler->lock_fd);
}

void
scheduler_enter_trouble(struct scheduler *scheduler, const char *why)
{
	const struct timeval delay = { scheduler->trouble_delay_ms / 1000,
		scheduler->trouble_delay_ms % 1000 * 1000 };

	if (strcmp(scheduler->trouble, why) != 0) {
		log_errx("%s; requests are refused until it can be used", why);
		strlcpy(scheduler->trouble, why, sizeof(scheduler->trouble));
		tell_status(scheduler);
	}
	if (scheduler->store != NULL && scheduler->store->broken) {
		scheduler_release(scheduler);
		scheduler_close_store(scheduler);
	}
	event_add(scheduler->trouble_event, &delay);
	if ((scheduler->trouble_delay_ms *= 2) > TROUBLE_MAX_MS)
		scheduler->trouble_delay_ms = TROUBLE_MAX_MS;
}

static int
open_store(struct scheduler *scheduler, char *error)
{
	char path[4096];
	int lock_error;

	if (scheduler->store != NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/" DATABASE, scheduler->conf->state_dir);
	scheduler->lock_fd = db_lock(path, error, STORE_ERROR_MAX);
	lock_error = scheduler->lock_fd == -1 ? errno : 0;
	if (lock_error == EAGAIN)
		return -1;
	/* Where no lock's file can be made the database says better what is wrong. */
	scheduler->store = scheduler->queue.store =
	    store_sqlite_open(path, TROUBLE_PATIENCE_MS, error);
	if (scheduler->store != NULL && lock_error == 0)
		return 0;
	if (scheduler->store != NULL)
		snprintf(error, STORE_ERROR_MAX, "database %.200s can't be locked: %s", path,
		    strerror(lock_error));
	scheduler_close_store(scheduler);
	return -1;
}

/* Reads everything that is kept in memory, after a change that proves that changes are possible. */
static enum store_result
load_all(struct scheduler *scheduler)
{
	struct store *store = scheduler->store;
	enum store_result result;

	scheduler->queue.conf = scheduler->conf;
	scheduler->queue.now = walltime_now();
	if ((result = store->ops->check(store)) == STORE_OK &&
	    (result = store->ops->probe(store)) == STORE_OK &&
	    (result = queue_load(&scheduler->queue)) == STORE_OK &&
	    (result = calendar_load(scheduler->calendar)) == STORE_OK &&
	    (result = notifier_load(scheduler->notifier)) == STORE_OK &&
	    (result = alerts_load(scheduler->alerts)) == STORE_OK)
		result = store->ops->commit(store);
	return result;
}

void
scheduler_recover(struct scheduler *scheduler)
{
	char error[STORE_ERROR_MAX];
	bool was_in_trouble = scheduler->trouble[0] != '\0';

	if (open_store(scheduler, error) == -1) {
		scheduler_enter_trouble(scheduler, error);
		return;
	}
	scheduler->store->ops->patience(scheduler->store, TROUBLE_PATIENCE_MS);
	if (load_all(scheduler) != STORE_OK) {
		scheduler->store->ops->rollback(scheduler->store);
		strlcpy(error, scheduler->store->error, sizeof(error));
		scheduler_enter_trouble(scheduler, error);
		return;
	}
	scheduler->store->ops->patience(
	    scheduler->store, scheduler->conf->scheduler.database_timeout_ms);
	scheduler->trouble[0] = '\0';
	scheduler->trouble_delay_ms = SCHEDULER_TROUBLE_MIN_MS;
	if (was_in_trouble)
		log_info("the database can be used again");
	tell_status(scheduler);
	event_active(scheduler->settle_event, EV_TIMEOUT, 0);
	scheduler_work(scheduler);
}

void
scheduler_on_trouble(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	scheduler_recover(arg);
}
