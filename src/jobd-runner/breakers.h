/*
 * The breakers of all targets that lately failed, by name: "https://host:443", "smtp://host:25".
 * Knows no protocol; who owns it is told of each change.
 */
#ifndef RUNNER_BREAKERS_H
#define RUNNER_BREAKERS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include "breaker.h"

struct breaker_entry;
LIST_HEAD(breaker_list, breaker_entry);

struct breakers {
	struct breaker_list list;
	size_t count;
	void (*changed)(void *arg, const char *target, const struct breaker *);
	void *arg;
};

/* As breaker_admit(); true for a target that is not known. */
bool breakers_admit(struct breakers *, const char *target, int64_t *delay_ms);
void breakers_note(
    struct breakers *, const char *target, const struct breaker_rule *, enum breaker_outcome);
/* Calls `changed` for all that are not closed: somebody new wants to know. */
void breakers_tell(const struct breakers *);
void breakers_free(struct breakers *);

#endif
