#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"

#include "control.h"
#include "hook.h"
#include "journal.h"
#include "listen.h"
#include "lock.h"
#include "members.h"
#include "output.h"
#include "program.h"
#include "ready.h"
#include "spawn.h"
#include "supervisor.h"
#include "sweep.h"
#include "timer.h"

typedef void program_action(struct program *);

static void act_none(struct program *);
static void act_queue(struct program *);
static void act_prepare(struct program *);
static void act_spawn(struct program *);
static void act_announce(struct program *);
static void act_sweep(struct program *);
static void act_stop(struct program *);
static void act_expel(struct program *);
static void act_delay(struct program *);
static void act_settle(struct program *);
static void on_backoff_over(evutil_socket_t, short, void *);
static void tell(struct program *, enum state from);
static void make_name(struct program *);
static void take_next_conf(struct program *);
static const char *why_text(struct program *, enum state_event);

static program_action *const actions[] = {
	[ACTION_NONE] = act_none,
	[ACTION_QUEUE] = act_queue,
	[ACTION_PREPARE] = act_prepare,
	[ACTION_SPAWN] = act_spawn,
	[ACTION_ANNOUNCE] = act_announce,
	[ACTION_SWEEP] = act_sweep,
	[ACTION_STOP] = act_stop,
	[ACTION_EXPEL] = act_expel,
	[ACTION_DELAY] = act_delay,
	[ACTION_SETTLE] = act_settle,
};

struct program *
program_new(const struct conf_program *conf, struct generation *generation, int instance)
{
	struct program *program = calloc(1, sizeof(*program));

	if (program == NULL)
		return NULL;
	program->conf = conf;
	program->generation = generation_ref(generation);
	program->instance = instance;
	program->numbered = conf->instances > 1 || instance > 1;
	make_name(program);
	program->why = "boot";
	program->pid_fd = program->spawn_fd = program->ready_fd = -1;
	program->hook_fd = program->lock_fd = -1;
	program->exit.code = -1;
	evtimer_assign(&program->timer, supervisor_base(), on_backoff_over, program);
	sweep_init(program);
	hook_init(program);
	lock_init(program);
	ready_init(program);
	spawn_init(program);
	if (output_open(program) == -1)
		log_warn("%s: no pipes for its output", program->name);
	return program;
}

bool
program_is_gone(const struct program *program)
{
	return program->remove && state_is_at_rest(program->state);
}

void
program_free(struct program *program)
{
	if (program == NULL)
		return;
	event_del(&program->timer);
	sweep_cancel(program);
	hook_end(program);
	ready_cancel(program);
	spawn_cancel(program);
	lock_release(program);
	output_close(program);
	listen_close(program);
	generation_unref(program->generation);
	generation_unref(program->next_generation);
	free(program);
}

static void
make_name(struct program *program)
{
	if (program->numbered)
		snprintf(program->name, sizeof(program->name), "%s:%d", program->conf->name,
		    program->instance);
	else
		snprintf(program->name, sizeof(program->name), "%s", program->conf->name);
}

void
program_set_numbered(struct program *program, bool numbered)
{
	if (program->numbered == numbered)
		return;
	program->numbered = numbered;
	make_name(program);
	output_changed(program);
}

void
program_event(struct program *program, enum state_event event, const char *why)
{
	struct state_move move = state_move(program->state, event);
	enum state from = program->state;

	if (!move.valid)
		return;
	program->state = move.next;
	program->why = why != NULL ? why : why_text(program, event);
	if (from != move.next)
		tell(program, from);
	actions[move.action](program);
	supervisor_poke();
}

/* The log and the journal get what users see; moves between hidden states are for debugging. */
static void
tell(struct program *program, enum state from)
{
	bool with_exit = program->exit.reason != EXIT_REASON_NONE && !program->exit_told;
	bool has_reason = program->reason[0] != '\0' &&
			  (program->state == STATE_BACKOFF || program->state == STATE_FATAL);

	if (strcmp(state_word(from), state_word(program->state)) == 0) {
		log_debug("%s: %s", program->name, program->why);
		return;
	}
	program->changed_at = walltime_now();
	log_info("%s %s -> %s (%s)%s%s", program->name, state_word(from),
	    state_word(program->state), program->why, has_reason ? ": " : "",
	    has_reason ? program->reason : "");
	journal_add(program, from, program->why, with_exit ? &program->exit : NULL);
	if (with_exit)
		program->exit_told = true;
}

static const char *
why_text(struct program *program, enum state_event event)
{
	if (event == EVENT_EXIT)
		return exit_reason_word(program->exit.reason);
	return state_event_word(event);
}

static void
act_none(struct program *program)
{
	(void)program;
}

/* The supervisor looks at everyone who waits when it is poked. */
static void
act_queue(struct program *program)
{
	event_del(&program->timer);
}

static void
act_prepare(struct program *program)
{
	take_next_conf(program);
	program->reason[0] = '\0';
	program->status[0] = '\0';
	health_begin(program);
	program->was_ready = false;
	program->exit_told = true;
	program->hook_done = false;
	program->adopted = false;
	program->kills = 0;
	program->old_told = OLD_NOBODY;
	program->survivor_count = 0;
	program->forced = EXIT_REASON_NONE;
	spawn_new_id(program);
	lock_acquire(program);
}

