/*
 * Which jobs a command means: the options --state, --type, --queue and --tag as the filter of a
 * request.
 */
#ifndef JOBCTL_FILTER_H
#define JOBCTL_FILTER_H

#include <stdbool.h>

#include "base/json.h"
#include "jobctl/option.h"

/* The states of a job, and the word for several of them; NULL-ended. */
extern const char *const filter_states[];

/* False, after a complaint, if --state names what is no state. */
bool filter_check(const struct option_values *);
/* True if any of the options was given. */
bool filter_is_given(const struct option_values *);
/* Writes the filter's members into an open object; `state` stands for --state where that was not
 * given (NULL: any). */
void filter_write(struct json *, const struct option_values *, const char *state);

#endif
