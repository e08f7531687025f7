/*
 * The option --at: a time, or how long from now.
 */
#ifndef JOBCTL_WHEN_H
#define JOBCTL_WHEN_H

#include "base/clock.h"

/* "+10m", or RFC 3339; 0, or -1 after a complaint. */
int when_read(const char *text, struct walltime *);

#endif
