#include "durability.h"

void
durability_claim(struct durability *durability)
{
	durability->claims = true;
}

void
durability_change(struct durability *durability)
{
	durability->changes = true;
}

bool
durability_waits(const struct durability *durability)
{
	return durability->changes || !durability->claims;
}

/* One that waits covers those before it, if there was something to write. */
void
durability_commit(struct durability *durability)
{
	if (durability->changes)
		durability->owes = false;
	else if (durability->claims)
		durability->owes = true;
	durability_rollback(durability);
}

void
durability_rollback(struct durability *durability)
{
	durability->claims = durability->changes = false;
}

void
durability_sync(struct durability *durability)
{
	durability->owes = false;
}
