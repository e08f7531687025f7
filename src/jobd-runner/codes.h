/*
 * A list of codes that a job's configuration names: exit codes, HTTP status codes.  Pure.
 */
#ifndef RUNNER_CODES_H
#define RUNNER_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codes {
	int64_t *list;
	size_t count;
};

/* A copy, for a reload may take the configuration away.  0, or -1 without memory. */
int codes_copy(struct codes *, const int64_t *list, size_t count);
bool codes_have(const struct codes *, int64_t code);
void codes_free(struct codes *);

#endif
