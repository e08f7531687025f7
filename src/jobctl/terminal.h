/*
 * What is known of the terminal behind standard output, if there is one: its width, and whether
 * it is to be coloured.
 */
#ifndef JOBCTL_TERMINAL_H
#define JOBCTL_TERMINAL_H

#include <stdbool.h>

/* True on a terminal, unless NO_COLOR says otherwise. */
bool terminal_is_coloured(void);
/* Columns and rows; 0 if standard output is no terminal. */
int terminal_width(void);
int terminal_height(void);

#endif
