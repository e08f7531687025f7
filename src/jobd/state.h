/*
 * The states of a program and what moves it from one to the next, as one table.  Pure: decides,
 * does nothing.
 */
#ifndef JOBD_STATE_H
#define JOBD_STATE_H

#include <stdbool.h>

enum state {
	STATE_STOPPED,
	STATE_WAITING,   /* wanted; what it comes after is not ready yet */
	STATE_PREPARING, /* an old copy is being ended, or before_start runs */
	STATE_STARTING,  /* its leader was forked and is not ready yet */
	STATE_RUNNING,
	STATE_EXPELLING, /* it is overdue and being ended by us */
	STATE_SWEEPING,  /* its leader is gone without a stop; not all members are */
	STATE_BACKOFF,   /* will be started again when its timer ends */
	STATE_STOPPING,  /* a stop was asked for; not all members are gone */
	STATE_EXITED,
	STATE_FATAL,
	STATE_COUNT
};

enum state_event {
	EVENT_START,    /* somebody wants it to run */
	EVENT_STOP,     /* somebody wants it not to run */
	EVENT_CLEAR,    /* nothing is in its way any more */
	EVENT_BLOCKED,  /* something that it requires will not come */
	EVENT_PREPARED, /* no old copy is left and before_start is done */
	EVENT_ADOPTED,  /* an old copy runs and is kept */
	EVENT_READY,
	EVENT_EXIT,    /* its leader was reaped, or could not be started */
	EVENT_OVERDUE, /* start time-out or watchdog */
	EVENT_RETRY,   /* all members are gone; start it again, at once */
	EVENT_DELAY,   /* all members are gone; start it again, later */
	EVENT_GIVE_UP, /* all members are gone; too many failures */
	EVENT_FINISH,  /* all members are gone; that is all right */
	EVENT_TIMER,   /* the back-off is over */
	EVENT_COUNT
};

enum state_action {
	ACTION_NONE,
	ACTION_QUEUE,   /* look whether something is in its way */
	ACTION_PREPARE, /* end an old copy, run before_start */
	ACTION_SPAWN,
	ACTION_ANNOUNCE, /* tell those who wait for it */
	ACTION_SWEEP,    /* end what is left of it */
	ACTION_STOP,     /* stop command or signal, then sweep */
	ACTION_EXPEL,    /* as stop, because it is overdue */
	ACTION_DELAY,    /* start the back-off timer */
	ACTION_SETTLE,   /* it is at rest: cancel timers, tell those who wait for it */
};

struct state_move {
	enum state next;
	enum state_action action;
	bool valid; /* false: the event means nothing in this state */
};

struct state_move state_move(enum state, enum state_event);
/* The word that users see; hidden states are shown as the one they belong to. */
const char *state_word(enum state);
const char *state_event_word(enum state_event);
/* Nothing runs and nothing is planned. */
bool state_is_at_rest(enum state);
/* A process of the program may be alive. */
bool state_may_be_alive(enum state);

#endif
