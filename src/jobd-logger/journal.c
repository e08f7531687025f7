#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobd-logger/journal.h"
#include "jobd-logger/lines.h"

#define MAGIC         UINT64_C(0x31474f4c44424f4a) /* "JOBDLOG1" */
#define DISCARD_PAGES ((uint32_t)(JOURNAL_DISCARD_BYTES / JOURNAL_PAGE_BYTES))
#define POOL_PAGES    ((uint32_t)(JOURNAL_MEMORY_MAX / JOURNAL_PAGE_BYTES))

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
	bool page_used[POOL_PAGES];
};

static const size_t head_bytes =
    (sizeof(struct journal_map) + JOURNAL_PAGE_BYTES - 1) / JOURNAL_PAGE_BYTES * JOURNAL_PAGE_BYTES;
static const size_t all_bytes = (sizeof(struct journal_map) + JOURNAL_PAGE_BYTES - 1) /
				    JOURNAL_PAGE_BYTES * JOURNAL_PAGE_BYTES +
				JOURNAL_DISCARD_BYTES + (size_t)JOURNAL_MEMORY_MAX;

static void recover(struct journal *);
static void recover_taking(struct journal *);
static void recover_chunk(struct journal *, uint32_t index);
static void taking_apply(struct journal *, size_t len);
static void pages_mark(struct journal *, const struct journal_chunk *, bool used);
static uint32_t pages_find(const struct journal *, uint32_t *count);

/* A store that no later one overtakes: what a new logger finds is what was done up to some point.
 */
static void
store(uint32_t *place, uint32_t value)
{
	__atomic_store_n(place, value, __ATOMIC_SEQ_CST);
}

struct journal *
journal_open(int fd, const char **errstr)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL || ftruncate(fd, (off_t)all_bytes) == -1) {
		*errstr = "can't be made large enough";
		free(journal);
		return NULL;
	}
	journal->map = mmap(NULL, all_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (journal->map == MAP_FAILED) {
		*errstr = "can't be mapped";
		free(journal);
		return NULL;
	}
	journal->fd = fd;
	pthread_mutex_init(&journal->taking_mutex, NULL);
	journal->discard_offset = (off_t)head_bytes;
	journal->pool_offset = (off_t)(head_bytes + JOURNAL_DISCARD_BYTES);
	journal->pool = (char *)journal->map + journal->pool_offset;
	journal->limit_pages = POOL_PAGES;
	journal->was_used = journal->map->magic == MAGIC && journal->map->map_size == all_bytes;
	if (journal->was_used)
		recover(journal);
	else
		memset(journal->map, 0, offsetof(struct journal_map, chunks));
	journal->map->map_size = all_bytes;
	journal->map->magic = MAGIC;
	return journal;
}

void
journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	munmap(journal->map, all_bytes);
	pthread_mutex_destroy(&journal->taking_mutex);
	free(journal);
}

bool
journal_was_used(const struct journal *journal)
{
	return journal->was_used;
}

static void
recover(struct journal *journal)
{
	recover_taking(journal);
	for (uint32_t i = 0; i < journal->map->chunks_end; i++)
		if (journal->map->chunks[i].used)
			recover_chunk(journal, i);
	for (uint32_t i = 0; i < journal->map->chunks_end; i++) {
		struct journal_chunk *chunk = &journal->map->chunks[i];

		if (!chunk->used)
			continue;
		if (chunk->done >= chunk->len) {
			chunk->used = 0;
			continue;
		}
		pages_mark(journal, chunk, true);
		if (chunk->seq >= journal->next_seq)
			journal->next_seq = chunk->seq;
	}
}

/* The position has moved on by what was taken, also when nobody lived to hear of it. */
static void
recover_taking(struct journal *journal)
{
	struct journal_taking *taking = &journal->map->taking;
	off_t now = lseek(journal->fd, 0, SEEK_CUR);

	if (taking->state != TAKE_NONE && taking->stream < JOURNAL_STREAMS_MAX &&
	    taking->chunk < JOURNAL_CHUNKS_MAX && now >= taking->offset)
		taking_apply(journal, (size_t)(now - taking->offset));
	store(&taking->state, TAKE_NONE);
}

