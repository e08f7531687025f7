#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "guard.h"
#include "guards.h"

static bool has_check(const struct conf_program *);
static bool is_up(const struct link_program *);
static int instance_of(const char *name);
static void begin(struct guard *, const struct link_program *);
static void end(struct guard *);
static void begin_check(struct guard *, bool starting);
static void on_outcome(void *guard, enum probe_action, const char *text);

struct guard *
guard_new(struct guards *guards, const struct conf_program *program, const char *name)
{
	struct guard *guard = calloc(1, sizeof(*guard));

	if (guard == NULL || (guard->name = strdup(name)) == NULL) {
		free(guard);
		return NULL;
	}
	guard->guards = guards;
	guard->program = program;
	guard->instance = instance_of(name);
	return guard;
}

void
guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	end(guard);
	free(guard->name);
	free(guard);
}

static bool
has_check(const struct conf_program *program)
{
	const struct conf_check *check = &program->check;

	return check->http[0] != '\0' || check->tcp[0] != '\0' || check->command[0] != '\0';
}

static int
instance_of(const char *name)
{
	const char *colon = strchr(name, ':'), *errstr;
	int64_t number = 1;

	if (colon == NULL || text_to_int(colon + 1, 1, INT32_MAX, &number, &errstr) == -1)
		return 1;
	return (int)number;
}

static bool
is_up(const struct link_program *program)
{
	return program->pid > 0 &&
	       (strcmp(program->state, "RUNNING") == 0 || strcmp(program->state, "STARTING") == 0);
}

void
guard_see(struct guard *guard, const struct link_program *program)
{
	bool starting = strcmp(program->state, "STARTING") == 0;

	guard->seen = true;
	if (!is_up(program)) {
		if (guard->pid != 0)
			end(guard);
		return;
	}
	if (guard->pid != program->pid) {
		end(guard);
		begin(guard, program);
		if (has_check(guard->program))
			begin_check(guard, starting);
	}
	if (guard->probe != NULL)
		guard->probe->starting = starting;
}

static void
begin(struct guard *guard, const struct link_program *program)
{
	guard->pid = program->pid;
	guard->started = monotime_add_ms(monotime_now(), -program->uptime_ms);
	guard->expelled = false;
	guard->tag[0] = '\0';
	guard_limit_begin(guard);
}

static void
begin_check(struct guard *guard, bool starting)
{
	guard->probe = probe_new(&guard->guards->probes, guard->program, guard->name,
	    guard->instance, guard->started, starting, on_outcome, guard);
	if (guard->probe == NULL)
		log_errx("%s is not checked: out of memory", guard->name);
}

/* Its process is gone, or no concern of ours. */
static void
end(struct guard *guard)
{
	probe_free(guard->probe);
	guard->probe = NULL;
	guard_limit_end(guard);
	guard->pid = 0;
	guard->tell = false;
	guard->expel = NULL;
	if (guard->guards->told == guard)
		guard->guards->told = NULL;
}

/* The process goes on; only how it is looked after changes. */
void
guard_set_program(struct guard *guard, const struct conf_program *program)
{
	bool same = conf_guard_equal(guard->program, program);
	bool starting = guard->probe != NULL && guard->probe->starting;

	guard->program = program;
	if (guard->pid == 0)
		return;
	if (same) {
		if (guard->probe != NULL)
			probe_set_program(guard->probe, program);
		return;
	}
	probe_free(guard->probe);
	guard->probe = NULL;
	guard->tell = false;
	guard->expel = NULL;
	guard->expelled = false;
	if (has_check(program))
		begin_check(guard, starting);
	guard_limit_end(guard);
	guard_limit_begin(guard);
}

static void
on_outcome(void *arg, enum probe_action action, const char *text)
{
	struct guard *guard = arg;

	if (action == PROBE_RESTART) {
		guard_expel(guard, "check", "check failed: %s", text);
		return;
	}
	guard->verdict = guard->probe->state.verdict;
	snprintf(guard->text, sizeof(guard->text), "%s", text);
	guard->tell = true;
	guards_tell(guard->guards);
}

void
guard_expel(struct guard *guard, const char *why, const char *fmt, ...)
{
	va_list args;

	if (guard->expel != NULL || guard->expelled)
		return;
	guard->expel = why;
	va_start(args, fmt);
	vsnprintf(guard->expel_text, sizeof(guard->expel_text), fmt, args);
	va_end(args);
	log_info("%s: %s", guard->name, guard->expel_text);
	guards_tell(guard->guards);
}
