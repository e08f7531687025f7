#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/notify.h"
#include "alert.h"
#include "history.h"
#include "meter.h"
#include "notify.h"
#include "program_states.h"
#include "scheduler_private.h"
#include "server.h"
#include "snapshot.h"
#include "watch.h"

/* Between two questions for the configuration, when jobd does not answer. */
#define CONFIG_AGAIN_MS 2000
/* Looks for more requests in one turn. */
#define COLLECT_MAX 8
/* Turns with ends that share a sync. */
#define GATHER_MAX 8

static void on_config(evutil_socket_t, short what, void *scheduler);
static void on_signal(evutil_socket_t, short what, void *scheduler);
static void turn_end(struct scheduler *);

/* One turn. */

bool
scheduler_failed(struct scheduler *scheduler, enum store_result result)
{
	if (result == STORE_FAILED)
		scheduler->failed = true;
	return scheduler->failed;
}

void
scheduler_touch(struct scheduler *scheduler)
{
	if (scheduler->touched)
		return;
	scheduler->touched = true;
	scheduler->queue.now = walltime_now();
}

void
scheduler_work(struct scheduler *scheduler)
{
	scheduler_touch(scheduler);
	scheduler->works = true;
}

static enum store_result
hand_out(struct scheduler *scheduler)
{
	if (notifier_push(scheduler->notifier) == STORE_FAILED)
		return STORE_FAILED;
	if (!scheduler->queue.has_ready)
		return STORE_OK;
	scheduler->queue.has_ready = false;
	return server_dispatch(scheduler->server);
}

/* What happens when jobs are handed out may be something to tell, and makes jobs itself. */
static enum store_result
hand_out_and_tell(struct scheduler *scheduler)
{
	enum store_result result = hand_out(scheduler);

	if (result == STORE_OK)
		result = alerts_advance(scheduler->alerts);
	if (result == STORE_OK)
		result = hand_out(scheduler);
	return result == STORE_OK ? hand_out(scheduler) : result;
}

static enum store_result
check_clock(struct scheduler *scheduler)
{
	enum store_result result = queue_check_clock(&scheduler->queue);

	return result == STORE_OK ? calendar_check_clock(scheduler->calendar) : result;
}

static enum store_result
advance(struct scheduler *scheduler)
{
	enum store_result result = STORE_OK;

	if (scheduler->clock_changed)
		result = check_clock(scheduler);
	scheduler->clock_changed = false;
	if (result == STORE_OK)
		result = calendar_advance(scheduler->calendar);
	if (result == STORE_OK)
		result = queue_due(&scheduler->queue);
	if (result == STORE_OK)
		result = hold_give_back(&scheduler->server->hold, &scheduler->queue);
	if (result == STORE_OK)
		result = server_release(scheduler->server);
	if (result == STORE_OK && tasks_step(scheduler->server, TASK_IN_TURN))
		event_active(scheduler->again_event, EV_TIMEOUT, 0);
	if (scheduler->failed)
		result = STORE_FAILED;
	return result == STORE_OK ? hand_out_and_tell(scheduler) : result;
}

/* Everything that the turn still has to do, up to its commit. */
static void
finish_work(struct scheduler *scheduler)
{
	struct store *store = scheduler->store;
	struct walltime next;

	if (scheduler->failed || !scheduler->works || !scheduler_may_write(scheduler))
		return;
	if ((scheduler->syncs && store->ops->sync(store) != STORE_OK) ||
	    advance(scheduler) != STORE_OK || scheduler_find_next(scheduler, &next) != STORE_OK ||
	    audit_flush(&scheduler->audit, store) != STORE_OK ||
	    (scheduler->settles && (store->ops->settle(store) != STORE_OK ||
				       figures_flush(&scheduler->figures, store) != STORE_OK)) ||
	    store->ops->check(store) != STORE_OK || store->ops->commit(store) != STORE_OK)
		scheduler->failed = true;
	else {
		scheduler_wait_for(scheduler, next);
		scheduler_settle_later(scheduler);
		scheduler_sync_later(scheduler);
	}
}

