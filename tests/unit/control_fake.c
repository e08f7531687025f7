#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#include "jobd/control.h"
#include "jobd/control_peer.h"
#include "jobd/journal.h"
#include "jobd/names.h"

#include "control_fake.h"

static struct {
	struct event_base *base;
	struct generation generation;
	struct program_list programs;
	bool shutting_down;
	int instances_max;
	int listen_fd;
	char path[108];
	char asked[4096];
	supervisor_plan_done *plan_done;
	void *plan_arg;
} fake = { .listen_fd = -1 };

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void fake_clear(void);

static void
note(const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (fake.asked[0] != '\0')
		strlcat(fake.asked, ", ", sizeof(fake.asked));
	strlcat(fake.asked, text, sizeof(fake.asked));
}

const char *
fake_asked(void)
{
	static char text[sizeof(fake.asked)];

	strlcpy(text, fake.asked, sizeof(text));
	fake.asked[0] = '\0';
	return text;
}

void
fake_begin(struct conf *conf)
{
	static int count;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len;

	fake.base = event_base_new();
	fake.generation = (struct generation){ .conf = conf, .references = 1 };
	fake.generation.snapshot = conf_snapshot_write(conf, &len);
	fake.generation.snapshot_len = len;
	fake.shutting_down = false;
	TAILQ_INIT(&fake.programs);
	fake_reset(1000);
	snprintf(
	    fake.path, sizeof(fake.path), "/tmp/jobd-test-control-%d-%d", (int)getpid(), count++);
	strlcpy(addr.sun_path, fake.path, sizeof(addr.sun_path));
	unlink(fake.path);
	fake.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fake.base == NULL ||
	    bind(fake.listen_fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    listen(fake.listen_fd, 2000) == -1 || control_init(fake.listen_fd) == -1)
		abort();
	chmod(fake.path, 0666);
	fake_asked();
}

static void
fake_clear(void)
{
	struct program *program;

	while ((program = TAILQ_FIRST(&fake.programs)) != NULL) {
		TAILQ_REMOVE(&fake.programs, program, entry);
		free(program);
	}
}

void
fake_reset(int instances_max)
{
	const struct conf *conf = fake.generation.conf;

	fake_clear();
	for (size_t i = 0; i < conf->program_count; i++)
		fake_add(conf->programs[i].name);
	fake.instances_max = instances_max;
	fake.shutting_down = false;
	fake.asked[0] = '\0';
}

bool
fake_remembers_clients(void)
{
	struct program *program;

	TAILQ_FOREACH (program, &fake.programs, entry)
		if (program->waiters != 0 || program->asked != 0)
			return true;
	return fake.generation.references != 1;
}

int
fake_end(void **state)
{
	(void)state;
	control_close();
	fd_clear(&fake.listen_fd);
	unlink(fake.path);
	fake_clear();
	/* Every reference that a client took is given back. */
	if (fake.generation.references != 1)
		abort();
	free(fake.generation.snapshot);
	conf_free(fake.generation.conf);
	event_base_free(fake.base);
	return 0;
}

const char *
fake_path(void)
{
	return fake.path;
}

void
fake_accept(struct conf *conf)
{
	struct peer_groups groups;
	struct program *program;

	TAILQ_FOREACH (program, &fake.programs, entry)
		program->conf = conf_find_program(conf, program->conf->name);
	conf_free(fake.generation.conf);
	fake.generation.conf = conf;
	groups = peer_find_groups(&conf->control);
	peer_set_groups(&groups);
}

void
fake_add(const char *name)
{
	const struct conf_program *conf = conf_find_program(fake.generation.conf, name);
	struct program *program;

	for (int instance = 1; instance <= conf->instances && conf->enabled; instance++) {
		program = calloc(1, sizeof(*program));
		if (program == NULL)
			abort();
		program->conf = conf;
		program->instance = instance;
		program->exit.code = -1;
		if (conf->instances > 1)
			snprintf(program->name, sizeof(program->name), "%s:%d", name, instance);
		else
			snprintf(program->name, sizeof(program->name), "%s", name);
		TAILQ_INSERT_TAIL(&fake.programs, program, entry);
	}
}

struct program *
fake_program(const char *name)
{
	struct program *program;

	TAILQ_FOREACH (program, &fake.programs, entry)
		if (strcmp(program->name, name) == 0)
			return program;
	abort();
}

void
fake_remove(const char *name)
{
	struct program *program = fake_program(name);

	TAILQ_REMOVE(&fake.programs, program, entry);
	free(program);
}

void
fake_move(const char *name, enum state state)
{
	struct program *program = fake_program(name);
	enum state from = program->state;

	program->state = state;
	program->why = "test";
	journal_add(program, from, "test", NULL);
	if (state_is_at_rest(state) || state == STATE_RUNNING || state == STATE_BACKOFF)
		control_result(program, false);
}

void
fake_timed_out(const char *name)
{
	struct program *program = fake_program(name);

	program->survivor_count = 2;
	program->survivors[0] = 101;
	program->survivors[1] = 102;
	control_result(program, true);
}

