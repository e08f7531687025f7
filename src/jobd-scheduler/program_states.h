/*
 * Which programs were given up, as jobd's status and events tell.  Never asks, never keeps anything
 * over a restart.
 */
#ifndef SCHEDULER_PROGRAM_STATES_H
#define SCHEDULER_PROGRAM_STATES_H

#include <stdbool.h>

#include "base/clock.h"

/* Names that are remembered. */
#define PROGRAM_STATES_MAX 1000

struct program_states;

struct program_states *program_states_new(void);
void program_states_free(struct program_states *);
/* A new connection to jobd: what is told from before this time is history. */
void program_states_begin(struct program_states *, struct walltime now);
/* A row of its status. */
void program_states_row(
    struct program_states *, const char *program, const char *name, const char *state);
/* An event; false if it is history. */
bool program_states_event(struct program_states *, const char *program, const char *name,
    const char *state, struct walltime at);
/* The status is whole. */
void program_states_told(struct program_states *);
bool program_states_known(const struct program_states *);

/* Those that were given up; false stops. */
typedef bool (*program_fatal_fn)(void *arg, const char *program, const char *name);
void program_states_fatal(const struct program_states *, program_fatal_fn, void *arg);

#endif