static void
recover_chunk(struct journal *journal, uint32_t index)
{
	struct journal_map *map = journal->map;
	struct journal_chunk *chunk = &map->chunks[index];
	struct journal_stream *stream;

	if (chunk->steals > 0 && chunk->steals <= JOURNAL_CHUNKS_MAX) {
		map->chunks[chunk->steals - 1].len = chunk->steals_at;
		chunk->steals = 0;
	}
	for (uint32_t i = 0; i < map->writes_end; i++)
		if (map->writes[i].path_hash != 0 && map->writes[i].chunk == index &&
		    map->writes[i].chunk_seq == chunk->seq &&
		    map->writes[i].state == JOURNAL_WRITE_COMMITTED) {
			chunk->done = map->writes[i].to;
			map->writes[i].state = JOURNAL_WRITE_NONE;
		}
	if (chunk->mark_bytes == 0)
		return;
	stream = journal_stream_get(journal, chunk->stream_id);
	if (stream != NULL && stream->marked_bytes < (int64_t)chunk->mark_bytes) {
		stream->marked_bytes = (int64_t)chunk->mark_bytes;
		stream->marked_lines = (int64_t)chunk->mark_lines;
	}
}

void
journal_set_limit(struct journal *journal, int64_t bytes)
{
	int64_t pages = bytes / JOURNAL_PAGE_BYTES;

	journal->limit_pages = pages < 16 ? 16 : pages > POOL_PAGES ? POOL_PAGES : (uint32_t)pages;
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
	for (uint32_t page = 0; page < POOL_PAGES;) {
		uint32_t start = page;

		while (page < POOL_PAGES && !journal->page_used[page])
			page++;
		if (page > start)
			(void)fallocate(journal->fd, mode,
			    journal->pool_offset + (off_t)start * JOURNAL_PAGE_BYTES,
			    (off_t)(page - start) * JOURNAL_PAGE_BYTES);
		while (page < POOL_PAGES && journal->page_used[page])
			page++;
	}
}

static void
pages_mark(struct journal *journal, const struct journal_chunk *chunk, bool used)
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
		store(&journal->map->chunks_end, index + 1);
	store(&chunk->used, 1);
	pages_mark(journal, chunk, true);
	return index;
}

