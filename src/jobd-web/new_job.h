/*
 * A job as it is written in the body of a request, and the payload that the queue is given for it.
 */
#ifndef WEB_NEW_JOB_H
#define WEB_NEW_JOB_H

#include <jansson.h>

#include "request.h"

/*
 * The payload, with an id: the body's own, one made of its idempotency key or of that of the header
 * (may be NULL), or a new one.  NULL with what is wrong in `why`.
 */
json_t *new_job_read(
    const struct request *, json_t *body, const char *header_key, char *why, size_t size);
/* The payloads of a list of such bodies go into `jobs`; false: answered 422. */
bool new_jobs_read(struct request *, const json_t *bodies, json_t *jobs);
/* The id of a payload. */
const char *new_job_id(const json_t *job);

#endif
