/*
 * Following something without end: Ctrl-C is how people end it, and no failure.
 */
#ifndef JOBCTL_FOLLOW_H
#define JOBCTL_FOLLOW_H

/* From now on SIGINT ends this process with exit code 0, at once. */
void follow_until_interrupted(void);

#endif
