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
durability_change(struct durability *durability)
{
	durability->changes = true;
}

bool
durability_waits(const struct durability *durability)
{
	return durability->changes || !(durability->claims || durability->ends);
}

/* One that waits covers those before it, if there was something to write. */
void
durability_commit(struct durability *durability)
{
	if (durability->changes)
		durability_sync(durability);
	else if (durability->claims || durability->ends)
		durability->owes = true;
	durability->holds |= durability->ends && !durability->changes;
	durability_rollback(durability);
}

void
durability_rollback(struct durability *durability)
{
	durability->claims = durability->ends = durability->changes = false;
}

void
durability_sync(struct durability *durability)
{
	durability->owes = durability->holds = false;
}