static void
turn_end(struct scheduler *scheduler)
{
	char error[STORE_ERROR_MAX] = "";

	finish_work(scheduler);
	if (tasks_step(scheduler->server, TASK_AFTER_TURN))
		event_active(scheduler->again_event, EV_TIMEOUT, 0);
	if (scheduler->failed) {
		strlcpy(error, scheduler->store->error, sizeof(error));
		scheduler->store->ops->rollback(scheduler->store);
		audit_forget(&scheduler->audit);
		scheduler_set_alarm(scheduler, (struct walltime){ 0 });
	}
	if (scheduler->failed || !scheduler_holds(scheduler))
		scheduler_bring_to_disk(scheduler);
	queue_settle(&scheduler->queue, !scheduler->failed);
	alerts_settle(scheduler->alerts, !scheduler->failed);
	notifier_settle(scheduler->notifier, !scheduler->failed);
	meter_settle(scheduler->meter, !scheduler->failed);
	server_turn_end(scheduler->server, scheduler->failed ? error : NULL);
	history_turn_end(scheduler->history, !scheduler->failed && scheduler_may_write(scheduler));
	if (!scheduler_holds(scheduler))
		server_tell_events(scheduler->server);
	queue_turn_end(&scheduler->queue);
	scheduler->touched = scheduler->works = scheduler->settles = scheduler->syncs = false;
	if (scheduler->failed) {
		scheduler->failed = false;
		scheduler_enter_trouble(scheduler, error);
	}
}

/* Configuration. */

/* Takes over what jobd last accepted; what it does not answer is asked for again. */
static void
reload(struct scheduler *scheduler)
{
	const struct timeval again = { CONFIG_AGAIN_MS / 1000, 0 };
	struct conf *old = scheduler->conf, *conf;
	char error[CONF_ERROR_MAX];

	if ((conf = snapshot_fetch(scheduler->run_dir, error, sizeof(error))) == NULL) {
		log_warnx("can't get the configuration anew: %s", error);
		event_add(scheduler->config_event, &again);
		return;
	}
	scheduler->conf = conf;
	scheduler->queue.conf = conf;
	server_configure(scheduler->server);
	if (scheduler_may_write(scheduler))
		scheduler_recover(scheduler);
	else /* the database is not there: forget the schedules of the old configuration */
		calendar_forget(scheduler->calendar);
	conf_free(old);
	log_info("the configuration has %zu jobs", conf->job_count);
}

static void
on_config(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	reload(arg);
}

static void
on_signal(evutil_socket_t signum, short what, void *arg)
{
	struct scheduler *scheduler = arg;

	(void)what;
	if (signum == SIGHUP)
		event_active(scheduler->config_event, EV_TIMEOUT, 0);
	else
		scheduler->quit = true;
}

static void
on_order(void *arg, const struct job *job)
{
	const struct scheduler *scheduler = arg;

	server_order(scheduler->server, job);
}

/* Start and end. */

static struct event *
new_event(struct event_base *base, evutil_socket_t fd, short what, event_callback_fn fn, void *arg,
    bool add)
{
	struct event *event = event_new(base, fd, what, fn, arg);

	if (event == NULL || (add && event_add(event, NULL) == -1))
		fatalx("can't make an event");
	return event;
}

static void
make_events(struct scheduler *scheduler)
{
	struct event_base *base = scheduler->base;

	if (alarm_open(&scheduler->alarm, base, scheduler_on_alarm, scheduler) == -1)
		fatal("can't make a timer");
	scheduler->again_event = new_event(base, -1, 0, scheduler_on_again, scheduler, false);
	scheduler->trouble_event = new_event(base, -1, 0, scheduler_on_trouble, scheduler, false);
	scheduler->config_event = new_event(base, -1, 0, on_config, scheduler, false);
	scheduler->settle_event = new_event(base, -1, 0, scheduler_on_settle, scheduler, false);
	scheduler->sync_event = new_event(base, -1, 0, scheduler_on_sync, scheduler, false);
}

