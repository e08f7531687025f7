/*
 * The attempts of a job: how each ended, and what it wrote.
 */
#ifndef JOBCTL_ATTEMPTS_H
#define JOBCTL_ATTEMPTS_H

#include "jobctl/row.h"

/* All attempts of the job, for people. */
void attempts_print(const struct value *job);
/* The output of the last attempt, as it is; what was left out of it is told on stderr. */
void attempts_print_output(const struct value *job);
/* The exit code of the last attempt: 128 + n after signal n.  Without one, as of a request to a
 * URL, 0 if the job is done and else 1. */
int attempts_exit_code(const struct value *job);

#endif
