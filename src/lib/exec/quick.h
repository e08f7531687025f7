/*
 * A start that copies nothing of the parent.  fork(2) copies the page tables of the whole process,
 * and then each page that either side writes; here the child runs in the parent's memory, on a
 * stack of its own, makes the dozen system calls that were laid out for it, and executes.  It never
 * calls a function of the C library, writes nothing but its own slot, and reads no file.
 */
#ifndef EXEC_QUICK_H
#define EXEC_QUICK_H

#include <sys/types.h>

#include "exec/exec.h"

/*
 * Starts the request, as exec_child() would, if it is plain: no user, limits, files, sockets or
 * arguments.  Waits for the child to execute, but not for long: behind a disk that hangs it goes on
 * by itself, and exec_quick_failed() tells if nothing came of it.  The caller blocks all signals,
 * and its handlers do not change after the first call.
 *
 * Returns the child's pid, or 0 if it has to be done with fork() and exec_child(), which also says
 * what is wrong; a child that gave up is then still to be reaped.
 */
pid_t exec_quick(const struct exec_request *);
/* Asked about a pid of exec_quick() when it was reaped: true, and why, if it could not execute. */
bool exec_quick_failed(pid_t, struct exec_failure *);

#endif
