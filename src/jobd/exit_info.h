/*
 * How a program ended: reason, code, signal; and which exit code that makes of jobd.  Pure.
 */
#ifndef JOBD_EXIT_INFO_H
#define JOBD_EXIT_INFO_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"

/* Why a program ended; one word each in `status --json` and in the history. */
enum exit_reason {
	EXIT_REASON_NONE,          /* it has not ended yet */
	EXIT_REASON_CODE,          /* by itself, with an exit code */
	EXIT_REASON_SIGNAL,        /* by a signal that we did not send */
	EXIT_REASON_OUT_OF_MEMORY, /* the kernel killed it for want of memory */
	EXIT_REASON_START_TIMEOUT,
	EXIT_REASON_WATCHDOG,
	EXIT_REASON_OPERATOR, /* stop or restart was asked for */
	EXIT_REASON_RELOAD,   /* the configuration changed */
	EXIT_REASON_SHUTDOWN,
	EXIT_REASON_SPAWN_FAILED, /* it never ran */
	EXIT_REASON_HOOK_FAILED,  /* before_start did not succeed */
	EXIT_REASON_DEPENDENCY,   /* what it requires did not come */
	EXIT_REASON_CHECK,        /* its check failed */
	EXIT_REASON_MEMORY,       /* it used more than its `memory` */
	EXIT_REASON_AGE,          /* it was older than its max_age */
	EXIT_REASON_CHANGE,       /* one of the files that it watches has changed */
	EXIT_REASON_LOST,         /* an adopted one, of which nobody got the exit code */
	EXIT_REASON_COUNT
};

/* Small: sixteen are kept of each program, and one of each event. */
struct exit_info {
	struct walltime at;
	int64_t uptime_ms;
	pid_t pid;
	enum exit_reason reason : 5;
	bool core : 1;
	bool expected : 1;        /* the code is one of exit_codes */
	signed int code : 10;     /* -1 if it did not exit by itself */
	unsigned int signal : 7;  /* 0 if none killed it */
	unsigned spawn_errno : 8; /* with SPAWN_FAILED */
};
_Static_assert(EXIT_REASON_COUNT <= 32, "a reason does not fit in its bits");
_Static_assert(sizeof(struct exit_info) == 24, "an exit takes more than it needs");

const char *exit_reason_word(enum exit_reason);
/* Fills code, signal, core and expected from a wait status; an unforced end gets reason CODE or
 * SIGNAL. */
void exit_info_from_status(struct exit_info *, int wait_status, const struct conf_program *);
/* "exit code 7", "killed by SIGSEGV (core dumped)", "out of memory", ...; returns buf. */
const char *exit_info_text(const struct exit_info *, char *buf, size_t size);

/*
 * The exit code of jobd when an essential program ended so: exit_code of the program if it is set;
 * else its own code, 128 + signal, 124 for a start time-out or the watchdog, 127 for a command that
 * is not there, 126 for one that can't be executed, 125 for every other failure to start.
 */
int exit_info_jobd_code(const struct exit_info *, const struct conf_program *);

#endif
