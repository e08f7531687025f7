/*
 * What is due at a certain time is decided and written to disk a moment before it, so that the job
 * starts at its time and not when the disk is done.  What was handed out meanwhile is held here
 * until the time has come.  A worker that leaves before has not got its jobs: they are given to
 * others.
 */
#ifndef SCHEDULER_HOLD_H
#define SCHEDULER_HOLD_H

#include <sys/queue.h>

#include <stdbool.h>

#include "alarm.h"
#include "base/clock.h"
#include "queue.h"

/* So long before; longer than a usual disk needs for one transaction. */
#define HOLD_AHEAD_MS 20

struct peer;
struct held_job;
TAILQ_HEAD(held_list, held_job);

struct hold {
	bool on;
	struct alarm alarm;
	struct walltime until;
	struct held_list jobs;      /* whose answers are held */
	struct held_list lost;      /* whose workers left before they got them */
	void (*release)(void *arg); /* what is held may go */
	void *arg;
};

/* 0, or -1 with errno. */
int hold_open(struct hold *, struct event_base *, void (*release)(void *arg), void *arg);
void hold_close(struct hold *);
/* From now on, until then. */
void hold_begin(struct hold *, struct walltime until);
/* Was the job made ahead of its time, and is that still to come? */
bool hold_is_for(const struct hold *, const struct job *);
/* It is handed out to this client. */
void hold_job(struct hold *, const struct peer *, const char *jid);
/* The turn in which they were handed out was lost. */
void hold_undo(struct hold *, const struct peer *);
/* The client is gone; true if jobs are to be given back. */
bool hold_lose(struct hold *, const struct peer *);
/* As a part of a turn: gives them back. */
enum store_result hold_give_back(struct hold *, struct queue *);

#endif
