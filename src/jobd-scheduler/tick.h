/*
 * Which due times of a schedule are to be acted on now, and what is done with each.  Pure: the
 * schedule is a function, the clock an argument.
 *
 * The cursor of a schedule says: everything due up to and including this time has been decided.
 * Ticks are decided in the order of their due times.
 */
#ifndef SCHEDULER_TICK_H
#define SCHEDULER_TICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"

/* A tick that is acted on within this time after it was due is not "missed": a scheduler that is
 * restarted at the wrong second loses nothing, whatever catch_up says. */
#define TICK_GRACE_MS INT64_C(60000)
/* Of a longer row of missed ticks only the newest get a record each; one record stands for the
 * others. */
#define TICK_WINDOW 1000

enum tick_reason {
	TICK_ON_TIME,    /* ran */
	TICK_CAUGHT_UP,  /* ran, late */
	TICK_MISSED,     /* skipped: it was due while nobody could act, and catch_up = skip */
	TICK_SUPERSEDED, /* skipped: a later one runs for it, catch_up = once */
	TICK_TOO_OLD,    /* skipped: older than catch_up_max_age */
	TICK_PAUSED,     /* skipped */
	TICK_OVERLAP,    /* skipped: the one before still runs, overlap = skip */
	TICK_BACKLOG,    /* skipped: too many wait already, overlap = queue */
	TICK_DISABLED,   /* skipped: the type of its job is not enabled */
	TICK_REFUSED,    /* skipped: its job could not be pushed, e.g. is not unique */
};
#define TICK_REASON_COUNT 10

/* What the rule for overlaps says about a tick that would run. */
enum tick_action {
	TICK_START,
	TICK_BLOCK,   /* starts when the one before has ended */
	TICK_REPLACE, /* the ones before are ended first */
	TICK_SKIP_OVERLAP,
	TICK_SKIP_BACKLOG,
};

/* The most that wait with overlap = queue. */
#define TICK_BACKLOG_MAX 100

/* The first due time after `after`: 0, or -1 if there is none. */
typedef int (*tick_next_fn)(const void *arg, struct walltime after, struct walltime *next);

struct tick_rules {
	const char *name;   /* makes the jitter differ between schedules */
	int64_t catch_up;   /* enum conf_catch_up */
	int64_t max_age_ms; /* negative = no limit */
	int64_t jitter_ms;
	bool paused;
	tick_next_fn next;
	const void *next_arg;
};

struct tick {
	struct walltime due_at;
	struct walltime fire_at; /* due_at and its jitter */
	struct walltime until;   /* set: stands for all ticks from due_at up to this time */
	bool run;
	enum tick_reason reason;
};

/*
 * Decides the ticks that are due after `cursor` and to be acted on at `now`, oldest first, at most
 * `max` of them; returns how many.  The caller moves the cursor to tick_end() of the last.
 */
size_t tick_plan(const struct tick_rules *, struct walltime cursor, struct walltime now,
    struct tick *ticks, size_t max);
/* The cursor behind this tick. */
struct walltime tick_end(const struct tick *);
/* When the next tick after the cursor is to be acted on, or unset if there is none. */
struct walltime tick_next_fire(const struct tick_rules *, struct walltime cursor);
/* Part of the jitter that this tick gets: the same for ever, so that a restart does not move it. */
int64_t tick_jitter_us(const char *name, struct walltime due_at, int64_t jitter_ms);

/* `active` are those of the type that are ready or running, `waiting` those that are blocked. */
enum tick_action tick_overlap(int64_t overlap, size_t active, size_t waiting);

/* "" for TICK_ON_TIME. */
const char *tick_reason_word(enum tick_reason);

#endif