void
program_locked(struct program *program)
{
	if (program->conf->before_start[0] != '\0')
		hook_run(program, HOOK_BEFORE_START);
	else
		program_event(program, EVENT_PREPARED, NULL);
}

static void
act_spawn(struct program *program)
{
	uint64_t since = members_ticks_now();

	program->swept = false;
	if (spawn_leader(program) == -1) {
		program_failed(program, EXIT_REASON_SPAWN_FAILED, errno);
		return;
	}
	lock_hand_over(program, since);
	if (program->conf->role == CONF_ROLE_LOGGER)
		output_channel_started();
	program->started = monotime_now();
	program->started_at = walltime_now();
	if (conf_is_guarded(program->conf))
		journal_spawned(program);
	ready_watch(program);
}

static void
act_announce(struct program *program)
{
	program->was_ready = true;
	ready_watchdog(program);
	control_result(program, false);
}

static void
act_sweep(struct program *program)
{
	ready_cancel(program);
	sweep_rest(program);
}

static void
act_stop(struct program *program)
{
	ready_cancel(program);
	sweep_stop(program, (int)program->conf->stop_signal, true);
}

/* SIGABRT asks for a core dump of what hangs, as systemd does; a start that takes too long is
 * stopped as usual. */
static void
act_expel(struct program *program)
{
	int signum =
	    program->forced == EXIT_REASON_WATCHDOG ? SIGABRT : (int)program->conf->stop_signal;

	ready_cancel(program);
	sweep_stop(program, signum, false);
}

static void
act_delay(struct program *program)
{
	control_result(program, false);
}

static void
act_settle(struct program *program)
{
	bool again = program->start_when_stopped && program->state == STATE_STOPPED;

	event_del(&program->timer);
	ready_cancel(program);
	lock_release(program);
	take_next_conf(program);
	if (again && !supervisor_is_shutting_down() && !program->remove) {
		program->start_when_stopped = false;
		program_event(program, EVENT_START, "restart");
		return;
	}
	program->start_when_stopped = false;
	control_result(program, false);
	if (program->conf->essential && program->state != STATE_STOPPED)
		supervisor_essential_ended(program);
}

static void
on_backoff_over(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;
	int64_t wait_ms = program->held ? supervisor_take_restart() : 0;

	(void)fd;
	(void)what;
	program->held = wait_ms > 0;
	if (program->held)
		timer_start_ms(&program->timer, wait_ms);
	else
		program_event(program, EVENT_TIMER, "restart");
}

void
program_overdue(struct program *program, enum exit_reason reason)
{
	if (program->forced == EXIT_REASON_NONE)
		program->forced = reason;
	program_event(program, EVENT_OVERDUE, exit_reason_word(reason));
}

static void
take_next_conf(struct program *program)
{
	if (program->next_conf == NULL)
		return;
	/* Who waits for the same address to be served again is not sent away. */
	if (!listen_is_same(program->conf, program->next_conf))
		listen_close(program);
	generation_unref(program->generation);
	program->conf = program->next_conf;
	program->generation = program->next_generation;
	program->next_conf = NULL;
	program->next_generation = NULL;
	make_name(program);
	health_configured(program);
	output_changed(program);
}

void
program_set_next(
    struct program *program, const struct conf_program *conf, struct generation *generation)
{
	generation_unref(program->next_generation);
	program->next_conf = conf;
	program->next_generation = generation_ref(generation);
	if (state_is_at_rest(program->state))
		take_next_conf(program);
}

void
program_set_conf(
    struct program *program, const struct conf_program *conf, struct generation *generation)
{
	struct generation *old = program->generation;

	generation_unref(program->next_generation);
	program->next_conf = NULL;
	program->next_generation = NULL;
	program->conf = conf;
	program->generation = generation_ref(generation);
	generation_unref(old);
	health_configured(program);
	output_changed(program);
}

void
program_start(struct program *program, const char *why)
{
	if (state_is_at_rest(program->state) || program->state == STATE_BACKOFF)
		program->failures = 0;
	if (program->state == STATE_SWEEPING || program->state == STATE_EXPELLING)
		program_stop(program, EXIT_REASON_OPERATOR, why);
	if (program->state == STATE_STOPPING)
		program->start_when_stopped = true;
	else
		program_event(program, EVENT_START, why);
}

void
program_stop(struct program *program, enum exit_reason reason, const char *why)
{
	program->start_when_stopped = false;
	if (program->forced == EXIT_REASON_NONE)
		program->forced = reason;
	program_event(program, EVENT_STOP, why);
}

void
program_restart(struct program *program, enum exit_reason reason, const char *why)
{
	if (state_is_at_rest(program->state) || program->state == STATE_BACKOFF ||
	    program->state == STATE_WAITING) {
		program_start(program, why);
		return;
	}
	program->failures = 0;
	program_stop(program, reason, why);
	/* It may have come to rest at once. */
	if (program->state == STATE_STOPPED)
		program_start(program, why);
	else
		program->start_when_stopped = true;
}

int
program_signal(struct program *program, int signum)
{
	if (program->pid == 0) {
		errno = ESRCH;
		return -1;
	}
	return kill(program->pid, signum);
}

void
program_adopted(struct program *program)
{
	program->started = monotime_now();
	program->started_at = walltime_now();
	program->adopted = true;
	program_event(program, EVENT_ADOPTED, NULL);
}

void
program_ready(struct program *program)
{
	program_event(program, EVENT_READY, NULL);
}
