/*
 * The circuit breakers of the runner, as it told them, for everybody who asks.  Decides nothing;
 * nothing here is durable.
 */
#ifndef SCHEDULER_BREAKER_H
#define SCHEDULER_BREAKER_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define BREAKER_TARGET_MAX 255
/* Those that were told first are forgotten beyond it. */
#define BREAKERS_MAX 1000

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
	TAILQ_ENTRY(breaker) entry;
	char target[BREAKER_TARGET_MAX + 1];
	enum breaker_state state;
	struct walltime until; /* unset if it was not told */
	int64_t failures;
	struct walltime changed_at;
};

TAILQ_HEAD(breaker_list, breaker);

struct breakers {
	struct breaker_list list;
	size_t count;
};

void breakers_init(struct breakers *);
void breakers_clear(struct breakers *);
/* closed, open, half-open; -1 if it is none. */
int breaker_state_parse(const char *word, enum breaker_state *);
const char *breaker_state_word(enum breaker_state);
/* What is known of the target, or NULL. */
const struct breaker *breakers_find(const struct breakers *, const char *target);
/* What was told about a target takes the place of what was known of it.  -1 without memory. */
int breakers_tell(struct breakers *, const struct breaker *);

#endif
