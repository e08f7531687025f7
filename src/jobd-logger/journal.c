#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobd-logger/journal_private.h"
#include "jobd-logger/lines.h"

#define MAGIC UINT64_C(0x31474f4c44424f4a) /* "JOBDLOG1" */

static const size_t head_bytes =
    (sizeof(struct journal_map) + JOURNAL_PAGE_BYTES - 1) / JOURNAL_PAGE_BYTES * JOURNAL_PAGE_BYTES;
static const size_t all_bytes = (sizeof(struct journal_map) + JOURNAL_PAGE_BYTES - 1) /
				    JOURNAL_PAGE_BYTES * JOURNAL_PAGE_BYTES +
				JOURNAL_DISCARD_BYTES + (size_t)JOURNAL_MEMORY_MAX;

static void recover(struct journal *);
static void recover_taking(struct journal *);
static void recover_chunk(struct journal *, uint32_t index);
static void taking_apply(struct journal *, size_t len);

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
	journal->limit_pages = JOURNAL_POOL_PAGES;
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
		journal_pages_mark(journal, chunk, true);
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
	journal_store(&taking->state, TAKE_NONE);
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
		journal_store(&map->streams_end, place + 1);
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
		journal_store(
		    &journal->map->chunks[taking->chunk].len, taking->chunk_len + (uint32_t)len);
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
		journal_store(&taking->state, state);
		taken = splice(pipe, NULL, journal->fd, NULL, len, SPLICE_F_NONBLOCK);
		if (taken > 0)
			taking_apply(journal, (size_t)taken);
		journal_store(&taking->state, TAKE_NONE);
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
		journal_store(&map->writes_end, place + 1);
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
	journal_store(&write->state, JOURNAL_WRITE_ARMED);
}

void
journal_write_commit(struct journal *journal, struct journal_write *write, uint32_t to)
{
	struct journal_chunk *chunk = &journal->map->chunks[write->chunk];

	write->to = to;
	journal_store(&write->state, JOURNAL_WRITE_COMMITTED);
	if (chunk->used && chunk->seq == write->chunk_seq)
		journal_store(&chunk->done, to);
	journal_store(&write->state, JOURNAL_WRITE_NONE);
}
