/*
 * The two kinds of time, as two types that can't be mixed by accident: monotonic time for timers,
 * UTC for what is stored and shown.  Never converts one into the other.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#define CLOCK_US_PER_MS  INT64_C(1000)
#define CLOCK_US_PER_SEC INT64_C(1000000)

/* Room for "2026-11-22T05:30:00.123456Z" and its final NUL. */
#define WALLTIME_TEXT_MAX 40

/* Microseconds of CLOCK_MONOTONIC; 0 means never. */
struct monotime {
	int64_t us;
};

/* Microseconds since 1970-01-01T00:00:00Z; 0 means never. */
struct walltime {
	int64_t us;
};

struct monotime monotime_now(void);
struct monotime monotime_add_ms(struct monotime, int64_t ms);
/* Milliseconds from `earlier` to `later`, rounded down; negative if they are the other way round.
 */
int64_t monotime_diff_ms(struct monotime later, struct monotime earlier);
bool monotime_is_set(struct monotime);
/* Time from now until `when` for a timer: never negative, rounded up to a microsecond. */
struct timeval monotime_until(struct monotime when);

struct walltime walltime_now(void);
struct walltime walltime_add_ms(struct walltime, int64_t ms);
int64_t walltime_diff_ms(struct walltime later, struct walltime earlier);
bool walltime_is_set(struct walltime);
/* The earlier one of those that are set. */
struct walltime walltime_earlier(struct walltime, struct walltime);
/*
 * Writes RFC 3339 in UTC with as many digits of a second as are needed (none, 3 or 6), e.g.
 * 2026-11-22T05:30:00Z. Returns buf; an unset time is written as an empty string.
 */
const char *walltime_format(struct walltime, char *buf, size_t size);
/*
 * Reads RFC 3339 with a zone (Z or an offset), up to 9 digits of a second; the 'T' may be a blank.
 * Returns 0, or -1 with *errstr saying what is wrong.
 */
int walltime_parse(const char *text, struct walltime *when, const char **errstr);

#endif
