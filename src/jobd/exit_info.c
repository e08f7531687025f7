#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/signame.h"

#include "exit_info.h"

/* As shells say it: not found 127, not executable 126; as timeout(1) says it: 124. */
enum {
	CODE_OVERDUE = 124,
	CODE_NOT_STARTED = 125,
	CODE_NOT_EXECUTABLE = 126,
	CODE_NOT_FOUND = 127,
	CODE_SIGNAL = 128,
};

static const struct {
	const char *word, *text;
	int jobd_code; /* 0: made of the code or the signal */
} reasons[EXIT_REASON_COUNT] = {
	[EXIT_REASON_NONE] = {"none",           "has not ended",                       0               },
	[EXIT_REASON_CODE] = { "exit",          NULL,                                  0               },
	[EXIT_REASON_SIGNAL] = { "signal",        NULL,                                  0               },
	[EXIT_REASON_OUT_OF_MEMORY] = { "out_of_memory", "killed by the kernel, out of memory", 0               },
	[EXIT_REASON_START_TIMEOUT] = { "start_timeout", "was not ready in time",               CODE_OVERDUE    },
	[EXIT_REASON_WATCHDOG] = { "watchdog",      "watchdog: no sign of life in time",   CODE_OVERDUE    },
	[EXIT_REASON_OPERATOR] = { "operator",      "stopped by the operator",             0               },
	[EXIT_REASON_RELOAD] = { "reload",        "stopped by a reload",                 0               },
	[EXIT_REASON_SHUTDOWN] = { "shutdown",      "stopped by the shutdown",             0               },
	[EXIT_REASON_SPAWN_FAILED] = { "spawn_failed",  "could not be started",                CODE_NOT_STARTED},
	[EXIT_REASON_HOOK_FAILED] = { "hook_failed",   "before_start failed",                 CODE_NOT_STARTED},
	[EXIT_REASON_DEPENDENCY] = { "dependency",    "what it requires did not come",
			      CODE_NOT_STARTED							 },
	[EXIT_REASON_CHECK] = { "check",         "check failed",                        CODE_OVERDUE    },
	[EXIT_REASON_MEMORY] = { "memory",        "used too much memory",                CODE_OVERDUE    },
	[EXIT_REASON_AGE] = { "age",           "was older than max_age",              0               },
	[EXIT_REASON_CHANGE] = { "change",        "a file has changed",                  0               },
	[EXIT_REASON_LOST] = { "lost",          "ended, its exit code is not known",   CODE_NOT_STARTED},
};

const char *
exit_reason_word(enum exit_reason reason)
{
	return reasons[reason].word;
}

void
exit_info_from_status(struct exit_info *exit, int wait_status, const struct conf_program *conf)
{
	exit->code = -1;
	exit->signal = 0;
	exit->core = false;
	exit->expected = false;
	if (WIFSIGNALED(wait_status)) {
		exit->reason = EXIT_REASON_SIGNAL;
		exit->signal = WTERMSIG(wait_status);
		exit->core = WCOREDUMP(wait_status);
		return;
	}
	exit->reason = EXIT_REASON_CODE;
	exit->code = WEXITSTATUS(wait_status);
	for (size_t i = 0; i < conf->exit_code_count; i++)
		if (conf->exit_codes[i] == exit->code)
			exit->expected = true;
}

const char *
exit_info_text(const struct exit_info *exit, char *buf, size_t size)
{
	if (reasons[exit->reason].text != NULL)
		snprintf(buf, size, "%s", reasons[exit->reason].text);
	else if (exit->signal != 0)
		snprintf(buf, size, "killed by %s%s", signame_text(exit->signal),
		    exit->core ? " (core dumped)" : "");
	else
		snprintf(buf, size, "exit code %d", exit->code);
	return buf;
}

int
exit_info_jobd_code(const struct exit_info *exit, const struct conf_program *conf)
{
	if (conf->exit_code != CONF_UNSET)
		return (int)conf->exit_code;
	if (exit->reason == EXIT_REASON_SPAWN_FAILED && exit->spawn_errno == ENOENT)
		return CODE_NOT_FOUND;
	if (exit->reason == EXIT_REASON_SPAWN_FAILED &&
	    (exit->spawn_errno == EACCES || exit->spawn_errno == ENOEXEC))
		return CODE_NOT_EXECUTABLE;
	if (reasons[exit->reason].jobd_code != 0)
		return reasons[exit->reason].jobd_code;
	if (exit->signal != 0)
		return CODE_SIGNAL + exit->signal;
	return exit->code >= 0 ? exit->code : CODE_NOT_STARTED;
}