void
scheduler_open(struct scheduler *scheduler, struct conf *conf, struct store *store,
    const struct listen_socket *sockets, size_t count)
{
	if ((scheduler->base = event_base_new()) == NULL)
		fatalx("can't make an event loop");
	make_events(scheduler);
	scheduler->started_at = monotime_now();
	scheduler->trouble_delay_ms = SCHEDULER_TROUBLE_MIN_MS;
	scheduler->lock_fd = -1;
	scheduler->queue.order = on_order;
	scheduler->queue.order_arg = scheduler;
	scheduler->queue.store = scheduler->store = store;
	scheduler->queue.conf = scheduler->conf = conf;
	scheduler->queue.watcher = &watch_queue;
	scheduler->queue.watcher_arg = scheduler;
	scheduler->alerts = alerts_new(scheduler);
	scheduler->notifier = notifier_new(scheduler);
	scheduler->programs = program_states_new();
	scheduler->meter = meter_new();
	scheduler->calendar = calendar_new(&scheduler->queue);
	scheduler->server = server_new(scheduler, sockets, count);
	if (scheduler->calendar == NULL || scheduler->server == NULL || scheduler->alerts == NULL ||
	    scheduler->notifier == NULL || scheduler->programs == NULL || scheduler->meter == NULL)
		fatal("can't serve the queue socket");
	scheduler_recover(scheduler);
}

/* The last ones; where that fails they are lost. */
static void
write_figures(struct scheduler *scheduler)
{
	struct store *store = scheduler->store;

	if (store != NULL && scheduler_may_write(scheduler) && figures_owe(&scheduler->figures) &&
	    (figures_flush(&scheduler->figures, store) != STORE_OK ||
		store->ops->commit(store) != STORE_OK))
		store->ops->rollback(store);
	figures_clear(&scheduler->figures);
}

void
scheduler_close(struct scheduler *scheduler)
{
	struct event *events[] = { scheduler->again_event, scheduler->trouble_event,
		scheduler->config_event, scheduler->settle_event, scheduler->sync_event };

	server_free(scheduler->server);
	calendar_free(scheduler->calendar);
	alerts_free(scheduler->alerts);
	notifier_free(scheduler->notifier);
	program_states_free(scheduler->programs);
	meter_free(scheduler->meter);
	queue_clear(&scheduler->queue);
	write_figures(scheduler);
	scheduler_close_store(scheduler);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		event_free(events[i]);
	alarm_close(&scheduler->alarm);
	conf_free(scheduler->conf);
	event_base_free(scheduler->base);
}

/*
 * Waits for something to do and begins a turn with it.  Who was answered by the turn before is
 * about to ask again: as long as requests come at once they are taken into the same transaction.
 */
static void
collect(struct scheduler *scheduler, int flags)
{
	const struct server *server = scheduler->server;
	uint64_t before;

	for (int i = 0; i < COLLECT_MAX; i++) {
		before = server->command_count;
		if (event_base_loop(scheduler->base, flags) == -1)
			fatalx("the event loop failed");
		if (!scheduler->works || scheduler->failed || server->command_count == before)
			return;
		flags = EVLOOP_ONCE | EVLOOP_NONBLOCK;
	}
}

/* Who claimed in a turn with ends or pushes has been answered before the sync that those wait for
 * (durability.h).  What he and others send meanwhile, the next end or further pushes, shares it. */
void
scheduler_turn(struct scheduler *scheduler, bool wait)
{
	collect(scheduler, wait ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
	if (scheduler->touched)
		turn_end(scheduler);
	for (int i = 0; i < GATHER_MAX && scheduler_holds(scheduler); i++) {
		collect(scheduler, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		if (!scheduler->touched)
			break;
		turn_end(scheduler);
	}
	if (!scheduler_holds(scheduler))
		return;
	scheduler_bring_to_disk(scheduler);
	server_tell_events(scheduler->server);
}

int
scheduler_run(const char *run_dir, const struct listen_socket *sockets, size_t count)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	static struct scheduler scheduler;
	struct event *signals[3];
	char error[CONF_ERROR_MAX];
	struct conf *conf;

	scheduler.run_dir = run_dir;
	if ((conf = snapshot_fetch(run_dir, error, sizeof(error))) == NULL)
		fatalx("can't get the configuration: %s", error);
	scheduler_open(&scheduler, conf, NULL, sockets, count);
	for (size_t i = 0; i < 3; i++)
		signals[i] = new_event(scheduler.base, numbers[i], EV_SIGNAL | EV_PERSIST,
		    on_signal, &scheduler, true);
	scheduler.history = history_new(&scheduler);
	notify_send("READY=1");
	while (!scheduler.quit)
		scheduler_turn(&scheduler, true);
	server_drain(scheduler.server);
	for (size_t i = 0; i < 3; i++)
		event_free(signals[i]);
	history_free(scheduler.history);
	scheduler_close(&scheduler);
	return 0;
}
