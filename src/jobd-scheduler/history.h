/*
 * Follows jobd's events and keeps the ends of programs in the store.  After every new connection it
 * asks for all that jobd remembers: what is known already is stored once only.  Never blocks.
 */
#ifndef SCHEDULER_HISTORY_H
#define SCHEDULER_HISTORY_H

#include "scheduler.h"

/* Ends that are kept of each program. */
#define HISTORY_KEEP 1000

struct history;

/* Connects, and goes on trying.  NULL with errno. */
struct history *history_new(struct scheduler *);
void history_free(struct history *);
/* The end of a turn: what it stored is done, or is asked for again. */
void history_turn_end(struct history *, bool kept);

/* Reads one event; false if it is no program's end. */
bool history_read(const char *text, size_t len, struct exit_record *);

#endif
