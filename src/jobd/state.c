#include <stddef.h>

#include "state.h"

#define MOVE(state, act)                                                                           \
	{                                                                                          \
		.next = STATE_##state, .action = ACTION_##act, .valid = true                       \
	}

/* clang-format off */
static const struct state_move moves[STATE_COUNT][EVENT_COUNT] = {
	[STATE_STOPPED] = {
		[EVENT_START]    = MOVE(WAITING, QUEUE),
	},
	[STATE_WAITING] = {
		[EVENT_CLEAR]    = MOVE(PREPARING, PREPARE),
		[EVENT_BLOCKED]  = MOVE(FATAL, SETTLE),
		[EVENT_STOP]     = MOVE(STOPPED, SETTLE),
	},
	[STATE_PREPARING] = {
		[EVENT_PREPARED] = MOVE(STARTING, SPAWN),
		[EVENT_ADOPTED]  = MOVE(RUNNING, ANNOUNCE),
		[EVENT_EXIT]     = MOVE(SWEEPING, SWEEP),
		[EVENT_STOP]     = MOVE(STOPPING, SWEEP),
	},
	[STATE_STARTING] = {
		[EVENT_READY]    = MOVE(RUNNING, ANNOUNCE),
		[EVENT_EXIT]     = MOVE(SWEEPING, SWEEP),
		[EVENT_OVERDUE]  = MOVE(EXPELLING, EXPEL),
		[EVENT_STOP]     = MOVE(STOPPING, STOP),
	},
	[STATE_RUNNING] = {
		[EVENT_EXIT]     = MOVE(SWEEPING, SWEEP),
		[EVENT_OVERDUE]  = MOVE(EXPELLING, EXPEL),
		[EVENT_STOP]     = MOVE(STOPPING, STOP),
	},
	[STATE_EXPELLING] = {
		[EVENT_EXIT]     = MOVE(SWEEPING, SWEEP),
		/* What ends it goes on; only what comes after it changes. */
		[EVENT_STOP]     = MOVE(STOPPING, NONE),
	},
	[STATE_SWEEPING] = {
		[EVENT_RETRY]    = MOVE(WAITING, QUEUE),
		[EVENT_DELAY]    = MOVE(BACKOFF, DELAY),
		[EVENT_GIVE_UP]  = MOVE(FATAL, SETTLE),
		[EVENT_FINISH]   = MOVE(EXITED, SETTLE),
		[EVENT_STOP]     = MOVE(STOPPING, NONE),
	},
	[STATE_BACKOFF] = {
		[EVENT_TIMER]    = MOVE(WAITING, QUEUE),
		[EVENT_START]    = MOVE(WAITING, QUEUE),
		[EVENT_STOP]     = MOVE(STOPPED, SETTLE),
	},
	[STATE_STOPPING] = {
		[EVENT_EXIT]     = MOVE(STOPPING, SWEEP),
		[EVENT_FINISH]   = MOVE(STOPPED, SETTLE),
	},
	[STATE_EXITED] = {
		[EVENT_START]    = MOVE(WAITING, QUEUE),
	},
	[STATE_FATAL] = {
		[EVENT_START]    = MOVE(WAITING, QUEUE),
	},
};
/* clang-format on */

static const struct {
	const char *word;
	bool at_rest, may_be_alive;
} states[STATE_COUNT] = {
	[STATE_STOPPED] = {"STOPPED",   true,  false},
	[STATE_WAITING] = { "STARTING", false, false},
	[STATE_PREPARING] = { "STARTING", false, true },
	[STATE_STARTING] = { "STARTING", false, true },
	[STATE_RUNNING] = { "RUNNING",  false, true },
	[STATE_EXPELLING] = { "STOPPING", false, true },
	[STATE_SWEEPING] = { "EXITED",   false, true },
	[STATE_BACKOFF] = { "BACKOFF",  false, false},
	[STATE_STOPPING] = { "STOPPING", false, true },
	[STATE_EXITED] = { "EXITED",   true,  false},
	[STATE_FATAL] = { "FATAL",    true,  false},
};

static const char *const event_words[EVENT_COUNT] = {
	[EVENT_START] = "start",
	[EVENT_STOP] = "stop",
	[EVENT_CLEAR] = "clear",
	[EVENT_BLOCKED] = "blocked",
	[EVENT_PREPARED] = "prepared",
	[EVENT_ADOPTED] = "adopted",
	[EVENT_READY] = "ready",
	[EVENT_EXIT] = "exit",
	[EVENT_OVERDUE] = "overdue",
	[EVENT_RETRY] = "retry",
	[EVENT_DELAY] = "delay",
	[EVENT_GIVE_UP] = "give up",
	[EVENT_FINISH] = "finish",
	[EVENT_TIMER] = "timer",
};

struct state_move
state_move(enum state state, enum state_event event)
{
	return moves[state][event];
}

const char *
state_word(enum state state)
{
	return states[state].word;
}

const char *
state_event_word(enum state_event event)
{
	return event_words[event];
}

bool
state_is_at_rest(enum state state)
{
	return states[state].at_rest;
}

bool
state_may_be_alive(enum state state)
{
	return states[state].may_be_alive;
}
