/*
 * jobctl without a command on a terminal: shows the status, then reads commands.
 */
#ifndef JOBCTL_SHELL_H
#define JOBCTL_SHELL_H

#include "jobctl/session.h"

/* Returns EXIT_OK at quit, exit or the end of the input. */
int shell_run(struct session *);

#endif
