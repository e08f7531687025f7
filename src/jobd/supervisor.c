#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/notify.h"
#include "exec/oom.h"

#include "builtin.h"
#include "control.h"
#include "control_peer.h"
#include "generation.h"
#include "lock.h"
#include "members.h"
#include "names.h"
#include "order.h"
#include "output.h"
#include "ready.h"
#include "reload.h"
#include "restart.h"
#include "signals.h"
#include "spawn.h"
#include "supervisor.h"
#include "timer.h"

/* More than the stack was ever deep. */
#define STACK_GIVEN_BACK ((size_t)1 << 20)

static void on_poke(evutil_socket_t, short, void *);
static void on_drained(evutil_socket_t, short, void *);
static int add_programs(void);
static void tell_manager(void);
static int make_ready(struct conf *);
static struct event_base *new_base(void);
static void give_back_stack(void);
static void clean_up(void);

static struct {
	struct event_base *base;
	struct event poke;
	struct event drain_timer;
	struct generation *generation;
	struct program_list programs;
	struct restart_budget budget;
	bool shutting_down;
	bool ready_told;
	int oom_fd;
	int64_t oom_kills;
	int exit_code, drain_code;
} all = { .programs = TAILQ_HEAD_INITIALIZER(all.programs) };

struct event_base *
supervisor_base(void)
{
	return all.base;
}

struct generation *
supervisor_generation(void)
{
	return all.generation;
}

void
supervisor_accept(struct generation *generation)
{
	const struct conf *conf = generation->conf;
	enum log_level level;

	generation_ref(generation);
	generation_unref(all.generation);
	all.generation = generation;
	if (log_level_from_word(conf->log_level, &level) == 0)
		log_set_level(level);
	restart_budget_init(&all.budget, conf->restart_budget, conf->restart_budget_ms);
}

struct program_list *
supervisor_programs(void)
{
	return &all.programs;
}

struct program *
supervisor_find_pid(pid_t pid)
{
	struct program *program;

	TAILQ_FOREACH (program, &all.programs, entry)
		if (pid != 0 && (program->pid == pid || program->hook_pid == pid))
			return program;
	return NULL;
}

struct program *
supervisor_find_member(pid_t pid)
{
	struct program *program = supervisor_find_pid(pid);

	if (program != NULL)
		return program;
	TAILQ_FOREACH (program, &all.programs, entry)
		if (members_has(program, pid))
			return program;
	return NULL;
}

struct program *
supervisor_match(const char *word, struct program *previous)
{
	struct program *program =
	    previous == NULL ? TAILQ_FIRST(&all.programs) : TAILQ_NEXT(previous, entry);

	for (; program != NULL; program = TAILQ_NEXT(program, entry))
		if (!program_is_gone(program) &&
		    names_match(word, program->conf->name, program->instance,
			(enum conf_role)program->conf->role))
			return program;
	return NULL;
}

bool
supervisor_is_shutting_down(void)
{
	return all.shutting_down;
}

bool
supervisor_saw_oom_kill(void)
{
	int64_t before = all.oom_kills;

	all.oom_kills = oom_kills(all.oom_fd);
	return all.oom_kills > before;
}

int64_t
supervisor_take_restart(void)
{
	return restart_budget_take(&all.budget, monotime_now());
}

void
supervisor_poke(void)
{
	event_active(&all.poke, EV_TIMEOUT, 0);
}

static void
on_poke(evutil_socket_t fd, short what, void *arg)
{
	struct program *program, *next;

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH_SAFE (program, &all.programs, entry, next) {
		if (program_is_gone(program)) {
			TAILQ_REMOVE(&all.programs, program, entry);
			program_free(program);
		}
	}
	if (all.shutting_down) {
		if (order_stop(&all.programs))
			event_base_loopbreak(all.base);
		return;
	}
	order_start(&all.programs);
	tell_manager();
}

/* systemd hears that we are ready when nothing of the boot is under way any more. */
static void
tell_manager(void)
{
	struct program *program;
	char text[100];
	int running = 0, total = 0;

	TAILQ_FOREACH (program, &all.programs, entry) {
		if (program->state == STATE_WAITING || program->state == STATE_PREPARING ||
		    program->state == STATE_STARTING)
			return;
		total += !names_is_helper((enum conf_role)program->conf->role);
		running += program->state == STATE_RUNNING &&
			   !names_is_helper((enum conf_role)program->conf->role);
	}
	snprintf(text, sizeof(text), "%sSTATUS=%d of %d programs running",
	    all.ready_told ? "" : "READY=1\n", running, total);
	all.ready_told = true;
	if (notify_send(text) == -1)
		log_debug("NOTIFY_SOCKET: %s", strerror(errno));
}

void
supervisor_shutdown(int exit_code, const char *why)
{
	if (all.shutting_down)
		return;
	log_info("shutting down (%s)", why);
	all.shutting_down = true;
	all.exit_code = exit_code;
	notify_send("STOPPING=1");
	supervisor_poke();
}

