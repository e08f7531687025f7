/*
 * What happens between fork and exec: identity, limits, environment, descriptors, command.
 * Everything that can block or fail (user data base, files, PATH) happens here, in the child, never
 * in the parent. jobd and jobd-runner fork, then call exec_child() in the child.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <sys/resource.h>

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* What the child reports on error_fd before it gives up with exit code 127; read whole, it is
 * smaller than PIPE_BUF. */
struct exec_failure {
	int error;      /* errno, 0 if there is none */
	char text[500]; /* "can't find command 'x'", "no such user 'x'", "directory '/x': Permission
			   denied" */
};

struct exec_listen {
	int fd;
	const char *name;
};

struct exec_request {
	const char *command;    /* as in the configuration */
	bool shell;             /* through /bin/sh -c */
	char *const *arguments; /* NULL, or NULL-ended words behind the command's own; with shell
				   "$1" and on */
	const struct conf_identity *identity; /* never NULL */
	/*
	 * Environment, later ones win: ours without what was meant for us alone (LISTEN_*,
	 * NOTIFY_SOCKET, WATCHDOG_*); the user's HOME, USER, LOGNAME and SHELL; these two (NULL or
	 * NULL-ended "NAME=value"); the identity's file, its list and its secrets.
	 */
	char *const *global_environment;
	char *const *extra_environment;
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null */
	const struct exec_listen *
	    listen; /* passed on from descriptor 3 with LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES */
	size_t listen_count;
	int extra_fd, extra_fd_target; /* -1, or a descriptor that the child gets under this number
					  (readiness) */
	const struct rlimit *nofile; /* NULL, or the limit of open files that the child gets back */
	int keep_fd; /* -1, or a descriptor that stays open in the child under any number (its lock)
		      */
};

/*
 * Becomes the command: new session, default signal dispositions, empty signal mask, every other
 * descriptor closed. With a user: initgroups, HOME, USER, LOGNAME and SHELL set.  The command's
 * words are those of text_split_command(); without a '/' it is looked for in the PATH of its own
 * environment, with one it counts from `directory`.  Files are read before the user changes,
 * `directory` is entered after it.  A limit becomes both the soft and the hard one.
 *
 * The parent blocks all signals around fork(), or its handlers might run in the child.  On failure
 * writes a struct exec_failure to error_fd (which must be close-on-exec) and ends with _exit(127).
 */
_Noreturn void exec_child(const struct exec_request *, int error_fd);

#endif