void
fake_exit(const char *name, enum exit_reason reason, int code)
{
	struct program *program = fake_program(name);

	program->exit = (struct exit_info){ .reason = reason,
		.code = code,
		.expected = code == 0,
		.pid = 77,
		.at = walltime_now(),
		.uptime_ms = 5 };
	program->history[program->history_count++ % PROGRAM_HISTORY_MAX] = program->exit;
}

void
fake_set_leader(const char *name, pid_t pid)
{
	fake_program(name)->pid = pid;
}

void
fake_shut_down(void)
{
	fake.shutting_down = true;
}

bool
fake_plan_is_asked(void)
{
	return fake.plan_done != NULL;
}

void
fake_plan_done(struct plan *plan, const char *error)
{
	supervisor_plan_done *done = fake.plan_done;

	fake.plan_done = NULL;
	done(fake.plan_arg, plan, error);
}

/* What jobd has in supervisor.c. */

struct generation *
generation_ref(struct generation *generation)
{
	generation->references++;
	return generation;
}

void
generation_unref(struct generation *generation)
{
	if (generation != NULL)
		generation->references--;
}

struct event_base *
supervisor_base(void)
{
	return fake.base;
}

struct generation *
supervisor_generation(void)
{
	return &fake.generation;
}

struct program_list *
supervisor_programs(void)
{
	return &fake.programs;
}

struct program *
supervisor_find_pid(pid_t pid)
{
	struct program *program;

	TAILQ_FOREACH (program, &fake.programs, entry)
		if (program->pid == pid)
			return program;
	return NULL;
}

bool
supervisor_is_shutting_down(void)
{
	return fake.shutting_down;
}

void
supervisor_shutdown(int exit_code, const char *why)
{
	note("shutdown %d %s", exit_code, why);
	fake.shutting_down = true;
}

int
supervisor_reload(bool apply, supervisor_plan_done *done, void *arg)
{
	if (fake.plan_done != NULL) {
		errno = EBUSY;
		return -1;
	}
	note(apply ? "reload" : "plan");
	fake.plan_done = done;
	fake.plan_arg = arg;
	return 0;
}

int
supervisor_scale(const char *name, int64_t count, const char **errstr)
{
	const struct conf_program *conf = conf_find_program(fake.generation.conf, name);
	struct program *program;
	int present = 0;

	if (count < 1 || count > fake.instances_max) {
		*errstr = "the number of instances must be from 1 to 1000";
		return -1;
	}
	TAILQ_FOREACH (program, &fake.programs, entry) {
		if (program->conf != conf)
			continue;
		if (++present > count) {
			program->remove = true;
			program->state = STATE_STOPPING;
		}
	}
	for (int instance = present + 1; instance <= count; instance++) {
		program = calloc(1, sizeof(*program));
		if (program == NULL)
			abort();
		program->conf = conf;
		program->instance = instance;
		program->state = STATE_WAITING;
		snprintf(program->name, sizeof(program->name), "%s:%d", name, instance);
		TAILQ_INSERT_TAIL(&fake.programs, program, entry);
	}
	return 0;
}

struct program *
supervisor_match(const char *word, struct program *previous)
{
	struct program *program =
	    previous == NULL ? TAILQ_FIRST(&fake.programs) : TAILQ_NEXT(previous, entry);

	for (; program != NULL; program = TAILQ_NEXT(program, entry))
		if (names_match(word, program->conf->name, program->instance,
			(enum conf_role)program->conf->role))
			return program;
	return NULL;
}

/* What jobd has in program.c. */

bool
program_is_gone(const struct program *program)
{
	return program->remove && program->state == STATE_STOPPED;
}

void
program_start(struct program *program, const char *why)
{
	note("start %s", program->name);
	program->why = why;
	if (program->state == STATE_STOPPING)
		program->start_when_stopped = true;
	else if (state_is_at_rest(program->state) || program->state == STATE_BACKOFF)
		program->state = STATE_WAITING;
}

void
program_stop(struct program *program, enum exit_reason reason, const char *why)
{
	(void)reason;
	note("stop %s", program->name);
	program->start_when_stopped = false;
	program->why = why;
	program->state = program->state == STATE_BACKOFF || program->state == STATE_WAITING
			     ? STATE_STOPPED
			     : STATE_STOPPING;
	if (program->state == STATE_STOPPED)
		control_result(program, false);
}

void
program_restart(struct program *program, enum exit_reason reason, const char *why)
{
	(void)reason;
	note("restart %s", program->name);
	program->why = why;
	if (state_is_at_rest(program->state) || program->state == STATE_BACKOFF) {
		program->state = STATE_WAITING;
		return;
	}
	program->state = STATE_STOPPING;
	program->start_when_stopped = true;
}

int
program_signal(struct program *program, int signum)
{
	if (program->state != STATE_RUNNING) {
		errno = ESRCH;
		return -1;
	}
	note("signal %d %s", signum, program->name);
	return 0;
}

const char *
program_description(const struct program *program, char *buf, size_t size)
{
	snprintf(buf, size, "description of %s", program->name);
	return buf;
}

void
program_ready(struct program *program)
{
	note("ready %s", program->name);
}

void
program_overdue(struct program *program, enum exit_reason reason)
{
	note("overdue %s %s", program->name, exit_reason_word(reason));
}
