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

bool
slots_must_ask(const struct slots *slots)
{
	int64_t free = slots_free(slots);

	if (slots->takes == 0 || slots->ask_anew)
		return true;
	return free > slots->asked || (free == 0 && slots->asked > 0);
}

/* Replies come in order: a last TAKE that told 0 has others before it, or none. */
bool
slots_job_may_come(const struct slots *slots)
{
	return slots->takes > (slots->asked == 0 ? 1 : 0);
}

void
slots_asked(struct slots *slots)
{
	slots->takes++;
	slots->asked = slots_free(slots);
	slots->ask_anew = false;
}

void
slots_answered(struct slots *slots)
{
	if (slots->takes > 0)
		slots->takes--;
}

void
slots_disconnected(struct slots *slots)
{
	slots->takes = 0;
	slots->asked = 0;
	slots->ask_anew = false;
}
