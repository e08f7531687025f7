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
 * arguments.  Takes no memory.  Does not wait for the child to execute, so nothing that it meets
 * holds up the caller, who has blocked all signals, and whose handlers do not change after the
 * first call.
 *
 * Returns the child's pid, or 0 if this start can't go so: then it is for fork() and exec_child().
 */
pid_t exec_quick(const struct exec_request *);
/*
 * Has to be asked about every pid of exec_quick() when it was reaped, once: true if it could not
 * execute.  It has said nothing; a start with exec_child() tells why.
 */
bool exec_quick_failed(pid_t);

#endif
