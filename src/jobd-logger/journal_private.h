/*
 * What the files of the journal share: the layout of the memory file, and the order in which it is
 * changed.  Included by journal*.c only.
 */
#ifndef LOGGER_JOURNAL_PRIVATE_H
#define LOGGER_JOURNAL_PRIVATE_H

#include <pthread.h>

#include "jobd-logger/journal.h"

#define JOURNAL_POOL_PAGES ((uint32_t)(JOURNAL_MEMORY_MAX / JOURNAL_PAGE_BYTES))

enum take_state { TAKE_NONE, TAKE_CHUNK, TAKE_DISCARD };

/* The bytes that are leaving a pipe: where they go, and the counters as they were before. */
struct journal_taking {
	uint32_t state;
	uint32_t chunk, chunk_len;
	uint32_t stream;
	int64_t offset; /* the memory file's position before */
	int64_t bytes, lines;
};

/* The memory file: this, then the pages that are counted only, then the pool. */
struct journal_map {
	uint64_t magic;
	uint64_t map_size;
	/* No entry at or above was ever used: pages that nobody reads cost nothing. */
	uint32_t chunks_end, streams_end, writes_end;
	struct journal_taking taking;
	struct journal_chunk chunks[JOURNAL_CHUNKS_MAX];
	struct journal_stream streams[JOURNAL_STREAMS_MAX];
	struct journal_write writes[JOURNAL_STREAMS_MAX];
};

struct journal {
	struct journal_map *map;
	char *pool;
	off_t discard_offset, pool_offset;
	int fd;
	pthread_mutex_t taking_mutex; /* there is one position of the memory file */
	bool was_used;
	uint64_t next_seq;
	uint32_t limit_pages, used_pages;
	bool page_used[JOURNAL_POOL_PAGES];
};

/* A store that no later one overtakes: what a new logger finds is what was done up to some point.
 */
static inline void
journal_store(uint32_t *place, uint32_t value)
{
	__atomic_store_n(place, value, __ATOMIC_SEQ_CST);
}

/* The chunk's pages are in use, or free again. */
void journal_pages_mark(struct journal *, const struct journal_chunk *, bool used);

#endif
