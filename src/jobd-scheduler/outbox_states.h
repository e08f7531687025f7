/*
 * How the outboxes are, as jobd-outbox told, for everybody who asks.  Decides nothing; nothing here
 * is durable, and what a connection told is not known any more when it is gone.
 */
#ifndef SCHEDULER_OUTBOX_STATES_H
#define SCHEDULER_OUTBOX_STATES_H

#include <sys/queue.h>

#include <stddef.h>

#include "base/clock.h"

#define OUTBOX_NAME_MAX    255
#define OUTBOX_TROUBLE_MAX 500
/* Those that were told first are forgotten beyond it. */
#define OUTBOX_STATES_MAX 1000

struct outbox_state {
	TAILQ_ENTRY(outbox_state) entry;
	const void *teller; /* the connection */
	char name[OUTBOX_NAME_MAX + 1];
	char trouble[OUTBOX_TROUBLE_MAX + 1]; /* "": it is connected */
	struct walltime changed_at;           /* from one to the other */
};

TAILQ_HEAD(outbox_state_list, outbox_state);

struct outbox_states {
	struct outbox_state_list list;
	size_t count;
};

void outbox_states_init(struct outbox_states *);
void outbox_states_clear(struct outbox_states *);
/* What is known of the outbox, or NULL. */
const struct outbox_state *outbox_states_find(const struct outbox_states *, const char *name);
/* connected, trouble, or, of NULL, unknown. */
const char *outbox_state_word(const struct outbox_state *);
/* What was told takes the place of what was known of it.  -1 without memory. */
int outbox_states_tell(struct outbox_states *, const struct outbox_state *);
/* A connection is gone. */
void outbox_states_lose(struct outbox_states *, const void *teller);

#endif
