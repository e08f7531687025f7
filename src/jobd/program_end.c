#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#include "program.h"
#include "restart.h"
#include "spawn.h"
#include "supervisor.h"
#include "timer.h"

/* What becomes of a program whose leader is gone: how it ended, and whether it comes back. */

static void record_exit(struct program *);
static void ask_budget(struct program *, struct restart_decision *);
static void decide(struct program *);
static void delay(struct program *, int64_t delay_ms);

void
program_reaped(struct program *program, int wait_status)
{
	struct exit_info *exit = &program->exit;

	if (spawn_again(program))
		return;
	/* What the child said before exec is in the pipe by now. */
	spawn_read_failure(program);
	if (program->forced != EXIT_REASON_SPAWN_FAILED) {
		exit_info_from_status(exit, wait_status, program->conf);
		if (exit->signal == SIGKILL && program->sweep < SWEEP_KILL &&
		    supervisor_saw_oom_kill())
			exit->reason = EXIT_REASON_OUT_OF_MEMORY;
	}
	record_exit(program);
}

void
program_lost(struct program *program)
{
	program->exit.reason = EXIT_REASON_LOST;
	program->exit.code = -1;
	program->exit.signal = 0;
	record_exit(program);
}

void
program_failed(struct program *program, enum exit_reason reason, int error)
{
	program->exit.spawn_errno = error;
	program->exit.code = -1;
	program->exit.signal = 0;
	program->forced = reason;
	if (error != 0 && program->reason[0] == '\0')
		snprintf(program->reason, sizeof(program->reason), "can't be started: %s",
		    strerror(error));
	if (program->state == STATE_STARTING || program->state == STATE_PREPARING)
		program->started = monotime_now();
	record_exit(program);
}

/* The leader is gone: keep how, and go on with those it left behind. */
static void
record_exit(struct program *program)
{
	struct exit_info *exit = &program->exit;

	if (program->forced != EXIT_REASON_NONE)
		exit->reason = program->forced;
	exit->pid = program->pid;
	exit->at = walltime_now();
	exit->uptime_ms =
	    program->pid != 0 ? monotime_diff_ms(monotime_now(), program->started) : 0;
	/* Somebody may have stopped it before. */
	if (exit->reason >= EXIT_REASON_CHECK && exit->reason <= EXIT_REASON_CHANGE)
		note_add(exit->at, program->health.is_ending ? program->health.text : "");
	program->exit_told = false;
	program->history[program->history_count++ % PROGRAM_HISTORY_MAX] = *exit;
	program->pid = 0;
	fd_clear(&program->pid_fd);
	program_event(program, EVENT_EXIT, NULL);
}

void
program_gone(struct program *program)
{
	program->session = 0;
	program->swept = true;
	if (program->state == STATE_SWEEPING)
		decide(program);
	else
		program_event(program, EVENT_FINISH, program->why);
}

/* A restart that all programs' budget does not allow yet is asked for again when its delay is over.
 */
static void
ask_budget(struct program *program, struct restart_decision *decision)
{
	int64_t wait_ms = supervisor_take_restart();

	program->held = wait_ms > 0;
	if (wait_ms <= decision->delay_ms)
		return;
	decision->verdict = RESTART_LATER;
	decision->delay_ms = wait_ms;
	snprintf(program->reason, sizeof(program->reason),
	    "too many restarts of all programs together (restart_budget)");
}

/* Its last member is gone without anybody having asked for it: what now? */
static void
decide(struct program *program)
{
	struct restart_facts facts = { .conf = program->conf,
		.exit = &program->exit,
		.was_ready = program->was_ready,
		.failures = program->failures,
		.random = arc4random() };
	struct restart_decision decision = restart_decide(&facts);
	char text[100];

	if (supervisor_is_shutting_down()) {
		program_event(program, EVENT_FINISH, "shutdown");
		return;
	}
	program->failures = decision.failures;
	if (decision.verdict == RESTART_NOW || decision.verdict == RESTART_LATER) {
		ask_budget(program, &decision);
		program->restarts++;
		program->restarts_by[program->exit.reason]++;
	}
	exit_info_text(&program->exit, text, sizeof(text));
	if (program->reason[0] == '\0' && decision.verdict != RESTART_NOW && !program->was_ready &&
	    decision.verdict != RESTART_FINISHED)
		snprintf(program->reason, sizeof(program->reason), "Exited too quickly (%s)", text);
	switch (decision.verdict) {
	case RESTART_NOW:
		program_event(program, EVENT_RETRY, "restart");
		break;
	case RESTART_LATER:
		delay(program, decision.delay_ms);
		break;
	case RESTART_GIVE_UP:
		program_event(program, EVENT_GIVE_UP, "too many failed starts");
		break;
	case RESTART_FINISHED:
		program->reason[0] = '\0';
		program_event(program, EVENT_FINISH, "finished");
		break;
	}
}

static void
delay(struct program *program, int64_t delay_ms)
{
	timer_start_ms(&program->timer, delay_ms);
	program_event(program, EVENT_DELAY, "back-off");
}
