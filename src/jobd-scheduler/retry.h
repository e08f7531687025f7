/*
 * Whether and when a job that ended badly is tried again.  Pure; the chance is an argument.
 */
#ifndef SCHEDULER_RETRY_H
#define SCHEDULER_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/* Attempts that may end with the worker's death before the job is set aside as poison, where the
 * configuration says nothing. */
#define RETRY_CRASHES_MAX 3

enum retry_verdict {
	RETRY_LATER,
	RETRY_DEAD, /* kept for a human */
	RETRY_DROP, /* forgotten, as Faktory does with "retry": 0 */
};

/* What is known about the job and its last end. */
struct retry_question {
	int64_t retries;        /* allowed */
	int64_t failures;       /* before this one */
	int64_t code;           /* exit or HTTP status code, -1 if there is none */
	int64_t retry_after_ms; /* that the target asked for, -1 if it did not */
	bool no_retry;          /* the worker says that it makes no sense */
	uint32_t chance;        /* any number */
};

/*
 * By the rules of its type, which may be NULL.  *delay_ms is set with RETRY_LATER: the list of
 * delays, the delay with its factor, maximum and jitter, or else Faktory's count^4 + 15 + rand(30)
 * * (count + 1) seconds, count being `failures`; never less than retry_after_ms.
 */
enum retry_verdict retry_decide(
    const struct conf_job *type, const struct retry_question *, int64_t *delay_ms);
/*
 * True if an attempt that ended with this reason and exit code counts as done. `codes` are the
 * expected exit codes; none at all means 0 only.
 */
bool retry_is_success(const char *reason, int64_t code, const int64_t *codes, size_t count);

#endif
