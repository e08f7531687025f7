#include <stdlib.h>
#include <string.h>

#include "breaker.h"

static const char *const words[] = {
	[BREAKER_CLOSED] = "closed",
	[BREAKER_OPEN] = "open",
	[BREAKER_HALF_OPEN] = "half-open",
};
#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

void
breakers_init(struct breakers *breakers)
{
	TAILQ_INIT(&breakers->list);
	breakers->count = 0;
}

static void
forget(struct breakers *breakers, struct breaker *breaker)
{
	TAILQ_REMOVE(&breakers->list, breaker, entry);
	breakers->count--;
	free(breaker);
}

void
breakers_clear(struct breakers *breakers)
{
	while (!TAILQ_EMPTY(&breakers->list))
		forget(breakers, TAILQ_FIRST(&breakers->list));
}

int
breaker_state_parse(const char *word, enum breaker_state *state)
{
	for (size_t i = 0; i < WORD_COUNT; i++) {
		if (strcmp(words[i], word) == 0) {
			*state = (enum breaker_state)i;
			return 0;
		}
	}
	return -1;
}

const char *
breaker_state_word(enum breaker_state state)
{
	return words[state];
}

static struct breaker *
find(const struct breakers *breakers, const char *target)
{
	struct breaker *breaker;

	TAILQ_FOREACH (breaker, &breakers->list, entry)
		if (strcmp(breaker->target, target) == 0)
			break;
	return breaker;
}

const struct breaker *
breakers_find(const struct breakers *breakers, const char *target)
{
	return find(breakers, target);
}

int
breakers_tell(struct breakers *breakers, const struct breaker *told)
{
	struct breaker *breaker = malloc(sizeof(*breaker)), *old;

	if (breaker == NULL)
		return -1;
	if ((old = find(breakers, told->target)) != NULL)
		forget(breakers, old);
	*breaker = *told;
	TAILQ_INSERT_TAIL(&breakers->list, breaker, entry);
	if (++breakers->count > BREAKERS_MAX)
		forget(breakers, TAILQ_FIRST(&breakers->list));
	return 0;
}
