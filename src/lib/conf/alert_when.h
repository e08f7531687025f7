/*
 * What an alert watches and from which value on it is one: "oldest_waiting queue=mailers > 10min".
 * Pure: reads the text and the table of measures, never measures anything.
 */
#ifndef CONF_ALERT_WHEN_H
#define CONF_ALERT_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALERT_SCOPE_MAX 200
#define ALERT_ERROR_MAX 400

enum alert_measure {
	ALERT_DEAD,
	ALERT_WAITING,
	ALERT_OLDEST_WAITING,
	ALERT_RETRY,
	ALERT_BREAKER,
	ALERT_OUTBOX,
	ALERT_PROGRAM,
	ALERT_MISSED,
	ALERT_FAILURE_RATE,
	ALERT_DISK,
	ALERT_MEASURE_COUNT
};

enum alert_unit { ALERT_COUNT, ALERT_MS, ALERT_PERCENT, ALERT_BYTES };
enum alert_scope { ALERT_EVERYTHING, ALERT_OF_QUEUE, ALERT_OF_TYPE, ALERT_OF_PROGRAM };

struct alert_when {
	enum alert_measure measure;
	enum alert_unit unit;
	bool below;        /* it is one below the threshold; otherwise above it */
	int64_t threshold; /* in the unit */
	enum alert_scope scope;
	char name[ALERT_SCOPE_MAX + 1]; /* of the scope; "" for everything */
	int64_t over_ms;                /* of what happened in so long; 0: it is a state */
	int64_t least; /* attempts that a rate must be made of, before it says anything */
};

/* 0, or -1 with a phrase that goes behind the text in error (ALERT_ERROR_MAX bytes). */
int alert_when_parse(const char *text, struct alert_when *, char *error);
/* Whether the value, in the unit, is one to be told. */
bool alert_when_holds(const struct alert_when *, int64_t value);
/* "dead", "waiting" ... */
const char *alert_measure_word(enum alert_measure);
/* "101", "10min", "20%", "1.5G"; returns buf. */
const char *alert_value_text(enum alert_unit, int64_t value, char *buf, size_t size);

#endif
