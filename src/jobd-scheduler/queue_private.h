/*
 * What the files of the queue share.  Nobody else includes this.
 */
#ifndef SCHEDULER_QUEUE_PRIVATE_H
#define SCHEDULER_QUEUE_PRIVATE_H

#include <sys/tree.h>

#include "queue.h"

#define STATE_BIT(state) (1u << (state))
/* How the runner says that a job's only_if found nothing to do. */
#define REASON_SKIPPED "skipped"
#define REASON_ONLY_IF "only_if"

/* What is kept of a queue beside its jobs; only those that have something. */
struct queue_slot {
	RB_ENTRY(queue_slot) entry;
	struct queue_record record; /* of the store: paused, limits, rate_at */
	int64_t credit;             /* see pick.h */
};
RB_HEAD(queue_slots, queue_slot);

/* NULL if nothing is kept of it; with `make` only without memory. */
struct queue_slot *queue_slot(struct queue *, const char *name, bool make);
enum store_result queue_slot_save(struct queue *, struct queue_slot *);

/* Jobs that a list found, by their jids: each is read anew before it is changed. */
struct queue_found {
	char **jids;
	size_t count, size;
	int64_t last; /* seq of the last one */
	bool failed;  /* no memory */
};

/* A store_job_fn. */
bool queue_find(void *found, const struct job *);
void queue_found_clear(struct queue_found *);

enum store_result queue_no_memory(struct queue *);
enum queue_answer queue_answer_of(enum store_result);
/* Remembers for this turn that the job came to an end; -1 without memory. */
int queue_note_finished(struct queue *, const char *jid);

/* Events of a turn. */
void queue_event(struct queue *, const struct job *, const char *from);
/* Jobs are deleted, which is no event of theirs. */
void queue_gone(struct queue *);
void queue_events_free(struct queue *);

/* Moves the job and saves it, with an event.  STORE_NONE if the move is not legal. */
enum store_result queue_move(struct queue *, struct job *, enum job_event);
/* Stores a new job as it is, with an event and its part in a batch and a parent. */
enum store_result queue_add(struct queue *, struct job *);
/* Makes it runnable by this event, or blocks it if its gate is full; saves it. */
enum store_result queue_make_runnable(struct queue *, struct job *, enum job_event);
/* Saves a job that a move has brought to its end, out of the running ones or to be tried again, and
 * does what follows from it for other jobs. */
enum store_result queue_save_ended(struct queue *, struct job *, enum job_state from);
/* Ends a job that is not running as cancelled, with the reason. */
enum store_result queue_cancel_job(struct queue *, struct job *, const char *reason);
/* Forgets one, in whatever state but running. */
enum store_result queue_delete_job(struct queue *, struct job *);
/* Forgets those of the filter, with what that means for others. */
enum store_result queue_forget(struct queue *, const struct job_filter *);
/* Forgets finished jobs that are too old, some at a time. */
enum store_result queue_sweep(struct queue *);
/* Its time is over without that it has begun. */
bool queue_has_expired(const struct queue *, const struct job *);
/* The clock was set back: no worker has its jobs until the old time comes again. */
enum store_result queue_move_leases(struct queue *);
/* A worker's time for the job is over. */
enum store_result queue_expired(struct queue *, struct job *);
/* Tells the worker of a running job to end it. */
enum store_result queue_order_end(struct queue *, struct job *, const char *why);

/* A job of any type with a new jid, with what its section says if it has one. */
int queue_make_named(const struct queue *, const char *type, const char *args, struct job *);
/* As queue_push, for a job that was made so. */
enum queue_answer queue_push_made(struct queue *, struct job *, char *why);

/* Attempts: queue_attempt.c.  Its record, if it says more than the job itself. */
enum store_result queue_end_attempt(struct queue *, struct job *, struct attempt *);
/* One of which nobody reported the end. */
enum store_result queue_end_unreported(
    struct queue *, struct job *, const char *reason, const char *error);
/* Into the statistics. */
enum store_result queue_count_end(struct queue *, const struct job *, bool success);

/* Ends of running jobs: queue_end.c */
struct failure;
/* Its worker was told to end it, and that is what happened. */
enum store_result queue_end_as_ordered(struct queue *, struct job *);
/* After a failure: later, or never again.  `report` is NULL if there is none. */
enum store_result queue_decide_retry(
    struct queue *, struct job *, struct failure *, const struct report *);
enum store_result queue_bury_running(struct queue *, struct job *, struct failure *);
/* A worker that was given up must not end what another one has begun. */
bool queue_is_theirs(const struct job *, const char *worker, bool builtin);

/* Jobs in queues of an older configuration: queue_home.c */
bool queue_is_away(const struct queue *, const struct job *);
/* False: nobody would ask for it there.  The name may be NULL. */
bool queue_may_go_to(const struct queue *, const struct job *, const char *name);
/* Gives it the queue of its type if it is away; 0, or -1 without memory. */
int queue_bring_home(const struct queue *, struct job *);
/* The same for those that are ready, some at a time; clears queue->is_away after the last one. */
enum store_result queue_come_home(struct queue *);

/* Gates: queue_gate.c */
int queue_gate_set(struct queue *, struct job *);
/* How many of the gate may run. */
int64_t queue_gate_limit(struct queue *, const struct job *);
enum store_result queue_gate_full(struct queue *, const struct job *, bool *full);
/* Lets those that wait for the gate run as far as it has room. */
enum store_result queue_gate_free(struct queue *, const char *gate);

/* Links between jobs: queue_link.c */
/* Before a new job is stored: QUEUE_REFUSED with `why`.  Sets its state if it must wait. */
enum queue_answer queue_link_check(struct queue *, struct job *, char *why);
/* After it was stored. */
enum store_result queue_link_add(struct queue *, struct job *);
/* It came to an end, or is about to be deleted. */
enum store_result queue_link_ended(struct queue *, struct job *);

/* Unique keys: unique.c */
/* STORE_EXISTS if there is one with its jid: nothing is to make room for a job that is refused. */
enum store_result queue_check_new(struct queue *, const struct job *);
enum queue_answer queue_unique_check(struct queue *, struct job *, bool *kept);
enum store_result queue_unique_take(struct queue *, struct job *);
/* It had ended and is tried again: QUEUE_NOT_UNIQUE if another one has the key by now. */
enum queue_answer queue_unique_retake(struct queue *, struct job *);
enum store_result queue_unique_release(struct queue *, struct job *);

/* Batches: batch.c */
enum queue_answer batch_check(struct queue *, const struct job *, char *why);
enum store_result batch_add(struct queue *, const struct job *);
/* It was cancelled and is tried again. */
enum store_result batch_rejoin(struct queue *, const struct job *);
/* Its attempt ended badly; sets its mark. */
enum store_result batch_failed(struct queue *, struct job *);
/* It came to an end: done, dead or out of the batch. */
enum store_result batch_ended(struct queue *, const struct job *, bool done);
/* Forgets those that are over, and those that can't come to an end, some at a time. */
enum store_result batch_sweep(struct queue *);

#endif
