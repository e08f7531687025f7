#include <stdlib.h>
#include <string.h>

#include "generation.h"

struct generation *
generation_new(struct conf *conf)
{
	struct generation *generation = calloc(1, sizeof(*generation));

	if (generation != NULL)
		generation->snapshot = conf_snapshot_write(conf, &generation->snapshot_len);
	if (generation == NULL || generation->snapshot == NULL) {
		free(generation);
		conf_free(conf);
		return NULL;
	}
	generation->conf = conf;
	generation->references = 1;
	return generation;
}

struct generation *
generation_ref(struct generation *generation)
{
	generation->references++;
	return generation;
}

void
generation_unref(struct generation *generation)
{
	if (generation == NULL || --generation->references > 0)
		return;
	conf_free(generation->conf);
	/* It may hold secrets. */
	explicit_bzero(generation->snapshot, generation->snapshot_len);
	free(generation->snapshot);
	free(generation);
}
