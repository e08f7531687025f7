/*
 * The last changes of state, in a ring, for EVENTS.  Never on disk.
 */
#ifndef JOBD_JOURNAL_H
#define JOBD_JOURNAL_H

#include <stdint.h>

#include "program.h"

#define JOURNAL_MAX 1024

struct journal_entry {
	int64_t seq; /* from 1 */
	struct walltime at;
	char name[PROGRAM_NAME_MAX];
	enum state from, to;
	const char *why;
	pid_t pid;
	struct exit_info exit; /* reason EXIT_REASON_NONE unless the change was an end */
	bool inner;            /* nothing that people would call an event */
};

/* Adds an entry and wakes those who follow. */
void journal_add(
    const struct program *, enum state from, const char *why, const struct exit_info *);
/* Something about a program that is no change of its state; `why` is a constant text. */
void journal_note(const struct program *, const char *why, const char *note);
/* It has a process now; only for those who asked for inner events. */
void journal_spawned(const struct program *);
int64_t journal_last_seq(void);
/* The entry with this number, or NULL if it is no longer (or not yet) there. */
const struct journal_entry *journal_get(int64_t seq);
/* The oldest number that is still there. */
int64_t journal_first_seq(void);

#endif
