/*
 * Figures since the start, for who draws curves: of each queue how much went through it and how
 * long it waited and ran, of each schedule what became of its times.  Bounded; counts in memory
 * only, and never what a lost turn did.  Never reads a clock.
 */
#ifndef SCHEDULER_METER_H
#define SCHEDULER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "histogram.h"

/* Names with figures of their own; what comes later is counted together, under "". */
#define METER_NAMES_MAX 500

enum meter_kind { METER_QUEUE, METER_SCHEDULE, METER_KIND_COUNT };

/* What is counted of a queue ... */
enum meter_count {
	METER_PUSHED,
	METER_DONE,
	METER_FAILED,
	METER_DEAD,
	METER_WAIT_MS, /* sums of what the histograms count */
	METER_RUN_MS,
	METER_WAIT,                               /* the first of its steps */
	METER_RUN = METER_WAIT + HISTOGRAM_STEPS, /* the same */
	METER_QUEUE_COUNT = METER_RUN + HISTOGRAM_STEPS,
	/* ... and of a schedule. */
	METER_RAN = 0,
	METER_MISSED,
	METER_SKIPPED,
};

struct meter;

struct meter *meter_new(void);
void meter_free(struct meter *);
void meter_add(struct meter *, enum meter_kind, const char *name, enum meter_count, int64_t amount);
/* An attempt: its times, and how it ended. */
void meter_attempt(
    struct meter *, const char *queue, bool success, int64_t run_ms, int64_t wait_ms);
/* The end of a turn. */
void meter_settle(struct meter *, bool committed);

size_t meter_size(const struct meter *, enum meter_kind);
/* One of them as an object. */
void meter_render(const struct meter *, enum meter_kind, size_t index, struct json *);

#endif
