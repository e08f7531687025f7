/*
 * Whether a job has something to do: its only_if, a command or a URL that is asked before it
 * begins. What asks is a run or a call like the job's own, under its id; here is what is asked,
 * what the answer means, and the jobs that wait for one.  Never starts anything itself.
 */
#ifndef RUNNER_CONDITION_H
#define RUNNER_CONDITION_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "result.h"

#define CONDITION_TEXT_MAX 800

enum condition_verdict {
	CONDITION_RUN,
	CONDITION_SKIP,
	CONDITION_FAILED, /* nobody knows: the attempt has failed */
};

/* A job that waits. */
struct condition {
	TAILQ_ENTRY(condition) entry;
	char *jid;
	char *job; /* as it came */
	size_t job_len;
	bool passed; /* it is about to begin */
};
TAILQ_HEAD(condition_list, condition);

struct conditions {
	struct condition_list list;
	size_t passed;
};

bool condition_is_set(const struct conf_job *);
/* What asks, as a job; it borrows from the job's own. */
void condition_as_job(const struct conf_job *, struct conf_job *asking);
/*
 * What the end of that job means.  Unless the job is to run, *result becomes how its attempt ended,
 * with the text (CONDITION_TEXT_MAX bytes) for people.
 */
enum condition_verdict condition_judge(struct result *, char *text);

void conditions_init(struct conditions *);
/* NULL without memory. */
struct condition *conditions_add(
    struct conditions *, const char *jid, const char *job, size_t job_len);
/* NULL if it does not wait. */
struct condition *conditions_find(const struct conditions *, const char *jid);
void conditions_pass(struct conditions *, struct condition *);
/* The first that has passed, or NULL. */
struct condition *conditions_next(const struct conditions *);
/* Out of the list; condition_free() frees it. */
void conditions_take(struct conditions *, struct condition *);
void condition_free(struct condition *);
void conditions_remove(struct conditions *, struct condition *);
void conditions_clear(struct conditions *);

#endif
