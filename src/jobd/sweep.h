/*
 * Stop means gone: ends the members of one program, in stages, until the last is reaped.  Never
 * waits; its timer and the death of children move it on.
 *
 * The order: stop_command or the stop signal to the leader (or its whole group, by stop_mode); when
 * the leader is gone the stop signal to every other member, each with the whole stop_timeout; then
 * SIGKILL to all, again and again; then after_stop.
 */
#ifndef JOBD_SWEEP_H
#define JOBD_SWEEP_H

#include <stdbool.h>

#include "program.h"

void sweep_init(struct program *);
void sweep_cancel(struct program *);
/* Ends the program with this signal first; runs stop_command instead if `orderly` and there is one.
 */
void sweep_stop(struct program *, int signum, bool orderly);
/* The leader is gone (or never was): ends the others.  program_gone() follows, perhaps before this
 * returns. */
void sweep_rest(struct program *);
/* A child was reaped: looks whether the last member is gone. */
void sweep_check(struct program *);
/* after_stop has ended. */
void sweep_hook_done(struct program *);
/* No more patience: SIGKILL now. */
void sweep_hurry(struct program *);

#endif
