/*
 * What jobd-runner has found out about a program: whether its check passes, and that it has to be
 * started anew.  Keeps and carries out what it is told; never probes anything itself.
 */
#ifndef JOBD_HEALTH_H
#define JOBD_HEALTH_H

#include <stdbool.h>

#include "base/clock.h"

#include "exit_info.h"
#include "note.h"

enum health_state { HEALTH_UNKNOWN, HEALTH_PASSING, HEALTH_FAILING, HEALTH_STATE_COUNT };

/* Of the current start. */
struct health {
	enum health_state state;
	bool is_ending;                    /* it is being ended for what the text says */
	char text[NOTE_MAX];               /* of the last result; "" if it was good */
	struct walltime since, checked_at; /* of the state, and of the last result we know of */
};

struct program;

const char *health_word(enum health_state);
/* HEALTH_STATE_COUNT if there is no such word. */
enum health_state health_from_word(const char *);
/* True if the program has a check whose state is known or waited for. */
bool health_is_watched(const struct program *);

/* It is started anew: nothing is known. */
void health_begin(struct program *);
/* Its configuration has changed: without a check there is no state. */
void health_configured(struct program *);

/* NULL, or why it does not count. */
const char *health_report(struct program *, enum health_state, const char *text);
/*
 * Has it started anew, for one of EXIT_REASON_CHECK, _MEMORY, _AGE and _CHANGE.  The first two are
 * failures, of which its restart rule decides; after the others it is always started.  NULL, or
 * why that can't be.
 */
const char *health_expel(struct program *, enum exit_reason, const char *text);

#endif
