/*
 * Waiting for a job's end: its output becomes ours, and its exit code.
 */
#ifndef JOBCTL_JOB_WAIT_H
#define JOBCTL_JOB_WAIT_H

#include "jobctl/row.h"
#include "jobctl/session.h"

/* Asks for the job when it has ended, for so long at most (-1: for ever); 0, or -1 after a
 * complaint.  row_free() it. */
int job_wait(struct client *, const char *jid, int64_t timeout_ms, struct row *job);
/* The same, printed; returns the exit code. */
int job_wait_print(struct session *, struct client *, const char *jid);

#endif
