/*
 * The record of who changed what, in the store and in the same transaction as the change.  What one
 * does again and again within a minute is one record with a count, so that it stays small.  Never
 * looks at who may.
 */
#ifndef SCHEDULER_AUDIT_H
#define SCHEDULER_AUDIT_H

#include "store.h"

/* Records to which more of the same may be added. */
#define AUDIT_RECENT 16

struct audit {
	struct audit_recent {
		struct audit_record record;
		bool changed; /* since it was written */
	} recent[AUDIT_RECENT];
	size_t next;     /* the place that is given up first */
	int64_t written; /* since old ones were looked for */
};

/* id, count and until of the record are set here.  keep and keep_age_ms: what may stay. */
enum store_result audit_note(
    struct audit *, struct store *, struct audit_record *, int64_t keep, int64_t keep_age_ms);
/* Before the commit. */
enum store_result audit_flush(struct audit *, struct store *);
/* The turn was lost: what is remembered may not be in the store. */
void audit_forget(struct audit *);

#endif
