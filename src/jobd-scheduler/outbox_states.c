#include <stdlib.h>
#include <string.h>

#include "outbox_states.h"

void
outbox_states_init(struct outbox_states *states)
{
	TAILQ_INIT(&states->list);
	states->count = 0;
}

static void
forget(struct outbox_states *states, struct outbox_state *state)
{
	TAILQ_REMOVE(&states->list, state, entry);
	states->count--;
	free(state);
}

void
outbox_states_clear(struct outbox_states *states)
{
	while (!TAILQ_EMPTY(&states->list))
		forget(states, TAILQ_FIRST(&states->list));
}

static struct outbox_state *
find(const struct outbox_states *states, const char *name)
{
	struct outbox_state *state;

	TAILQ_FOREACH (state, &states->list, entry)
		if (strcmp(state->name, name) == 0)
			break;
	return state;
}

const struct outbox_state *
outbox_states_find(const struct outbox_states *states, const char *name)
{
	return find(states, name);
}

const char *
outbox_state_word(const struct outbox_state *state)
{
	if (state == NULL)
		return "unknown";
	return state->trouble[0] != '\0' ? "trouble" : "connected";
}

int
outbox_states_tell(struct outbox_states *states, const struct outbox_state *told)
{
	struct outbox_state *state = malloc(sizeof(*state)), *old;

	if (state == NULL)
		return -1;
	*state = *told;
	if ((old = find(states, told->name)) != NULL) {
		if ((old->trouble[0] != '\0') == (told->trouble[0] != '\0'))
			state->changed_at = old->changed_at;
		forget(states, old);
	}
	TAILQ_INSERT_TAIL(&states->list, state, entry);
	if (++states->count > OUTBOX_STATES_MAX)
		forget(states, TAILQ_FIRST(&states->list));
	return 0;
}

void
outbox_states_lose(struct outbox_states *states, const void *teller)
{
	struct outbox_state *state, *next;

	TAILQ_FOREACH_SAFE (state, &states->list, entry, next)
		if (state->teller == teller)
			forget(states, state);
}
