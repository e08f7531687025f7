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

/* Room for why something was refused. */
#define QUEUE_WHY_MAX 400
/* What is told when the names_fit() of the store refuses some. */
#define QUEUE_NAMES_FULL "there are too many different names of types, queues and tags"
/* Events that are remembered. */
#define QUEUE_EVENTS 1024
/* The most that one call changes of many jobs. */
#define QUEUE_BULK_MAX 1000

struct queue_slots;
struct queue_events;

/* One change of a state: of a job, or of something else that is named. */
struct queue_event {
	int64_t seq; /* from 1 */
	struct walltime at;
	const char *kind;                               /* "job", "breaker", ... */
	const char *jid, *type, *queue, *name, *reason; /* valid until the next turn; "" is none */
	const char *tags;      /* of the job: a JSON array, or ""; NULL is "" for queue_tell() */
	const char *from, *to; /* words of states; from is "" for a new one */
};

/* Somebody who is told of what happens, within the turn, and who may be told of it in vain. */
struct queue_watcher {
	void (*moved)(void *arg, const struct job *, const char *from); /* from "": a new job */
	void (*told)(void *arg, const struct queue_event *);            /* not of a job */
	void (*gone)(void *arg); /* jobs were deleted, of which no event tells */
	void (*ended)(void *arg, const struct job *, bool success, int64_t run_ms, int64_t wait_ms);
	void (*ticked)(void *arg, const char *type, const struct tick_record *);
};

struct queue {
	struct store *store;
	const struct conf *conf;
	struct walltime now; /* of this turn */
	/* A running job is to be ended by its worker; job->order says why: "killed" means at once.
	 */
	void (*order)(void *arg, const struct job *);
	void *order_arg;
	const struct queue_watcher *watcher; /* NULL: nobody */
	void *watcher_arg;
	bool is_away;    /* the configuration is new: jobs may lie in queues of an older one */
	bool has_ready;  /* a job has become ready in this turn, or one that waited may run now */
	char **finished; /* jids that came to an end in this turn; queue_turn_end() forgets them */
	size_t finished_count;
	struct queue_slots *slots;
	struct walltime
	    rate_wake; /* a waiting worker may get a job then: a rate has a token again */
	struct queue_events *events;
	int64_t swept; /* seq up to which finished jobs were looked at for their age */
	struct walltime swept_at;
	struct walltime batches_swept_at;
};

/* What a worker says about a job.  All of it is borrowed. */
struct report {
	const char *jid, *worker; /* worker "" if it never said who it is */
	bool builtin;             /* it is jobd-runner */
	bool success;
	struct attempt attempt; /* reason, code, signal, duration, output */
	const char *errtype, *message;
	const char *const *backtrace;
	size_t backtrace_count;
	const char *result;     /* JSON to be kept with the job, or NULL */
	int64_t retry_after_ms; /* when it may be tried again at the earliest; -1 = not said */
	bool no_retry;          /* it must not be tried again */
};

enum queue_answer {
	QUEUE_OK,
	QUEUE_NO_JOB,     /* there is no such job */
	QUEUE_REFUSED,    /* its state does not allow it, or what `why` says */
	QUEUE_FAILED,     /* STORE_FAILED */
	QUEUE_NOT_UNIQUE, /* of queue_push(): another job holds its unique key */
};

/* Reads what is kept in memory from the store; after opening it, and after a turn that was lost. */
enum store_result queue_load(struct queue *);
/* The clock was set: no rate is held up because its time is ahead. */
enum store_result queue_check_clock(struct queue *);
void queue_clear(struct queue *);
/* The end of a turn: its events stand, or are undone. */
void queue_settle(struct queue *, bool committed);
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
/*
 * Stores a job as a client pushed it: nothing is skipped, it waits if it must not run yet.
 * QUEUE_OK also when a job like it is kept in its place (on_conflict = keep): the jid is set to
 * that one's, if it is still there, and the id stays 0.  QUEUE_REFUSED with
 * the reason in `why` (QUEUE_WHY_MAX bytes): the jid is in use, no such batch or parent.
 */
enum queue_answer queue_push(struct queue *, struct job *, char *why);

/*
 * The next job of the queues: in their order, or by weight if one of them has one; it is running
 * then.  STORE_NONE if there is none, or none that may run now: queue->has_ready is set when that
 * changes, and at queue_next_wake().
 */
enum store_result queue_take(struct queue *, const char *worker, bool builtin,
    const char *const *queues, size_t count, struct job *);
/* When queue_due() or a new try of those who wait has something to do; unset if never. */
enum store_result queue_next_wake(struct queue *, struct walltime *when);