void
journal_chunk_free(struct journal *journal, uint32_t index)
{
	struct journal_chunk *chunk = &journal->map->chunks[index];

	pages_mark(journal, chunk, false);
	store(&chunk->used, 0);
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
	store(&chunk->len, 0);
	store(&chunk->done, 0);
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
	store(&thief->steals, from + 1);
	store(&victim->len, at);
	store(&thief->steals, 0);
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

struct journal_stream *
journal_stream_get(struct journal *journal, uint64_t id)
{
	struct journal_map *map = journal->map;
	uint32_t place = map->streams_end;

	for (uint32_t i = 0; i < map->streams_end; i++) {
		if (map->streams[i].id == id)
			return &map->streams[i];
		if (map->streams[i].id == 0 && place == map->streams_end)
			place = i;
	}
	if (place == JOURNAL_STREAMS_MAX)
		return NULL;
	map->streams[place] = (struct journal_stream){ .id = id };
	if (place == map->streams_end)
		store(&map->streams_end, place + 1);
	return &map->streams[place];
}

void
journal_stream_forget(struct journal_stream *stream)
{
	memset(stream, 0, sizeof(*stream));
}

const char *
journal_discarded(const struct journal *journal)
{
	return (const char *)journal->map + journal->discard_offset;
}

/* Counts `len` bytes that left the pipe; doing it twice does no harm. */
static void
taking_apply(struct journal *journal, size_t len)
{
	const struct journal_taking *taking = &journal->map->taking;
	struct journal_stream *stream = &journal->map->streams[taking->stream];
	int64_t bytes = taking->bytes + (int64_t)len;
	const char *data;

	if (taking->state == TAKE_CHUNK) {
		data = journal_chunk_data(journal, taking->chunk) + taking->chunk_len;
		stream->bytes = bytes;
		stream->lines = taking->lines + (int64_t)lines_count(data, len);
		store(&journal->map->chunks[taking->chunk].len, taking->chunk_len + (uint32_t)len);
	} else {
		data = journal_discarded(journal);
		stream->dropped_lines = taking->lines + (int64_t)lines_count(data, len);
		stream->dropped_bytes = bytes;
	}
}

/* What the intent says leaves the pipe, and is counted.  Until all of it is noted its state is
 * none. */
static ssize_t
taking_run(struct journal *journal, enum take_state state, const struct journal_taking *intent,
    int pipe, size_t len)
{
	struct journal_taking *taking = &journal->map->taking;
	ssize_t taken = -1;

	pthread_mutex_lock(&journal->taking_mutex);
	if (lseek(journal->fd, intent->offset, SEEK_SET) != -1) {
		*taking = *intent;
		store(&taking->state, state);
		taken = splice(pipe, NULL, journal->fd, NULL, len, SPLICE_F_NONBLOCK);
		if (taken > 0)
			taking_apply(journal, (size_t)taken);
		store(&taking->state, TAKE_NONE);
	}
	pthread_mutex_unlock(&journal->taking_mutex);
	return taken;
}

ssize_t
journal_take(
    struct journal *journal, struct journal_stream *stream, uint32_t index, int pipe, size_t len)
{
	const struct journal_chunk *chunk = journal_chunk(journal, index);
	struct journal_taking intent = {
		.chunk = index,
		.chunk_len = chunk->len,
		.stream = (uint32_t)(stream - journal->map->streams),
		.bytes = stream->bytes,
		.lines = stream->lines,
		.offset = journal->pool_offset + (off_t)chunk->first_page * JOURNAL_PAGE_BYTES +
			  chunk->len,
	};

	if (len > journal_chunk_room(journal, index))
		len = journal_chunk_room(journal, index);
	return taking_run(journal, TAKE_CHUNK, &intent, pipe, len);
}

ssize_t
journal_discard(
    struct journal *journal, struct journal_stream *stream, int pipe, size_t len, int64_t now_us)
{
	struct journal_taking intent = {
		.stream = (uint32_t)(stream - journal->map->streams),
		.bytes = stream->dropped_bytes,
		.lines = stream->dropped_lines,
		.offset = journal->discard_offset,
	};

	if (len > JOURNAL_DISCARD_BYTES)
		len = JOURNAL_DISCARD_BYTES;
	stream->drop_to_us = now_us;
	return taking_run(journal, TAKE_DISCARD, &intent, pipe, len);
}

struct journal_write *
journal_write_get(struct journal *journal, uint64_t path_hash)
{
	struct journal_map *map = journal->map;
	uint32_t place = map->writes_end;

	for (uint32_t i = 0; i < map->writes_end; i++) {
		if (map->writes[i].path_hash == path_hash)
			return &map->writes[i];
		if (map->writes[i].path_hash == 0 && place == map->writes_end)
			place = i;
	}
	if (place == JOURNAL_STREAMS_MAX)
		return NULL;
	map->writes[place] = (struct journal_write){ .path_hash = path_hash };
	if (place == map->writes_end)
		store(&map->writes_end, place + 1);
	return &map->writes[place];
}

void
journal_write_forget(struct journal_write *write)
{
	memset(write, 0, sizeof(*write));
}

bool
journal_write_is_pending(struct journal *journal, const struct journal_write *write)
{
	const struct journal_chunk *chunk = &journal->map->chunks[write->chunk];

	return write->state == JOURNAL_WRITE_ARMED && chunk->used && chunk->seq == write->chunk_seq;
}

void
journal_write_arm(struct journal *journal, struct journal_write *write, uint32_t chunk,
    uint32_t from, uint32_t to)
{
	write->chunk = chunk;
	write->chunk_seq = journal->map->chunks[chunk].seq;
	write->from = from;
	write->to = to;
	store(&write->state, JOURNAL_WRITE_ARMED);
}

void
journal_write_commit(struct journal *journal, struct journal_write *write, uint32_t to)
{
	struct journal_chunk *chunk = &journal->map->chunks[write->chunk];

	write->to = to;
	store(&write->state, JOURNAL_WRITE_COMMITTED);
	if (chunk->used && chunk->seq == write->chunk_seq)
		store(&chunk->done, to);
	store(&write->state, JOURNAL_WRITE_NONE);
}
