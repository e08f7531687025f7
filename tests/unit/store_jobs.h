/*
 * For tests of stores: jobs to put in, and what is in there as a line of jids. What it asks of the
 * store must succeed, else the test fails.
 */
#ifndef UNIT_STORE_JOBS_H
#define UNIT_STORE_JOBS_H

#include "stores.h"

/* Ready, without arguments; the caller clears it. */
struct job store_job_make(const char *jid, const char *type, const char *queue);
void store_job_put(struct store *store, const char *jid, const char *type, const char *queue,
    enum job_state state);
/* Each jid with a blank after it; valid until the next call. At most 100 without a limit. */
const char *store_job_list(struct store *store, struct job_filter filter);

#endif
