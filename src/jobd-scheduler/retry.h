/*
 * Whether and when a job that ended badly is tried again.  Pure; the chance is an argument.
 */
#ifndef SCHEDULER_RETRY_H
#define SCHEDULER_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Attempts that may end with the worker's death before the job is set aside as poison. */
#define RETRY_CRASHES_MAX 3
/* Use Faktory's formula. */
#define RETRY_DELAY_FORMULA INT64_C(-1)

enum retry_verdict {
	RETRY_LATER,
	RETRY_DEAD, /* kept for a human */
	RETRY_DROP, /* forgotten, as Faktory does with "retry": 0 */
};

/*
 * What becomes of a job with `retries` allowed that had `failures` failures before this one.
 * fixed_delay_ms is the configured delay or RETRY_DELAY_FORMULA: Faktory's count^4 + 15 +
 * rand(30) * (count + 1) seconds, count being `failures`; `chance` is any number.
 * *delay_ms is set with RETRY_LATER.
 */
enum retry_verdict retry_decide(
    int64_t retries, int64_t failures, int64_t fixed_delay_ms, uint32_t chance, int64_t *delay_ms);
/*
 * True if an attempt that ended with this reason and exit code counts as done. `codes` are the
 * expected exit codes; none at all means 0 only.
 */
bool retry_is_success(const char *reason, int64_t code, const int64_t *codes, size_t count);

#endif
