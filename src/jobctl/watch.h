/*
 * The status that stays on the screen and changes with the programs.  Wakes up for events, for the
 * passing of a displayed second, and for a new size of the terminal; asks jobd after events only.
 */
#ifndef JOBCTL_WATCH_H
#define JOBCTL_WATCH_H

#include "jobctl/command.h"

/* Runs until Ctrl-C (0) or until jobd is gone. */
int watch_run(struct session *, struct client *, const struct call *);

#endif
