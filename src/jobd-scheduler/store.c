#include <string.h>

#include "store.h"

void
batch_init(struct batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	batch->bid = batch->parent = batch->description = batch->tag = "";
	batch->complete = batch->success = "";
}

void
batch_clear(struct batch *batch)
{
	text_clear(&batch->memory);
}

void
routine_init(struct routine *routine)
{
	memset(routine, 0, sizeof(*routine));
	routine->name = routine->job = routine->args = routine->queue = routine->tags = "";
	routine->schedule = routine->timezone = "";
	routine->frequency = routine->time = routine->month_end = "";
	routine->enabled = true;
}

void
routine_clear(struct routine *routine)
{
	text_clear(&routine->memory);
}
