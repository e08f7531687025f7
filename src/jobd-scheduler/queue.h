/*
 * What happens to jobs: pushed, taken, reported, cancelled, tried again, forgotten.  Turns the pure
 * rules (job, retry, tick) into changes of the store.  Never reads a clock, never talks to a
 * client.
 *
 * After STORE_FAILED the whole turn is lost: its owner rolls back and refuses what it was asked.
 */
#ifndef SCHEDULER_QUEUE_H
#define SCHEDULER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "store.h"
#include "tick.h"

struct queue {
	struct store *store;
	const struct conf *conf;
	struct walltime now; /* of this turn */
	/* A running job is to be ended by its worker; job->order says why. */
	void (*order)(void *arg, const struct job *);
	void *order_arg;
	bool has_ready;  /* a job has become ready in this turn */
	char **finished; /* jids that came to an end in this turn; queue_turn_end() forgets them */
	size_t finished_count;
	char **paused; /* queues that hand out nothing */
	size_t paused_count;
};

/* What a worker says about a job. */
struct report {
	const char *jid, *worker; /* worker "" if it never said who it is */
	bool builtin;             /* it is jobd-runner */
	bool success;
	struct attempt attempt; /* reason, code, signal, duration, output */
	const char *errtype, *message;
	const char *const *backtrace;
	size_t backtrace_count;
};

enum queue_answer {
	QUEUE_OK,
	QUEUE_NO_JOB,  /* there is no such job */
	QUEUE_REFUSED, /* its state does not allow it */
	QUEUE_FAILED,  /* STORE_FAILED */
};

/* Reads what is kept in memory from the store; after opening it, and after a turn that was lost. */
enum store_result queue_load(struct queue *);
void queue_clear(struct queue *);
/* Forgets what belongs to one turn. */
void queue_turn_end(struct queue *);

/* The job's type in the configuration, or NULL. */
const struct conf_job *queue_type(const struct queue *, const struct job *);
/* An initialized job of this type, with a new jid.  0, or -1 without memory. */
int queue_make_job(const struct queue *, const struct conf_job *, const char *args, struct job *);
/* What the type's overlap rule says about one more run. */
enum store_result queue_overlap(
    struct queue *, const struct conf_job *type, enum tick_action *action);
/* Stores a new job that is to run at once, by the action (no TICK_SKIP_...). */
enum store_result queue_start(struct queue *, struct job *, enum tick_action);
/* Stores a job as a client pushed it: nothing is skipped, it waits if it must not run yet. */
enum store_result queue_push(struct queue *, struct job *);

/* The next job of the queues, in their order; it is running then.  STORE_NONE if there is none. */
enum store_result queue_take(struct queue *, const char *worker, bool builtin,
    const char *const *queues, size_t count, struct job *);
/* QUEUE_REFUSED: it does not run, or somebody else runs it by now. */
enum queue_answer queue_report(struct queue *, struct report *);
/* The worker is known to be dead. */
enum store_result queue_crashed(struct queue *, struct job *);
/* The worker never got it. */
enum store_result queue_give_back(struct queue *, struct job *);

enum queue_answer queue_cancel(struct queue *, const char *jid);
enum queue_answer queue_retry(struct queue *, const char *jid);
/* Everything whose time has come. */
enum store_result queue_due(struct queue *);
/* Lets the next blocked job of the type run if none of it does; all of them if they may overlap. */
enum store_result queue_unblock(struct queue *, const char *type);

enum store_result queue_pause(struct queue *, const char *name, bool paused);
bool queue_is_paused(const struct queue *, const char *name);

#endif
