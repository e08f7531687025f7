#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/signame.h"

#include "control.h"
#include "hook.h"
#include "members.h"
#include "program.h"
#include "supervisor.h"
#include "sweep.h"
#include "timer.h"

/* Between two rounds of SIGKILL: a member may have been forking when the first came. */
#define KILL_ROUND_MS 100
/* Rounds after which those that are still there are named as survivors. */
#define KILL_ROUNDS_BEFORE_NAMING 30

static void on_timer(evutil_socket_t, short, void *);
static void arm(struct program *, int64_t ms);
static void enter_leader(struct program *, int signum);
static void enter_kill(struct program *);
static void kill_round(struct program *);
static void name_survivors(struct program *, const pid_t *, int count);
static void finish(struct program *);
static bool signal_members(struct program *, int signum);

void
sweep_init(struct program *program)
{
	evtimer_assign(&program->sweep_timer, supervisor_base(), on_timer, program);
}

void
sweep_cancel(struct program *program)
{
	event_del(&program->sweep_timer);
	program->sweep = SWEEP_NONE;
}

static void
arm(struct program *program, int64_t ms)
{
	program->sweep_deadline = monotime_add_ms(monotime_now(), ms);
	timer_start_ms(&program->sweep_timer, ms);
}

void
sweep_stop(struct program *program, int signum, bool orderly)
{
	if (program->pid == 0) {
		sweep_rest(program);
		return;
	}
	if (orderly && program->conf->stop_command[0] != '\0' &&
	    hook_run(program, HOOK_STOP_COMMAND) == 0) {
		program->sweep = SWEEP_COMMAND;
		arm(program, program->conf->stop_timeout_ms);
		return;
	}
	enter_leader(program, signum);
}

static void
enter_leader(struct program *program, int signum)
{
	pid_t target =
	    program->conf->stop_mode == CONF_STOP_GROUP ? -program->session : program->pid;

	program->sweep = SWEEP_LEADER;
	if (kill(target, signum) == -1 && errno != ESRCH)
		log_warn("%s: %s to %d", program->name, signame_text(signum), (int)target);
	/* A stopped process can't end before it goes on. */
	kill(target, SIGCONT);
	arm(program, program->conf->stop_timeout_ms);
}

void
sweep_rest(struct program *program)
{
	if (program->sweep == SWEEP_KILL) {
		sweep_check(program);
		return;
	}
	if (program->sweep == SWEEP_HOOK)
		return;
	hook_end(program);
	program->sweep = SWEEP_MEMBERS;
	if (!members_left(program) || !signal_members(program, (int)program->conf->stop_signal)) {
		finish(program);
		return;
	}
	log_info("%s: its leader is gone, ending the processes it left behind", program->name);
	arm(program, program->conf->stop_timeout_ms);
}

/* True if there was any. */
static bool
signal_members(struct program *program, int signum)
{
	pid_t pids[MEMBERS_MAX];
	int count = members_list(program, pids, MEMBERS_MAX);

	for (int i = 0; i < count; i++) {
		if (members_kill(program, pids[i], signum) == -1 && errno != ESRCH)
			log_warn("%s: %s to member %d", program->name, signame_text(signum),
			    (int)pids[i]);
		members_kill(program, pids[i], SIGCONT);
	}
	return count > 0;
}

void
sweep_check(struct program *program)
{
	pid_t pids[MEMBERS_MAX];

	if ((program->sweep != SWEEP_MEMBERS && program->sweep != SWEEP_KILL) || program->pid != 0)
		return;
	if (!members_left(program) || members_list(program, pids, MEMBERS_MAX) == 0)
		finish(program);
}

void
sweep_hurry(struct program *program)
{
	if (program->sweep == SWEEP_COMMAND || program->sweep == SWEEP_LEADER ||
	    program->sweep == SWEEP_MEMBERS)
		enter_kill(program);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;

	(void)fd;
	(void)what;
	if (program->sweep == SWEEP_COMMAND) {
		log_warnx("%s: stop_command did not end it in time", program->name);
		hook_end(program);
		enter_leader(program, (int)program->conf->stop_signal);
	} else if (program->sweep == SWEEP_LEADER || program->sweep == SWEEP_MEMBERS) {
		log_warnx("%s: not gone after the stop signal, killing", program->name);
		enter_kill(program);
	} else if (program->sweep == SWEEP_KILL) {
		kill_round(program);
	}
}

static void
enter_kill(struct program *program)
{
	program->sweep = SWEEP_KILL;
	kill_round(program);
}

/* The timer goes first: the last member may be gone, and the program at rest, before this returns.
 */
static void
kill_round(struct program *program)
{
	pid_t pids[MEMBERS_MAX];
	int count;

	arm(program, KILL_ROUND_MS);
	program->kills++;
	if (program->pid != 0)
		kill(program->pid, SIGKILL);
	if (program->session != 0)
		kill(-program->session, SIGKILL);
	count = members_list(program, pids, MEMBERS_MAX);
	for (int i = 0; i < count; i++)
		members_kill(program, pids[i], SIGKILL);
	if (count == 0 && program->pid == 0)
		finish(program);
	else if (program->kills == KILL_ROUNDS_BEFORE_NAMING)
		name_survivors(program, pids, count);
}

/* SIGKILL can't end a process that hangs in the kernel, or one that is another user's. */
static void
name_survivors(struct program *program, const pid_t *pids, int count)
{
	size_t len;

	program->survivor_count = 0;
	len = (size_t)snprintf(program->reason, sizeof(program->reason), "could not be killed:");
	for (int i = 0; i < count && i < PROGRAM_SURVIVORS_MAX; i++) {
		program->survivors[program->survivor_count++] = pids[i];
		if (len < sizeof(program->reason))
			len += (size_t)snprintf(program->reason + len,
			    sizeof(program->reason) - len, " %d", (int)pids[i]);
	}
	log_errx("%s: %s", program->name, program->reason);
	control_result(program, true);
}

/* Everybody is gone; after_stop has the last word. */
static void
finish(struct program *program)
{
	event_del(&program->sweep_timer);
	if (!program->hook_done && program->conf->after_stop[0] != '\0' && program->session != 0) {
		program->hook_done = true;
		program->sweep = SWEEP_HOOK;
		if (hook_run(program, HOOK_AFTER_STOP) == 0)
			return;
	}
	program->sweep = SWEEP_NONE;
	if (program->survivor_count > 0) {
		program->survivor_count = 0;
		program->reason[0] = '\0';
	}
	program_gone(program);
}

void
sweep_hook_done(struct program *program)
{
	if (program->sweep != SWEEP_HOOK)
		return;
	program->sweep = SWEEP_NONE;
	program_gone(program);
}
