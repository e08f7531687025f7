#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "program_states.h"

#define NAME_SIZE 160

struct fatal {
	TAILQ_ENTRY(fatal) entry;
	char program[NAME_SIZE], name[NAME_SIZE];
};

struct program_states {
	TAILQ_HEAD(, fatal) list;
	size_t count;
	bool known;
	struct walltime begun;
};

struct program_states *
program_states_new(void)
{
	struct program_states *states = calloc(1, sizeof(*states));

	if (states != NULL)
		TAILQ_INIT(&states->list);
	return states;
}

static void
drop(struct program_states *states, struct fatal *fatal)
{
	TAILQ_REMOVE(&states->list, fatal, entry);
	states->count--;
	free(fatal);
}

void
program_states_free(struct program_states *states)
{
	if (states == NULL)
		return;
	while (!TAILQ_EMPTY(&states->list))
		drop(states, TAILQ_FIRST(&states->list));
	free(states);
}

void
program_states_begin(struct program_states *states, struct walltime now)
{
	while (!TAILQ_EMPTY(&states->list))
		drop(states, TAILQ_FIRST(&states->list));
	states->known = false;
	states->begun = now;
}

static void
set(struct program_states *states, const char *program, const char *name, bool is_fatal)
{
	struct fatal *fatal;

	TAILQ_FOREACH (fatal, &states->list, entry)
		if (strcmp(fatal->name, name) == 0)
			break;
	if (fatal != NULL && !is_fatal)
		drop(states, fatal);
	if (fatal != NULL || !is_fatal || states->count >= PROGRAM_STATES_MAX ||
	    (fatal = calloc(1, sizeof(*fatal))) == NULL)
		return;
	strlcpy(fatal->program, program, sizeof(fatal->program));
	strlcpy(fatal->name, name, sizeof(fatal->name));
	TAILQ_INSERT_TAIL(&states->list, fatal, entry);
	states->count++;
}

void
program_states_row(
    struct program_states *states, const char *program, const char *name, const char *state)
{
	set(states, program, name, strcmp(state, "FATAL") == 0);
}

void
program_states_told(struct program_states *states)
{
	states->known = true;
}

bool
program_states_event(struct program_states *states, const char *program, const char *name,
    const char *state, struct walltime at)
{
	if (at.us < states->begun.us)
		return false;
	set(states, program, name, strcmp(state, "FATAL") == 0);
	return true;
}

bool
program_states_known(const struct program_states *states)
{
	return states->known;
}

void
program_states_fatal(const struct program_states *states, program_fatal_fn fn, void *arg)
{
	const struct fatal *fatal;

	TAILQ_FOREACH (fatal, &states->list, entry)
		if (!fn(arg, fatal->program, fatal->name))
			break;
}
