/*
 * What the files of the queue share.  Nobody else includes this.
 */
#ifndef SCHEDULER_QUEUE_PRIVATE_H
#define SCHEDULER_QUEUE_PRIVATE_H

#include "queue.h"

#define STATE_BIT(state) (1u << (state))
/* Those of which no second one may run beside, unless overlap = parallel. */
#define ACTIVE_STATES (STATE_BIT(JOB_READY) | STATE_BIT(JOB_RUNNING))

/* Jobs that a list found, by their jids: each is read anew before it is changed. */
struct queue_found {
	char *jids[64];
	size_t count;
	bool failed; /* no memory */
};

/* A store_job_fn that stops when the place is full. */
bool queue_find(void *found, const struct job *);
void queue_found_clear(struct queue_found *);

enum store_result queue_no_memory(struct queue *);
enum queue_answer queue_answer_of(enum store_result);
/* Remembers for this turn that the job came to an end; -1 without memory. */
int queue_note_finished(struct queue *, const char *jid);
/* Saves a job that has left the ready and running ones, and lets the next of its type run. */
enum store_result queue_save_ended(struct queue *, struct job *);
/* A worker's time for the job is over. */
enum store_result queue_expired(struct queue *, struct job *);

#endif
