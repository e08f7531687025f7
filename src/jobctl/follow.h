/*
 * Following something without end: Ctrl-C is how people end it, and no failure; and there is
 * nothing to do for a reader who is gone.
 */
#ifndef JOBCTL_FOLLOW_H
#define JOBCTL_FOLLOW_H

#include <stdbool.h>

struct client;

/* From now on SIGINT ends this process with exit code 0, at once. */
void follow_until_interrupted(void);
/*
 * Waits until the server has sent something or has gone.  If the reader of standard output goes
 * first, SIGPIPE ends this process as at a write; where that is ignored, returns false after a
 * complaint.
 */
bool follow_wait(const struct client *);

#endif
