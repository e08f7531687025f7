#include "breaker.h"

/* While one tries, the others come back so soon. */
#define TRYING_DELAY_MS 1000

enum event {
	EVENT_ANSWER,
	EVENT_FAILURE,  /* and it is not the last that is borne */
	EVENT_TOO_MANY, /* this one is */
	EVENT_PAUSE_OVER,
};
#define EVENT_COUNT 4

/* An answer to a job that began before the pause does not end it: who tries it ends it. */
static const enum breaker_state next_state[BREAKER_STATE_COUNT][EVENT_COUNT] = {
	[BREAKER_CLOSED] = {
		[EVENT_ANSWER] = BREAKER_CLOSED,
		[EVENT_FAILURE] = BREAKER_CLOSED,
		[EVENT_TOO_MANY] = BREAKER_OPEN,
		[EVENT_PAUSE_OVER] = BREAKER_CLOSED,
	},
	[BREAKER_OPEN] = {
		[EVENT_ANSWER] = BREAKER_OPEN,
		[EVENT_FAILURE] = BREAKER_OPEN,
		[EVENT_TOO_MANY] = BREAKER_OPEN,
		[EVENT_PAUSE_OVER] = BREAKER_HALF_OPEN,
	},
	[BREAKER_HALF_OPEN] = {
		[EVENT_ANSWER] = BREAKER_CLOSED,
		[EVENT_FAILURE] = BREAKER_OPEN,
		[EVENT_TOO_MANY] = BREAKER_OPEN,
		[EVENT_PAUSE_OVER] = BREAKER_HALF_OPEN,
	},
};

const char *
breaker_state_word(enum breaker_state state)
{
	static const char *const words[BREAKER_STATE_COUNT] = { "closed", "open", "half-open" };

	return words[state];
}

/* Returns the state that it was in. */
static enum breaker_state
move(struct breaker *breaker, enum event event)
{
	enum breaker_state before = breaker->state;

	breaker->state = next_state[before][event];
	if (breaker->state != before)
		breaker->trying = false;
	return before;
}

bool
breaker_admit(struct breaker *breaker, struct monotime now, int64_t *delay_ms)
{
	if (breaker->state == BREAKER_OPEN && now.us >= breaker->until.us)
		move(breaker, EVENT_PAUSE_OVER);
	*delay_ms = breaker->state == BREAKER_OPEN ? monotime_diff_ms(breaker->until, now) + 1
		    : breaker->state == BREAKER_HALF_OPEN && breaker->trying ? TRYING_DELAY_MS
									     : 0;
	if (*delay_ms == 0 && breaker->state == BREAKER_HALF_OPEN)
		breaker->trying = true;
	return *delay_ms == 0;
}

void
breaker_note(struct breaker *breaker, const struct breaker_rule *rule, struct monotime now,
    enum breaker_outcome outcome)
{
	enum breaker_state before;

	if (outcome == BREAKER_UNKNOWN) {
		breaker->trying = false;
		return;
	}
	if (outcome == BREAKER_ANSWERED) {
		if (move(breaker, EVENT_ANSWER) != BREAKER_OPEN)
			breaker->failures = 0;
		return;
	}
	breaker->failures++;
	before =
	    move(breaker, breaker->failures >= rule->failures ? EVENT_TOO_MANY : EVENT_FAILURE);
	if (before != BREAKER_OPEN && breaker->state == BREAKER_OPEN)
		breaker->until = monotime_add_ms(now, rule->pause_ms);
}
