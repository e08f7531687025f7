/*
 * What keeps a target that is down from being asked again and again: after so many failures in a
 * row nothing is asked for a while, then one job tries it.  Pure: the time is an argument.
 */
#ifndef RUNNER_BREAKER_H
#define RUNNER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum breaker_state {
	BREAKER_CLOSED,    /* all is well */
	BREAKER_OPEN,      /* nobody may ask until the pause is over */
	BREAKER_HALF_OPEN, /* one may */
};
#define BREAKER_STATE_COUNT 3

/* How a job that asked the target ended. */
enum breaker_outcome {
	BREAKER_ANSWERED, /* the target works, whatever it said */
	BREAKER_FAILED,
	BREAKER_UNKNOWN, /* the job ended for another reason */
};

struct breaker {
	enum breaker_state state;
	int64_t failures;      /* in a row */
	struct monotime until; /* the end of the last pause */
	bool trying;           /* half open: the one is on its way */
};

struct breaker_rule {
	int64_t failures; /* 0: there is no breaker */
	int64_t pause_ms;
};

const char *breaker_state_word(enum breaker_state);
/* May a job ask the target now?  Otherwise *delay_ms is the time after which to try again. */
bool breaker_admit(struct breaker *, struct monotime now, int64_t *delay_ms);
/* To be told of each job that was admitted. */
void breaker_note(
    struct breaker *, const struct breaker_rule *, struct monotime now, enum breaker_outcome);

#endif
