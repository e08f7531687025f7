#include <string.h>

#include "base/log.h"

#include "health.h"
#include "journal.h"
#include "program.h"
#include "supervisor.h"

static const char *const words[HEALTH_STATE_COUNT] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_PASSING] = "passing",
	[HEALTH_FAILING] = "failing",
};

static bool is_up(const struct program *);
static bool may_be_expelled(const struct program *, enum exit_reason);

const char *
health_word(enum health_state state)
{
	return words[state];
}

enum health_state
health_from_word(const char *word)
{
	enum health_state state = HEALTH_UNKNOWN;

	while (state < HEALTH_STATE_COUNT && strcmp(words[state], word) != 0)
		state++;
	return state;
}

bool
health_is_watched(const struct program *program)
{
	const struct conf_check *check = &program->conf->check;

	return check->http[0] != '\0' || check->tcp[0] != '\0' || check->command[0] != '\0';
}

void
health_begin(struct program *program)
{
	memset(&program->health, 0, sizeof(program->health));
}

void
health_configured(struct program *program)
{
	if (!health_is_watched(program) && !program->health.is_ending)
		health_begin(program);
}

static bool
is_up(const struct program *program)
{
	return program->state == STATE_STARTING || program->state == STATE_RUNNING;
}

const char *
health_report(struct program *program, enum health_state state, const char *text)
{
	struct health *health = &program->health;

	if (!health_is_watched(program))
		return "it has no check";
	if (!is_up(program))
		return "it does not run";
	if (!health->is_ending)
		strlcpy(health->text, text, sizeof(health->text));
	health->checked_at = walltime_now();
	if (state != health->state) {
		bool is_news = state == HEALTH_FAILING || health->state == HEALTH_FAILING;

		health->state = state;
		health->since = health->checked_at;
		if (is_news) {
			log_info("%s: check %s%s%s", program->name, health_word(state),
			    text[0] != '\0' ? ": " : "", text);
			journal_note(program,
			    state == HEALTH_FAILING ? "check failing" : "check passing", text);
		}
	}
	if (state == HEALTH_PASSING && program->conf->ready == CONF_READY_CHECK)
		program_ready(program);
	return NULL;
}

/* Who mends a file wants the program that it has broken started again. */
static bool
may_be_expelled(const struct program *program, enum exit_reason reason)
{
	if (is_up(program))
		return true;
	return reason == EXIT_REASON_CHANGE &&
	       (program->state == STATE_BACKOFF || program->state == STATE_FATAL ||
		   program->state == STATE_EXITED);
}

const char *
health_expel(struct program *program, enum exit_reason reason, const char *text)
{
	if (supervisor_is_shutting_down())
		return "jobd is shutting down";
	if (program->remove || !may_be_expelled(program, reason))
		return "it does not run";
	log_warnx("%s: it is restarted: %s", program->name, text);
	if (is_up(program)) {
		program->health.is_ending = true;
		strlcpy(program->health.text, text, sizeof(program->health.text));
	}
	if (reason == EXIT_REASON_CHECK || reason == EXIT_REASON_MEMORY) {
		program_overdue(program, reason);
		return NULL;
	}
	program->restarts++;
	program->restarts_by[reason]++;
	program_restart(program, reason, exit_reason_word(reason));
	return NULL;
}
