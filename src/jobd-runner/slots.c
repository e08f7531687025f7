#include "slots.h"

/* Results may pile up while the scheduler does not answer; so many more than slots are kept before
 * no new work is taken. */
#define UNSAID_SPARE 16

int64_t
slots_free(const struct slots *slots)
{
	if (slots->stopping || slots->unsaid >= (size_t)slots->size + UNSAID_SPARE ||
	    slots->running >= (size_t)slots->size)
		return 0;
	return slots->size - (int64_t)slots->running;
}

static int64_t
granted(const struct slots *slots)
{
	int64_t sum = 0;

	for (size_t i = 0; i < slots->takes; i++)
		sum += slots->granted[i];
	return sum;
}

int64_t
slots_grant(const struct slots *slots)
{
	int64_t left = slots_free(slots) - granted(slots);

	return left > 0 ? left : 0;
}

/*
 * Not for each slot that becomes free: a TAKE that waits is answered as soon as there is a job, and
 * the next one asks for more.
 */
bool
slots_must_ask(const struct slots *slots)
{
	int64_t last;

	if (slots->takes == 0)
		return true;
	if (slots->takes == SLOTS_TAKES_MAX)
		return false;
	last = slots->granted[slots->takes - 1];
	return slots->ask_anew || (last == 0 && slots_grant(slots) > 0) ||
	       (last > 0 && slots_free(slots) == 0);
}

bool
slots_job_may_come(const struct slots *slots)
{
	return granted(slots) > 0;
}

void
slots_asked(struct slots *slots)
{
	int64_t grant = slots_grant(slots);

	slots->granted[slots->takes++] = grant;
	slots->ask_anew = false;
}

void
slots_job_came(struct slots *slots)
{
	if (slots->takes > 0 && slots->granted[0] > 0)
		slots->granted[0]--;
}

void
slots_answered(struct slots *slots)
{
	if (slots->takes == 0)
		return;
	slots->takes--;
	for (size_t i = 0; i < slots->takes; i++)
		slots->granted[i] = slots->granted[i + 1];
}

void
slots_disconnected(struct slots *slots)
{
	slots->takes = 0;
	slots->ask_anew = false;
}
