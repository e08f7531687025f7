#include <sys/types.h>

#include <fcntl.h>
#include <string.h>

#include "jobd-logger/journal_private.h"

void
journal_set_limit(struct journal *journal, int64_t bytes)
{
	int64_t pages = bytes / JOURNAL_PAGE_BYTES;

	journal->limit_pages = pages < 16                   ? 16
			       : pages > JOURNAL_POOL_PAGES ? JOURNAL_POOL_PAGES
							    : (uint32_t)pages;
}

uint32_t
journal_limit_pages(const struct journal *journal)
{
	return journal->limit_pages;
}

uint32_t
journal_used_pages(const struct journal *journal)
{
	return journal->used_pages;
}

void
journal_release_memory(struct journal *journal)
{
	int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	(void)fallocate(journal->fd, mode, journal->discard_offset, JOURNAL_DISCARD_BYTES);
	for (uint32_t page = 0; page < JOURNAL_POOL_PAGES;) {
		uint32_t start = page;

		while (page < JOURNAL_POOL_PAGES && !journal->page_used[page])
			page++;
		if (page > start)
			(void)fallocate(journal->fd, mode,
			    journal->pool_offset + (off_t)start * JOURNAL_PAGE_BYTES,
			    (off_t)(page - start) * JOURNAL_PAGE_BYTES);
		while (page < JOURNAL_POOL_PAGES && journal->page_used[page])
			page++;
	}
}

void
journal_pages_mark(struct journal *journal, const struct journal_chunk *chunk, bool used)
{
	memset(&journal->page_used[chunk->first_page], used, chunk->page_count);
	if (used)
		journal->used_pages += chunk->page_count;
	else
		journal->used_pages -= chunk->page_count;
}

/* The first run of *count free pages, or the longest there is: the low pages stay warm in caches.
 */
static uint32_t
pages_find(const struct journal *journal, uint32_t *count)
{
	uint32_t best = 0, best_count = 0, end = journal->limit_pages;

	for (uint32_t page = 0; page < end && best_count < *count;) {
		uint32_t start = page;

		while (page < end && page - start < *count && !journal->page_used[page])
			page++;
		if (page - start > best_count) {
			best = start;
			best_count = page - start;
		}
		while (page < end && journal->page_used[page])
			page++;
	}
	*count = best_count;
	return best;
}

uint32_t
journal_chunk_new(struct journal *journal, uint64_t stream_id, uint32_t pages, int64_t at_us)
{
	uint32_t index = 0, first;
	struct journal_chunk *chunk;

	while (index < journal->map->chunks_end && journal->map->chunks[index].used)
		index++;
	first = pages_find(journal, &pages);
	if (index == JOURNAL_CHUNKS_MAX || pages == 0)
		return JOURNAL_NONE;
	chunk = &journal->map->chunks[index];
	*chunk = (struct journal_chunk){
		.seq = ++journal->next_seq,
		.stream_id = stream_id,
		.at_us = at_us,
		.first_page = first,
		.page_count = pages,
	};
	if (index >= journal->map->chunks_end)
		journal_store(&journal->map->chunks_end, index + 1);
	journal_store(&chunk->used, 1);
	journal_pages_mark(journal, chunk, true);
	return index;
}

void
journal_chunk_free(struct journal *journal, uint32_t index)
{
	struct journal_chunk *chunk = &journal->map->chunks[index];

	journal_pages_mark(journal, chunk, false);
	journal_store(&chunk->used, 0);
}

struct journal_chunk *
journal_chunk(struct journal *journal, uint32_t index)
{
	return &journal->map->chunks[index];
}

char *
journal_chunk_data(struct journal *journal, uint32_t index)
{
	return journal->pool + (size_t)journal->map->chunks[index].first_page * JOURNAL_PAGE_BYTES;
}

uint32_t
journal_chunk_room(struct journal *journal, uint32_t index)
{
	struct journal_chunk *chunk = &journal->map->chunks[index];

	return chunk->page_count * JOURNAL_PAGE_BYTES - chunk->len;
}

void
journal_chunk_reset(struct journal *journal, uint32_t index)
{
	struct journal_chunk *chunk = &journal->map->chunks[index];

	/* In this order: in between it is a chunk that is written. */
	journal_store(&chunk->len, 0);
	journal_store(&chunk->done, 0);
}

void
journal_chunk_steal(struct journal *journal, uint32_t to, uint32_t from, uint32_t at)
{
	struct journal_chunk *thief = journal_chunk(journal, to);
	struct journal_chunk *victim = journal_chunk(journal, from);
	uint32_t len = victim->len - at;

	memcpy(journal_chunk_data(journal, to), journal_chunk_data(journal, from) + at, len);
	thief->steals_at = at;
	thief->len = len;
	/* From here on the bytes are in the new chunk; the old one is cut by us or by recovery. */
	journal_store(&thief->steals, from + 1);
	journal_store(&victim->len, at);
	journal_store(&thief->steals, 0);
}

uint32_t
journal_chunk_after(struct journal *journal, uint64_t seq)
{
	uint32_t best = JOURNAL_NONE;

	for (uint32_t i = 0; i < journal->map->chunks_end; i++) {
		const struct journal_chunk *chunk = &journal->map->chunks[i];

		if (chunk->used && chunk->seq > seq &&
		    (best == JOURNAL_NONE || chunk->seq < journal->map->chunks[best].seq))
			best = i;
	}
	return best;
}
