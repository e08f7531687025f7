/*
 * The commands around a program: before_start, stop_command, after_stop.  They run with the
 * program's identity and output, at most hook_timeout long, and belong to the program's members.
 */
#ifndef JOBD_HOOK_H
#define JOBD_HOOK_H

#include <stdbool.h>

#include "program.h"

enum hook { HOOK_BEFORE_START, HOOK_STOP_COMMAND, HOOK_AFTER_STOP };

void hook_init(struct program *);
/* 0, or -1 if it could not be started (logged). */
int hook_run(struct program *, enum hook);
/* Kills the hook that runs, if one does; its end is not waited for. */
void hook_end(struct program *);
/* Its process was reaped. */
void hook_reaped(struct program *, int wait_status);

#endif
