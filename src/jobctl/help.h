/*
 * Explains the commands, from their table.
 */
#ifndef JOBCTL_HELP_H
#define JOBCTL_HELP_H

#include <stdio.h>

struct command;

/* Both return EXIT_OK. */
int help_all(FILE *);
int help_command(const struct command *);

#endif
