#include <stdio.h>
#include <string.h>

#include "order.h"

enum way { WAY_CLEAR, WAY_WAIT, WAY_BLOCKED };

static enum way way_of(struct program_list *, struct program *);
static enum way way_past(struct program *, struct program *other, bool required);
static bool names_it(char *const *names, const char *name);
static bool is_later(const struct program *, const struct program *than);
static bool is_needed(struct program_list *, const struct program *);

int
order_compare(const struct program *one, const struct program *other)
{
	int by_name;

	if (one->conf->priority != other->conf->priority)
		return one->conf->priority < other->conf->priority ? -1 : 1;
	if ((by_name = strcmp(one->conf->name, other->conf->name)) != 0)
		return by_name;
	return one->instance - other->instance;
}

static bool
names_it(char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* Whether `other`, which `program` comes after, lets it start. */
static enum way
way_past(struct program *program, struct program *other, bool required)
{
	bool is_done = other->conf->oneshot
			   ? other->state == STATE_EXITED &&
				 other->exit.reason == EXIT_REASON_CODE && other->exit.expected
			   : other->state == STATE_RUNNING;

	if (is_done)
		return WAY_CLEAR;
	if (!state_is_at_rest(other->state)) {
		snprintf(program->reason, sizeof(program->reason), "waiting for %s", other->name);
		return WAY_WAIT;
	}
	/* Only wanted, but not there: go on without it. */
	if (!required)
		return WAY_CLEAR;
	if (other->state == STATE_STOPPED) {
		snprintf(program->reason, sizeof(program->reason), "waiting for %s", other->name);
		program_start(other, "required");
		return WAY_WAIT;
	}
	snprintf(program->reason, sizeof(program->reason), "requires %s, which is %s", other->name,
	    state_word(other->state));
	return WAY_BLOCKED;
}

static enum way
way_of(struct program_list *programs, struct program *program)
{
	enum way way = WAY_CLEAR;
	struct program *other;

	TAILQ_FOREACH (other, programs, entry) {
		bool required = names_it(program->conf->requires, other->conf->name);
		enum way past;

		if (!required && !names_it(program->conf->after, other->conf->name))
			continue;
		past = way_past(program, other, required);
		if (past > way)
			way = past;
	}
	return way;
}

void
order_start(struct program_list *programs)
{
	struct program *program;

	TAILQ_FOREACH (program, programs, entry) {
		if (program->state != STATE_WAITING)
			continue;
		switch (way_of(programs, program)) {
		case WAY_CLEAR:
			program->reason[0] = '\0';
			program_event(program, EVENT_CLEAR, NULL);
			break;
		case WAY_BLOCKED:
			program->exit.reason = EXIT_REASON_DEPENDENCY;
			program->exit.code = -1;
			program->exit.at = walltime_now();
			program_event(program, EVENT_BLOCKED, "requirement failed");
			break;
		case WAY_WAIT:
			break;
		}
	}
}

static bool
is_later(const struct program *program, const struct program *than)
{
	return program->conf->priority > than->conf->priority ||
	       names_it(program->conf->after, than->conf->name) ||
	       names_it(program->conf->requires, than->conf->name);
}

/* Somebody who starts later is still there. */
static bool
is_needed(struct program_list *programs, const struct program *program)
{
	struct program *other;

	TAILQ_FOREACH (other, programs, entry)
		if (other != program && !state_is_at_rest(other->state) &&
		    is_later(other, program) && !is_later(program, other))
			return true;
	return false;
}

bool
order_stop(struct program_list *programs)
{
	bool all_at_rest = true;
	struct program *program;

	TAILQ_FOREACH (program, programs, entry) {
		/* What does not run yet is never started. */
		if (!state_may_be_alive(program->state) && !state_is_at_rest(program->state))
			program_stop(program, EXIT_REASON_SHUTDOWN, "shutdown");
	}
	TAILQ_FOREACH (program, programs, entry) {
		program->start_when_stopped = false;
		if (state_is_at_rest(program->state))
			continue;
		all_at_rest = false;
		if (program->state != STATE_STOPPING && !is_needed(programs, program))
			program_stop(program, EXIT_REASON_SHUTDOWN, "shutdown");
	}
	return all_at_rest;
}
