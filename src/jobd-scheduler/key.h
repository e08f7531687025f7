/*
 * Keys by which jobs are compared: short texts as they are, long ones as a hash.  Pure.
 */
#ifndef SCHEDULER_KEY_H
#define SCHEDULER_KEY_H

#include <stddef.h>

#include "job.h"

/* "kind:name", or "kind#hash" if that is longer than JOB_KEY_MAX. */
void key_make(char key[JOB_KEY_MAX + 1], const char *kind, const char *name);
/* Of jobs of the same type in the same queue with the same arguments. */
void key_of_job(char key[JOB_KEY_MAX + 1], const struct job *);
/*
 * A text with {{name}} in it, each replaced by that member of the first object among the arguments
 * (nothing if there is none), and {{0}}, {{1}}, ... by the arguments themselves.  0, or -1 if it
 * does not fit.
 */
int key_fill(char *text, size_t size, const char *pattern, const char *args);

#endif
