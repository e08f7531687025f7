/*
 * Which commits wait for the disk.  Pure, and the same for every store.
 *
 * What is told as done must be on disk.  That a job is handed out is told to nobody as done: a
 * transaction in which jobs were claimed and nothing else was changed need not wait.  It outlives
 * the process, and a power loss may forget it: then the job is ready again, as if its worker had
 * died before it began.  The next commit that waits, or a sync within DURABILITY_LATE_MS, brings
 * it to disk too, so that a job which takes the machine down is counted.
 */
#ifndef SCHEDULER_DURABILITY_H
#define SCHEDULER_DURABILITY_H

#include <stdbool.h>

/* The longest time that a claim may be forgotten by a power loss. */
#define DURABILITY_LATE_MS 50

struct durability {
	bool claims, changes; /* what the transaction has */
	bool owes;            /* claims were committed that are not known to be on disk */
};

/* Before each change of the store. */
void durability_claim(struct durability *);
void durability_change(struct durability *);
/* The commit of this transaction must wait for the disk. */
bool durability_waits(const struct durability *);

/* It was committed as durability_waits() says; or forgotten. */
void durability_commit(struct durability *);
void durability_rollback(struct durability *);
/* All that was committed is on disk. */
void durability_sync(struct durability *);

#endif
