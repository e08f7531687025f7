#include "pick.h"

/* Queues are asked for in changing company: nobody collects more than so many turns. */
#define CREDIT_TURNS 2

static size_t
first_able(const struct pick *picks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (picks[i].able)
			return i;
	return PICK_NONE;
}

static bool
has_weights(const struct pick *picks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (picks[i].weight > 0)
			return true;
	return false;
}

static int64_t
weight_of(const struct pick *pick)
{
	return pick->weight > 0 ? pick->weight : 1;
}

/* Everybody who is able gets his weight as credit; the richest one pays all of it for his turn. */
size_t
pick_queue(const struct pick *picks, size_t count)
{
	size_t best = PICK_NONE;
	int64_t sum = 0;

	if (!has_weights(picks, count))
		return first_able(picks, count);
	for (size_t i = 0; i < count; i++)
		if (picks[i].able)
			sum += weight_of(&picks[i]);
	for (size_t i = 0; i < count; i++) {
		if (!picks[i].able)
			continue;
		*picks[i].credit += weight_of(&picks[i]);
		if (*picks[i].credit > CREDIT_TURNS * sum)
			*picks[i].credit = CREDIT_TURNS * sum;
		if (best == PICK_NONE || *picks[i].credit > *picks[best].credit)
			best = i;
	}
	if (best != PICK_NONE) {
		*picks[best].credit -= sum;
		if (*picks[best].credit < -CREDIT_TURNS * sum)
			*picks[best].credit = -CREDIT_TURNS * sum;
	}
	return best;
}
