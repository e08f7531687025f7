/*
 * Jobs, attempts, ticks and exits as JSON text.  Pure.
 */
#ifndef SCHEDULER_RENDER_H
#define SCHEDULER_RENDER_H

#include <stddef.h>

#include "base/json.h"
#include "job.h"
#include "store.h"

/* Writes one thing; `arg` is what was handed to render(). */
typedef void (*render_fn)(struct json *, const void *arg);

/* The text, for as long as it takes; free() it.  NULL without memory or above 256 MiB. */
char *render(render_fn, const void *arg, size_t *len);

/* An unset time is null. */
void render_time(struct json *, const char *name, struct walltime);
/* A struct job as a worker of Faktory's protocol gets it. */
void render_payload(struct json *, const void *job);
/* A struct job with all that we know, but for its attempts and the closing brace. */
void render_job_open(struct json *, const struct job *);
/* A whole struct job; "attempts" is their number. */
void render_job(struct json *, const void *job);
void render_attempt(struct json *, const struct attempt *);
void render_tick(struct json *, const char *name, const struct tick_record *);
/* A struct exit_record. */
void render_exit(struct json *, const void *record);

#endif
