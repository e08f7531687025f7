/*
 * A job as a client pushes it: Faktory's JSON in, struct job out.  Members that we do not know are
 * kept as they were written.  Pure.
 */
#ifndef SCHEDULER_PAYLOAD_H
#define SCHEDULER_PAYLOAD_H

#include <stddef.h>

#include "job.h"

/* Of one job's JSON. */
#define PAYLOAD_MAX ((size_t)8 * 1024 * 1024)
/* What a client gets that does not say. */
#define PAYLOAD_RETRIES    25
#define PAYLOAD_RESERVE_MS (INT64_C(1800) * 1000)

/*
 * Fills an initialized job: jid, type, queue, args, extra, retries, reserve_ms, priority, run_at
 * (from "at", or unset), created_at (or unset), and what its `custom` object says about it. Returns
 * 0, or -1 with what is wrong, in Faktory's words where it has some.
 */
int payload_read(struct job *, const char *text, size_t len, char *error, size_t error_size);
/* The same without a copy: strings of the job are those of the text, which is changed. */
int payload_take(struct job *, char *text, size_t len, char *error, size_t error_size);

#endif
