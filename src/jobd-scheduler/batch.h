/*
 * Batches of jobs in Faktory's sense: they have callbacks that are pushed when every job has run
 * once (complete) and when every job is done (success).  Turns jobs' ends into changes of the
 * store; never talks to a client.
 *
 * The complete callback comes first; the success callback is pushed when the complete one was
 * acknowledged, and a batch within another one has succeeded before the outer one does.
 */
#ifndef SCHEDULER_BATCH_H
#define SCHEDULER_BATCH_H

#include "queue.h"

#define BATCH_BID_MAX 64

/* The state of a callback; the numbers are stored, and told to clients as "", "1" and "2". */
enum batch_callback {
	BATCH_WAITING = 0,
	BATCH_PUSHED = 1,
	BATCH_DONE = 2, /* acknowledged, or there is none to be pushed */
};

/*
 * BATCH NEW: `batch` holds parent, description, complete and success; bid is set to a new one in
 * the batch's own memory.  QUEUE_REFUSED with `why` (QUEUE_WHY_MAX bytes): no such parent.
 */
enum queue_answer batch_new(struct queue *, struct batch *, char *why);
/* BATCH OPEN: more jobs may be pushed; QUEUE_REFUSED when it has succeeded. */
enum queue_answer batch_open(struct queue *, const char *bid, char *why);
/* BATCH COMMIT: callbacks may be pushed from now on. */
enum queue_answer batch_commit(struct queue *, const char *bid, char *why);

#endif
