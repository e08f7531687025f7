/*
 * The scheduler: its loop, in which one turn is one transaction; the timer for whatever is due
 * next; and what it does when the database can't be used: it refuses, says so, and tries again.
 */
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include <event2/event.h>

#include "alarm.h"
#include "audit.h"
#include "calendar.h"
#include "figures.h"
#include "listener.h"
#include "queue.h"

struct server;
struct history;
struct alerts;
struct notifier;
struct program_states;
struct meter;

struct scheduler {
	struct event_base *base;
	const char *run_dir;
	struct conf *conf;
	struct store *store; /* NULL while it can't be opened */
	int lock_fd;         /* while it is open; -1 */
	struct queue queue;
	struct calendar *calendar;
	struct server *server;
	struct history *history;
	struct alerts *alerts;
	struct notifier *notifier;
	struct program_states *programs;
	struct meter *meter;
	struct audit audit;
	struct figures figures;
	struct monotime started_at;
	char trouble[STORE_ERROR_MAX]; /* why nothing can be changed now; "" if it can */
	/* This turn. */
	bool touched; /* it must be ended: replies are held */
	bool works;   /* the store has to do with it */
	bool failed;  /* the store failed: nothing of it stands */
	bool clock_changed;
	bool settles; /* what the store owes is written with it */
	bool syncs;   /* claims that were committed without it are brought to disk */
	/* Timers. */
	struct alarm alarm;      /* for what is due next; for a tick, a moment ahead of it */
	struct walltime tick_at; /* if what is due next is one */
	struct event *again_event, *trouble_event, *config_event, *settle_event, *sync_event;
	int64_t trouble_delay_ms;
	bool quit;
};

/* Runs until SIGTERM; returns the exit code. */
int scheduler_run(const char *run_dir, const struct listen_socket *, size_t count);

/* Its parts, for tests.  Takes over the configuration and the store; without one it opens the
 * database.  What can't be made is fatal. */
void scheduler_open(
    struct scheduler *, struct conf *, struct store *, const struct listen_socket *, size_t count);
void scheduler_close(struct scheduler *);
/* One turn; without `wait` only with what is there. */
void scheduler_turn(struct scheduler *, bool wait);

/* This turn has something that must be ended with it; with _work, something for the store. */
void scheduler_touch(struct scheduler *);
void scheduler_work(struct scheduler *);
/* For every result of the store: true if it failed, and then the turn is lost. */
bool scheduler_failed(struct scheduler *, enum store_result);
bool scheduler_may_read(const struct scheduler *);
bool scheduler_may_write(const struct scheduler *);

#endif
