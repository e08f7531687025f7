/*
 * What the scheduler hands out, taken apart: a job to run, or an order about a running one.  Pure.
 */
#ifndef RUNNER_JOB_H
#define RUNNER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

enum job_kind {
	JOB_RUN,
	JOB_ORDER,   /* end the running job `jid`, because of `reason` */
	JOB_INVALID, /* `errstr` says why; jid is NULL if not even that is known */
};

struct job {
	enum job_kind kind;
	const char *text; /* as it came, the caller's */
	size_t text_len;
	char *jid, *type;
	const char *values_text; /* the arguments, an array: a piece of the text */
	size_t values_len;
	struct json_t *values; /* the same once job_values() was asked */
	char *args;            /* the same as JSON text, and ... */
	char **arguments;      /* ... as words: strings as they are, everything else as JSON text;
				  NULL-ended, one allocation each; both NULL before job_make_words() */
	int64_t attempt;       /* from 1 */
	char *due_at;          /* RFC 3339; "" if it belongs to no tick */
	char *reason;
	char errstr[200];
};

/* Always fills the job; job_clear() frees what it holds. */
void job_parse(struct job *, const char *text, size_t len);
/* The arguments, read when they are asked for first: most jobs are done without.  The job keeps
 * them.  NULL: `errstr` says why. */
const struct json_t *job_values(struct job *);
/* Fills args and arguments, which only commands need.  0, or -1: the job is JOB_INVALID. */
int job_make_words(struct job *);
void job_clear(struct job *);

#endif
