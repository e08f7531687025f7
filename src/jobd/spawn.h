/*
 * The only file that starts processes: leaders, hooks, and the child that reads the configuration
 * anew.  What can block happens in the child.
 */
#ifndef JOBD_SPAWN_H
#define JOBD_SPAWN_H

#include <sys/types.h>

#include "program.h"

/* Remembers what children get back: the limits of open files, and the environment without what was
 * meant for jobd. */
void spawn_prepare(void);
/* Raises jobd's own limit of open files as far as it goes. */
void spawn_raise_limits(void);

void spawn_init(struct program *);
void spawn_cancel(struct program *);
/* Makes the start id by which this start's processes are known. */
void spawn_new_id(struct program *);
/* Starts the program's leader; sets pid and session.  0, or -1 with errno (EAGAIN, ENOMEM, EMFILE
 * ...). */
int spawn_leader(struct program *);
/* Asked when a leader was reaped: true if it could not even execute and was started once more, so
 * that we hear why. */
bool spawn_again(struct program *);
/* Forks a command with the identity and output of the program.  The pid, or -1 with errno. */
pid_t spawn_hook(struct program *, const char *command);
/* After a hook was reaped: true, and why, if its command could not be executed. */
bool spawn_hook_failure(struct program *, char *text, size_t size);
/*
 * Forks a child that runs `work` and exits with what that returns; its output goes to the pipe
 * whose read end (non-blocking) is stored in *fd.  The pid, or -1 with errno.
 */
pid_t spawn_worker(int (*work)(int out_fd, void *arg), void *arg, int *fd);
/* The child's report, if there is one: then the program's reason and exit are set. */
void spawn_read_failure(struct program *);
/* Detaches from the terminal; the parent waits until detach_done() and exits with its code.  0, or
 * -1 with errno. */
int spawn_detach(void);
void spawn_detach_done(void);

#endif
