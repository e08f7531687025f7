/*
 * Pieces of memory of one size that are not needed any more, for who needs one next: for each such
 * piece the allocator would sweep its lists of small ones.  Never clears them.
 */
#ifndef WEB_SPARE_H
#define WEB_SPARE_H

#include <stdlib.h>

/* As many as are in use together when there is much to do. */
#define SPARES_MAX ((size_t)64)

/* All of one size, from malloc(). */
struct spares {
	void *list[SPARES_MAX];
	size_t count;
};

/* One of the size that all of them have; NULL without memory. */
static inline void *
spares_take(struct spares *spares, size_t size)
{
	return spares->count > 0 ? spares->list[--spares->count] : malloc(size);
}

static inline void
spares_give(struct spares *spares, void *piece)
{
	if (spares->count < SPARES_MAX)
		spares->list[spares->count++] = piece;
	else
		free(piece);
}

#endif