/* QUEUE_REFUSED: it does not run, or somebody else runs it by now. */
enum queue_answer queue_report(struct queue *, struct report *);
/* Its worker gives it back: the attempt does not count, and it is ready again after the delay. */
enum queue_answer queue_return(
    struct queue *, const char *jid, const char *worker, int64_t delay_ms, const char *reason);
/* The worker is known to be dead. */
enum store_result queue_crashed(struct queue *, struct job *);
/* The same for all that it has, e.g. when its last connection closed and it asked for that. */
enum store_result queue_release(struct queue *, const char *worker);
/* The worker never got it. */
enum store_result queue_give_back(struct queue *, struct job *);
/* Its lease ends then, if that is later than what it has, and at most a day from now. */
enum queue_answer queue_extend(struct queue *, const char *jid, struct walltime until);
/* percent -1, desc NULL: as it is. */
enum queue_answer queue_progress(
    struct queue *, const char *jid, int64_t percent, const char *desc);

enum queue_answer queue_cancel(struct queue *, const char *jid);
/* As cancel, but a running one is ended at once. */
enum queue_answer queue_kill(struct queue *, const char *jid);
/* A dead or cancelled one is made ready again, one that waits for its time is promoted. */
enum queue_answer queue_retry(struct queue *, const char *jid);
/* One that is not running is put among the dead. */
enum queue_answer queue_bury(struct queue *, const char *jid);
enum queue_answer queue_delete(struct queue *, const char *jid);

struct job_change {
	int64_t priority;       /* 0 = as it is */
	struct walltime run_at; /* unset = as it is */
	const char *queue;      /* NULL = as it is */
};
/* Before it runs. */
enum queue_answer queue_change(struct queue *, const char *jid, const struct job_change *);

typedef enum queue_answer (*queue_wish_fn)(struct queue *, const char *jid);
/* True for a job that is to be left alone; a NULL one is for none. */
typedef bool (*queue_leave_fn)(const struct queue *, const struct job *);
/*
 * Does one of the above (queue_cancel, queue_kill, queue_retry, queue_bury, queue_delete) with the
 * jobs of the filter, oldest first and at most filter->limit or QUEUE_BULK_MAX of them; those whose
 * state does not allow it are passed over.  *last is the seq of the last one that was looked at,
 * for filter->after; *more: there may be more behind it.
 */
enum store_result queue_bulk(struct queue *, queue_wish_fn, const struct job_filter *,
    queue_leave_fn, int64_t *changed, int64_t *last, bool *more);
/* Deletes ready jobs of a queue behind *after (0 at first), which moves on; *more: there may be
 * more of them. */
enum store_result queue_clear_ready(
    struct queue *, const char *name, queue_leave_fn, int64_t *after, int64_t *removed, bool *more);
/* Forgets all jobs. */
enum store_result queue_flush(struct queue *);

/* Its attempts, oldest first; also the last one of a job that did well, which is not kept twice. */
enum store_result queue_attempts(struct queue *, const struct job *, store_attempt_fn, void *arg);

/* Everything whose time has come, up to a bounded number; queue_next_wake() is then not in the
 * future if there is more. */
enum store_result queue_due(struct queue *);
/* Lets jobs that wait for the type's gate run. */
enum store_result queue_unblock(struct queue *, const char *type);

/* What keeps a job from running: a word and a text for people. */
struct queue_because {
	const char *what; /* paused rate concurrency key overlap after parent backoff scheduled
			     behind ended */
	char text[QUEUE_WHY_MAX];
};
#define QUEUE_BECAUSE_MAX 8
/* Sets *count; nothing of it means that it only lacks a worker, or has ended. */
enum queue_answer queue_why(struct queue *, const char *jid, struct queue_because *becauses,
    size_t *count, struct job *job);

enum store_result queue_pause(struct queue *, const char *name, bool paused);
bool queue_is_paused(const struct queue *, const char *name);
/* What applies to the queue now; CONF_UNSET or 0 where there is no limit. */
struct queue_limits queue_limits_of(struct queue *, const char *name);
/* Each member that is not CONF_UNSET is set; QUEUE_LIMIT_RESET gives it back to the configuration.
 */
#define QUEUE_LIMIT_RESET (INT64_MIN + 1)
enum store_result queue_limit(struct queue *, const char *name, const struct queue_limits *);

/* Something else than a job has changed; kind, from and to are constants. */
void queue_tell(struct queue *, const struct queue_event *);
/* The events from number `since` on, oldest first, of committed turns. */
typedef bool (*queue_event_fn)(void *arg, const struct queue_event *);
void queue_events_list(const struct queue *, int64_t since, queue_event_fn, void *arg);
/* The number of the newest one of a committed turn, 0 if there is none. */
int64_t queue_events_last(const struct queue *);

#endif
