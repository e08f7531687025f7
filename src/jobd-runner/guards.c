#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "guards.h"
#include "proto/escape.h"
#include "proto/verbs.h"
#include "watch.h"

static bool wants(void *guards, const char *program);
static void seen(void *guards, const struct link_program *);
static void seen_all(void *guards);
static char *next_request(void *guards);
static void answered(void *guards, enum link_answer);
static const struct conf_program *guarded(const struct guards *, const char *name);
static struct guard *find(const struct guards *, const char *name);
static void on_change(void *guards, const char *program, const char *path);

static const struct link_owner owner = {
	.wants = wants,
	.seen = seen,
	.seen_all = seen_all,
	.next = next_request,
	.answered = answered,
};

int
guards_init(
    struct guards *guards, struct event_base *base, const char *control_path, struct net *net)
{
	*guards = (struct guards){ .base = base };
	TAILQ_INIT(&guards->list);
	guards->probes = (struct probes){ .base = base, .net = net };
	guards->link = jobd_link_new(base, control_path, &owner, guards);
	return guards->link != NULL ? 0 : -1;
}

void
guards_clear(struct guards *guards)
{
	guards_stop(guards);
	jobd_link_free(guards->link);
	guards->link = NULL;
}

void
guards_stop(struct guards *guards)
{
	struct guard *guard;

	jobd_link_follow(guards->link, false);
	while ((guard = TAILQ_FIRST(&guards->list)) != NULL) {
		TAILQ_REMOVE(&guards->list, guard, entry);
		guard_free(guard);
	}
	watch_free(guards->watch);
	guards->watch = NULL;
}

static const struct conf_program *
guarded(const struct guards *guards, const char *name)
{
	const struct conf_program *program =
	    guards->conf != NULL ? conf_find_program(guards->conf, name) : NULL;

	return program != NULL && program->role == CONF_ROLE_USER && conf_is_guarded(program)
		   ? program
		   : NULL;
}

static struct guard *
find(const struct guards *guards, const char *name)
{
	struct guard *guard;

	TAILQ_FOREACH (guard, &guards->list, entry)
		if (strcmp(guard->name, name) == 0)
			return guard;
	return NULL;
}

bool
guards_any(const struct guards *guards)
{
	for (size_t i = 0; guards->conf != NULL && i < guards->conf->program_count; i++)
		if (guarded(guards, guards->conf->programs[i].name) != NULL)
			return true;
	return false;
}

void
guards_load(struct guards *guards, const struct conf *conf)
{
	struct guard *guard, *next;

	guards->conf = conf;
	guards->probes.environment = conf->environment;
	TAILQ_FOREACH_SAFE (guard, &guards->list, entry, next) {
		const struct conf_program *program = guarded(guards, guard->program->name);

		if (program != NULL) {
			guard_set_program(guard, program);
			continue;
		}
		TAILQ_REMOVE(&guards->list, guard, entry);
		guard_free(guard);
	}
	guards->watch = watch_load(guards->watch, guards->base, conf, on_change, guards);
	jobd_link_follow(guards->link, guards_any(guards));
	if (guards_any(guards))
		jobd_link_look(guards->link);
}

static bool
wants(void *arg, const char *program)
{
	return guarded(arg, program) != NULL;
}

static void
seen(void *arg, const struct link_program *program)
{
	struct guards *guards = arg;
	struct guard *guard = find(guards, program->name);

	if (guard == NULL) {
		guard = guard_new(guards, guarded(guards, program->program), program->name);
		if (guard == NULL) {
			log_errx("%s is not looked after: out of memory", program->name);
			return;
		}
		TAILQ_INSERT_TAIL(&guards->list, guard, entry);
	}
	guard_see(guard, program);
}

/* Those that were not among them are gone. */
static void
seen_all(void *arg)
{
	struct guards *guards = arg;
	struct guard *guard, *next;

	TAILQ_FOREACH_SAFE (guard, &guards->list, entry, next) {
		if (!guard->seen) {
			TAILQ_REMOVE(&guards->list, guard, entry);
			guard_free(guard);
			continue;
		}
		guard->seen = false;
	}
}

void
guards_tell(struct guards *guards)
{
	jobd_link_tell(guards->link);
}

/* An end first: what is known of the process is no matter then. */
static char *
next_request(void *arg)
{
	struct guards *guards = arg;
	char text[3 * PROBE_TEXT_MAX], *line = NULL;
	struct guard *guard;

	TAILQ_FOREACH (guard, &guards->list, entry)
		if (guard->expel != NULL || guard->tell)
			break;
	if (guard == NULL)
		return NULL;
	escape_text(guard->expel != NULL ? guard->expel_text : guard->text, text, sizeof(text));
	if (asprintf(&line, "%s %s %s pid=%d text=%s",
		guard->expel != NULL ? VERB_EXPEL : VERB_HEALTH, guard->name,
		guard->expel != NULL ? guard->expel : probe_verdict_word(guard->verdict),
		(int)guard->pid, text) == -1)
		return NULL;
	guards->told = guard;
	guards->told_expel = guard->expel;
	if (guard->expel == NULL)
		guard->tell = false;
	return line;
}

static void
answered(void *arg, enum link_answer answer)
{
	struct guards *guards = arg;
	struct guard *guard = guards->told;

	guards->told = NULL;
	if (guard == NULL)
		return;
	if (answer == LINK_LOST)
		guard->tell |= guards->told_expel == NULL;
	else if (guards->told_expel != NULL) {
		guard->expel = NULL;
		guard->expelled = answer == LINK_DONE && guard->pid != 0;
	}
}

static void
on_change(void *arg, const char *program, const char *path)
{
	struct guards *guards = arg;
	struct guard *guard;

	TAILQ_FOREACH (guard, &guards->list, entry)
		if (strcmp(guard->program->name, program) == 0)
			guard_expel(guard, "change", "%s changed", path);
}

bool
guards_has_child(const struct guards *guards, pid_t pid)
{
	const struct guard *guard;

	TAILQ_FOREACH (guard, &guards->list, entry)
		if (guard->probe != NULL && guard->probe->pid == pid && pid > 0)
			return true;
	return false;
}

void
guards_child_ended(struct guards *guards, pid_t pid, int wait_status)
{
	struct guard *guard;

	TAILQ_FOREACH (guard, &guards->list, entry)
		if (guard->probe != NULL && probe_command_ended(guard->probe, pid, wait_status))
			return;
}
