/*
 * A job as it is written in the body of a request, and the payload that the queue is given for it.
 * What we do not interpret is handed on to the letter.
 */
#ifndef WEB_NEW_JOB_H
#define WEB_NEW_JOB_H

#include <jansson.h>

#include "request.h"

/* The longest id that the queue takes. */
#define NEW_JOB_ID_MAX 128
#define NEW_JOB_WHY    256
/* In one list. */
#define NEW_JOBS_MAX 1000

struct new_job {
	char id[NEW_JOB_ID_MAX + 1];
	const char *state; /* what it becomes, as far as its payload says */
};

/*
 * Writes the payload of the body, a JSON object, with an id: the body's own, one made of its
 * idempotency key or of that of the header (may be NULL), or a new one.  The text is known to be
 * good JSON.  0, or the status of the answer, 400 or 422, with what is wrong in `why`.
 */
unsigned int new_job_write(const struct request *, const char *text, size_t len,
    const char *header_key, struct buf *out, struct new_job *, char why[NEW_JOB_WHY]);
/* The same for who has the body, and wants the payload, taken apart.  NULL with `why`. */
json_t *new_job_read(const struct request *, const json_t *body, char why[NEW_JOB_WHY]);
/* The payloads of a list of such bodies go into `jobs`; false: answered 422. */
bool new_jobs_read(struct request *, const json_t *bodies, json_t *jobs);
/* The id of a payload. */
const char *new_job_id(const json_t *job);

#endif
