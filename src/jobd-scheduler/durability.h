/*
 * Which commits wait for the disk.  Pure, and the same for every store.
 *
 * What is told as done must be on disk.  That a job is handed out is told to nobody as done: a
 * transaction in which jobs were claimed and nothing else was changed need not wait.  It outlives
 * the process, and a power loss may forget it: then the job is ready again, as if its worker had
 * died before it began.  The next commit that waits, or a sync within DURABILITY_LATE_MS, brings
 * it to disk too, so that a job which takes the machine down is counted.
 *
 * The end of a job is told after a sync, but that need not be its commit's: where ends and claims
 * come together, who claimed is answered at once, and who reported an end after a sync of all that
 * came meanwhile.  An end makes no job ready, so what is claimed is on disk.
 *
 * So is a push where workers wait for it: they begin while the disk works, and who pushed is
 * answered after the sync.  A power loss within that one sync takes the job along, of which nobody
 * was told that it is there; who pushes it again has it done again, as after any lost answer.  A
 * push beside an end waits, for it may follow from the end, and so does everything else.
 */
#ifndef SCHEDULER_DURABILITY_H
#define SCHEDULER_DURABILITY_H

#include <stdbool.h>

/* The longest time that a claim may be forgotten by a power loss. */
#define DURABILITY_LATE_MS 50

struct durability {
	bool claims, ends, pushes, changes; /* what the transaction has */
	bool owes;  /* something was committed that is not known to be on disk */
	bool holds; /* ends or pushes are among it: nobody may hear of them before a sync */
};

/* Before each change of the store. */
void durability_claim(struct durability *);
void durability_end(struct durability *);
void durability_push(struct durability *);
void durability_change(struct durability *);
/* The commit of this transaction must wait for the disk. */
bool durability_waits(const struct durability *);

/* It was committed as durability_waits() says; or forgotten. */
void durability_commit(struct durability *);
void durability_rollback(struct durability *);
/* All that was committed is on disk. */
void durability_sync(struct durability *);

#endif
