/*
 * When an alert is told: it has held for a time, it is over, or it goes on and is told again.
 * Pure: times are arguments.
 */
#ifndef SCHEDULER_ALERT_RULE_H
#define SCHEDULER_ALERT_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum alert_state { ALERT_OK, ALERT_PENDING, ALERT_FIRING };

/* What a look found; UNKNOWN leaves everything as it is. */
enum alert_found { ALERT_HOLDS, ALERT_HOLDS_NOT, ALERT_UNKNOWN };

enum alert_action { ALERT_SAY_NOTHING, ALERT_SAY_FIRING, ALERT_SAY_RESOLVED };

struct alert_rule {
	int64_t hold_ms;
	int64_t repeat_ms; /* 0: told once */
};

struct alert_progress {
	enum alert_state state;
	struct walltime since; /* it holds; unset while it is OK */
	struct walltime fired_at, told_at;
	int64_t fired; /* so often */
};

enum alert_action alert_step(
    const struct alert_rule *, struct alert_progress *, enum alert_found, struct walltime now);
/* When the next step may do something although nothing changes; unset: never. */
struct walltime alert_due(const struct alert_rule *, const struct alert_progress *);

const char *alert_state_word(enum alert_state);
/* As text, and back: 0, or -1 if it is none. */
void alert_progress_write(const struct alert_progress *, char *buf, size_t size);
int alert_progress_read(const char *text, struct alert_progress *);

#endif
