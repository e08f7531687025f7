#include "durability.h"

void
durability_claim(struct durability *durability)
{
	durability->claims = true;
}

void
durability_end(struct durability *durability)
{
	durability->ends = true;
}

void
durability_push(struct durability *durability)
{
	durability->pushes = true;
}

void
durability_change(struct durability *durability)
{
	durability->changes = true;
}

bool
durability_waits(const struct durability *durability)
{
	if (durability->changes)
		return true;
	if (durability->pushes)
		return durability->ends || !durability->claims;
	return !(durability->claims || durability->ends);
}

/* One that waits covers those before it, if there was something to write. */
void
durability_commit(struct durability *durability)
{
	bool tells = durability->ends || durability->pushes;

	if (durability_waits(durability)) {
		if (durability->changes || durability->pushes)
			durability_sync(durability);
	} else {
		durability->owes = true;
		durability->holds |= tells;
	}
	durability_rollback(durability);
}

void
durability_rollback(struct durability *durability)
{
	durability->claims = durability->ends = durability->pushes = durability->changes = false;
}

void
durability_sync(struct durability *durability)
{
	durability->owes = durability->holds = false;
}