void
supervisor_essential_ended(struct program *program)
{
	char text[120];

	if (all.shutting_down || evtimer_pending(&all.drain_timer, NULL))
		return;
	all.drain_code = exit_info_jobd_code(&program->exit, program->conf);
	log_warnx("%s is essential and has ended (%s): jobd ends with exit code %d", program->name,
	    exit_info_text(&program->exit, text, sizeof(text)), all.drain_code);
	timer_start_ms(&all.drain_timer, program->conf->drain_ms);
}

static void
on_drained(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	supervisor_shutdown(all.drain_code, "essential program ended");
}

static int
add_programs(void)
{
	const struct conf *conf = all.generation->conf;

	for (size_t i = 0; i < conf->program_count; i++)
		if (conf->programs[i].enabled &&
		    supervisor_add(&conf->programs[i], all.generation) == -1)
			return -1;
	return 0;
}

int
supervisor_add(const struct conf_program *conf, struct generation *generation)
{
	for (int instance = 1; instance <= conf->instances; instance++)
		if (supervisor_add_instance(conf, generation, instance) == NULL)
			return -1;
	return 0;
}

/* Kept in starting order: priority, then name, then instance. */
struct program *
supervisor_add_instance(
    const struct conf_program *conf, struct generation *generation, int instance)
{
	struct program *program = program_new(conf, generation, instance), *other;

	if (program == NULL)
		return NULL;
	TAILQ_FOREACH (other, &all.programs, entry)
		if (order_compare(program, other) < 0)
			break;
	if (other != NULL)
		TAILQ_INSERT_BEFORE(other, program, entry);
	else
		TAILQ_INSERT_TAIL(&all.programs, program, entry);
	return program;
}

/* Timers to the microsecond: the coarse clock, which libevent takes by default, may be 4 ms behind.
 */
static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

/* There is one jobd for each.  0, or -1 (logged). */
static int
take_run_dir(const char *run_dir)
{
	pid_t holder;

	if (lock_run_dir(run_dir, &holder) == 0)
		return 0;
	if (holder != 0)
		log_errx("another jobd (process %d) runs with run_dir '%s'", (int)holder, run_dir);
	else
		log_err("run_dir '%s': jobd.pid", run_dir);
	return -1;
}

/* Everything that may fail, before anything is started.  0, or -1 (logged). */
static int
make_ready(struct conf *conf)
{
	struct generation *generation;
	struct peer_groups groups;

	tzset();
	if (take_run_dir(conf->run_dir) == -1) {
		conf_free(conf);
		return -1;
	}
	if ((all.base = new_base()) == NULL ||
	    event_base_priority_init(all.base, PRIORITIES) == -1 ||
	    (generation = generation_new(conf)) == NULL) {
		log_err("starting");
		return -1;
	}
	evtimer_assign(&all.poke, all.base, on_poke, NULL);
	event_priority_set(&all.poke, PRIORITY_LAST);
	evtimer_assign(&all.drain_timer, all.base, on_drained, NULL);
	groups = peer_find_groups(&conf->control);
	peer_set_groups(&groups);
	supervisor_accept(generation);
	generation_unref(generation);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		log_warn("becoming the reaper of orphans");
	spawn_raise_limits();
	all.oom_fd = oom_open();
	all.oom_kills = oom_kills(all.oom_fd);
	if (lock_open_dir(conf->run_dir) == -1)
		log_warn("run_dir '%s': lock", conf->run_dir);
	if (builtin_check(conf) == -1 || signals_watch(all.base) == -1 ||
	    builtin_open_sockets(conf) == -1)
		return -1;
	if (ready_open_socket(conf->run_dir) == -1)
		log_warn("run_dir '%s': notify.sock", conf->run_dir);
	reload_init();
	if (output_init(all.generation) == -1 || add_programs() == -1) {
		log_err("starting");
		return -1;
	}
	return 0;
}

/* What reading the configuration took of it is never needed again: reloads are read by a child. */
static void
give_back_stack(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t here = (uintptr_t)&page / page * page - page;

	/* What is not mapped there does not matter. */
	if (madvise((void *)(here - STACK_GIVEN_BACK), STACK_GIVEN_BACK, MADV_DONTNEED) == -1)
		log_debug("madvise: %s", strerror(errno));
}

int
supervisor_run(struct conf *conf)
{
	struct program *program;

	if (make_ready(conf) == -1) {
		clean_up();
		return EXIT_FAILURE;
	}
	log_info("jobd " PACKAGE_VERSION " started with %zu programs and %zu jobs",
	    conf->program_count, conf->job_count);
	give_back_stack();
	log_gather();
	TAILQ_FOREACH (program, &all.programs, entry)
		if (program->conf->autostart)
			program_start(program, "boot");
	supervisor_poke();
	log_flush();
	spawn_detach_done();
	do {
		event_base_loop(all.base, EVLOOP_ONCE);
		log_flush();
	} while (!event_base_got_break(all.base));
	log_info("all programs have ended, exit code %d", all.exit_code);
	clean_up();
	return all.exit_code;
}

static void
clean_up(void)
{
	builtin_close_sockets();
	ready_close_socket();
	output_end();
	lock_unlock_run_dir();
	/* Last: when it is closed the next jobd may be started. */
	control_close();
}
