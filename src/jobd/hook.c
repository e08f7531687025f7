#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/signame.h"

#include "hook.h"
#include "spawn.h"
#include "supervisor.h"
#include "sweep.h"
#include "timer.h"

static void on_timeout(evutil_socket_t, short, void *);
static const char *hook_command(const struct conf_program *, enum hook);

static const char *const words[] = {
	[HOOK_BEFORE_START] = "before_start",
	[HOOK_STOP_COMMAND] = "stop_command",
	[HOOK_AFTER_STOP] = "after_stop",
};

void
hook_init(struct program *program)
{
	evtimer_assign(&program->hook_timer, supervisor_base(), on_timeout, program);
}

static const char *
hook_command(const struct conf_program *conf, enum hook hook)
{
	if (hook == HOOK_BEFORE_START)
		return conf->before_start;
	return hook == HOOK_STOP_COMMAND ? conf->stop_command : conf->after_stop;
}

int
hook_run(struct program *program, enum hook hook)
{
	hook_end(program);
	program->hook = hook;
	program->hook_pid = spawn_hook(program, hook_command(program->conf, hook));
	if (program->hook_pid == -1) {
		log_warn("%s: %s", program->name, words[hook]);
		program->hook_pid = 0;
		if (hook == HOOK_BEFORE_START)
			program_failed(program, EXIT_REASON_HOOK_FAILED, errno);
		return -1;
	}
	timer_start_ms(&program->hook_timer, program->conf->hook_timeout_ms);
	return 0;
}

void
hook_end(struct program *program)
{
	event_del(&program->hook_timer);
	if (program->hook_pid == 0)
		return;
	kill(-program->hook_pid, SIGKILL);
	kill(program->hook_pid, SIGKILL);
	program->hook_pid = 0;
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;

	(void)fd;
	(void)what;
	log_warnx("%s: %s takes longer than hook_timeout, killing it", program->name,
	    words[program->hook]);
	kill(-program->hook_pid, SIGKILL);
	kill(program->hook_pid, SIGKILL);
}

void
hook_reaped(struct program *program, int wait_status)
{
	bool good = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
	char text[300];

	event_del(&program->hook_timer);
	program->hook_pid = 0;
	if (spawn_hook_failure(program, text, sizeof(text)))
		good = false;
	else if (WIFEXITED(wait_status))
		snprintf(text, sizeof(text), "exit code %d", WEXITSTATUS(wait_status));
	else
		snprintf(text, sizeof(text), "killed by %s", signame_text(WTERMSIG(wait_status)));
	if (!good)
		log_warnx("%s: %s failed: %s", program->name, words[program->hook], text);
	if (program->hook == HOOK_AFTER_STOP) {
		sweep_hook_done(program);
	} else if (program->hook == HOOK_BEFORE_START && program->state == STATE_PREPARING) {
		if (good) {
			program_event(program, EVENT_PREPARED, NULL);
			return;
		}
		snprintf(
		    program->reason, sizeof(program->reason), "before_start failed: %.170s", text);
		program_failed(program, EXIT_REASON_HOOK_FAILED, 0);
	} else if (program->hook == HOOK_STOP_COMMAND && !good && program->sweep == SWEEP_COMMAND) {
		/* It did not do its work: the signal does. */
		program->sweep = SWEEP_NONE;
		sweep_stop(program, (int)program->conf->stop_signal, false);
	}
}
