/*
 * Explains the commands, from their table.
 */
#ifndef JOBCTL_HELP_H
#define JOBCTL_HELP_H

#include <stdio.h>

struct command;

/* All return EXIT_OK. */
int help_all(FILE *);
int help_command(const struct command *);
/* The commands of two words that begin with this one. */
int help_group(const char *word);

#endif
