/*
 * Schedule text in, next times out: cron fields, @daily and friends, plain words and keyed fields,
 * in a time zone, with stated rules for clock changes.  Never reads a clock; the only thing it
 * reads is the C library's time zone database. For single-threaded programs: TZ is switched for a
 * moment while a zone is looked up.  The language is in jobd-schedule(7).
 */
#ifndef CRON_SCHEDULE_H
#define CRON_SCHEDULE_H

#include <stddef.h>

#include "base/clock.h"

/* Room for any message of schedule_parse, any answer of schedule_describe, and of schedule_format.
 */
#define SCHEDULE_ERROR_MAX    512
#define SCHEDULE_DESCRIBE_MAX 1024
#define SCHEDULE_FORMAT_MAX   48

/* What becomes of a fixed hour that a clock change skips. */
enum dst_gap {
	DST_GAP_AFTER, /* one run at the first instant after the skipped time */
	DST_GAP_SKIP,  /* no run */
};

/* In which pass a fixed hour runs that a clock change repeats. */
enum dst_overlap { DST_OVERLAP_FIRST, DST_OVERLAP_SECOND, DST_OVERLAP_BOTH };

/* The words of the configuration, in the order of the enums, ended by NULL. */
extern const char *const dst_gap_words[];
extern const char *const dst_overlap_words[];

/* What a clock change did to one due time. */
enum schedule_effect {
	SCHEDULE_EFFECT_NONE,
	SCHEDULE_EFFECT_MOVED,  /* its local time does not exist; this is the first instant after */
	SCHEDULE_EFFECT_FIRST,  /* its local time comes twice; this is the first */
	SCHEDULE_EFFECT_SECOND, /* its local time comes twice; this is the second */
};

/* All zeroes is what applies unless an option says otherwise. */
struct schedule_rules {
	enum dst_gap gap;
	enum dst_overlap overlap;
	struct walltime anchor; /* from which @every counts; 0 is the Unix epoch */
};

struct schedule;

/*
 * Reads a schedule.  A zone in the text wins over default_zone; NULL or "" there means the system's
 * (TZ, otherwise /etc/localtime, otherwise UTC).  Returns what schedule_free() frees, or NULL with
 * one line in err.
 */
struct schedule *schedule_parse(
    const char *text, const char *default_zone, char *err, size_t errlen);
void schedule_free(struct schedule *);

/*
 * Finds the first due time strictly after `after`; all due times are whole seconds, except after an
 * anchor that is not.  rules may be NULL for the usual ones, effect may be NULL. Returns 0, or -1
 * with errno ERANGE if none is left before the year 10000, or the error of reading the zone.
 */
int schedule_next(const struct schedule *, struct walltime after, const struct schedule_rules *,
    struct walltime *next, enum schedule_effect *effect);

/* The zone's name as in the time zone database, e.g. "America/Bogota"; valid as long as the
 * schedule. */
const char *schedule_zone(const struct schedule *);
/* 0 if `name` is a zone that schedules may use, -1 with one line in err. */
int schedule_zone_check(const char *name, char *err, size_t errlen);
/* Plain words for people: "every day at 09:00 America/Bogota".  Returns buf. */
const char *schedule_describe(const struct schedule *, char *buf, size_t size);
/* The time in the schedule's zone as RFC 3339, "2026-03-08T03:00:00-04:00".  Returns buf. */
const char *schedule_format(const struct schedule *, struct walltime, char *buf, size_t size);
/* "moved: its local time was skipped by a clock change" and the like; "" for none. */
const char *schedule_effect_text(enum schedule_effect);

#endif
