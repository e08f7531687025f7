/*
 * What has been taken from the pipes and is not yet in a file, in a memory file that jobd keeps and
 * that outlives the logger: after SIGKILL at any moment the next logger finds every byte exactly
 * once.  Never touches the log files.
 *
 * Two things can't be recorded by us while we may be killed, so the kernel records them: how much
 * left a pipe (splice(2) moves the memory file's position on) and how much reached a file (its
 * size). Everything else is written in an order in which repeating the last step does no harm.
 */
#ifndef LOGGER_JOURNAL_H
#define LOGGER_JOURNAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_PAGE_BYTES    4096
#define JOURNAL_CHUNKS_MAX    4096
#define JOURNAL_STREAMS_MAX   4096
#define JOURNAL_NONE          UINT32_MAX
#define JOURNAL_MEMORY_MAX    (INT64_C(64) << 20)
#define JOURNAL_DISCARD_BYTES ((size_t)256 * 1024)

/* Bytes of one stream, one behind the other in the pool; [done, len) is not yet in a file. */
struct journal_chunk {
	uint64_t seq; /* older chunks of a stream have smaller ones */
	uint64_t stream_id;
	int64_t at_us;                   /* UTC when the oldest byte came */
	uint64_t mark_bytes, mark_lines; /* a drop mark: the stream's dropped_… that it tells of */
	uint32_t used;
	uint32_t first_page, page_count;
	uint32_t len;
	uint32_t done; /* changed by the thread that writes; everything else by the loop, except
			  while that thread fills the chunk too (struct sink_pump) */
	uint32_t steals,
	    steals_at; /* index + 1 of the chunk whose bytes from steals_at on are here now */
};

/* What is known of one stream since it began. */
struct journal_stream {
	uint64_t id; /* 0: unused */
	int64_t bytes, lines;
	int64_t dropped_bytes, dropped_lines;
	int64_t marked_bytes, marked_lines; /* that much of it has been told by marks in the file */
	int64_t drop_from_us, drop_to_us;
	int64_t holds_lines; /* its file has other streams too: only whole lines are written */
};

enum journal_write_state { JOURNAL_WRITE_NONE, JOURNAL_WRITE_ARMED, JOURNAL_WRITE_COMMITTED };

/* The write that is going on for one file. */
struct journal_write {
	uint64_t path_hash; /* 0: unused */
	uint64_t dev, ino;
	int64_t size;       /* of the file before it */
	uint64_t chunk_seq; /* of the chunk, whose place may have another one by now */
	uint32_t chunk, from, to;
	uint32_t state;
	uint32_t is_raw; /* the file gets the chunk's bytes as they are */
};

struct journal;

/*
 * Takes over what a former logger left in the memory file `fd`, or makes it anew.  Returns NULL
 * with *errstr set if it can't be used.
 */
struct journal *journal_open(int fd, const char **errstr);
void journal_close(struct journal *);
/* True if a former logger left something here. */
bool journal_was_used(const struct journal *);

/* How many bytes of memory chunks may hold together. */
void journal_set_limit(struct journal *, int64_t bytes);
uint32_t journal_limit_pages(const struct journal *);
uint32_t journal_used_pages(const struct journal *);
/* Gives memory of free pages back to the system. */
void journal_release_memory(struct journal *);

/* A chunk of up to `pages` pages in a row, or JOURNAL_NONE. */
uint32_t journal_chunk_new(struct journal *, uint64_t stream_id, uint32_t pages, int64_t at_us);
void journal_chunk_free(struct journal *, uint32_t index);
struct journal_chunk *journal_chunk(struct journal *, uint32_t index);
char *journal_chunk_data(struct journal *, uint32_t index);
uint32_t journal_chunk_room(struct journal *, uint32_t index);
/* Empties a chunk that is written, to be filled again. */
void journal_chunk_reset(struct journal *, uint32_t index);
/* Moves the bytes of chunk `from` behind `at` to the empty chunk `to`. */
void journal_chunk_steal(struct journal *, uint32_t to, uint32_t from, uint32_t at);
/* The used chunk with the smallest seq above `seq`, or JOURNAL_NONE. */
uint32_t journal_chunk_after(struct journal *, uint64_t seq);

/* The entry of stream `id`, made if need be; NULL if the table is full. */
struct journal_stream *journal_stream_get(struct journal *, uint64_t id);
void journal_stream_forget(struct journal_stream *);

/*
 * Moves up to `len` bytes from a pipe to the end of a chunk, from any thread.  Returns how many, 0
 * at the pipe's end, -1 with errno.
 */
ssize_t journal_take(
    struct journal *, struct journal_stream *, uint32_t chunk, int pipe, size_t len);
/* Reads up to `len` bytes from a pipe and only counts them. */
ssize_t journal_discard(
    struct journal *, struct journal_stream *, int pipe, size_t len, int64_t now_us);
/* The bytes that the last journal_discard() counted. */
const char *journal_discarded(const struct journal *);

/* The entry for the file whose path has that hash, made if need be; NULL if the table is full. */
struct journal_write *journal_write_get(struct journal *, uint64_t path_hash);
void journal_write_forget(struct journal_write *);
/* True if a write was begun and not finished, and its chunk is still there. */
bool journal_write_is_pending(struct journal *, const struct journal_write *);
/* Says what is going to be appended to a file that is w->size bytes long. */
void journal_write_arm(
    struct journal *, struct journal_write *, uint32_t chunk, uint32_t from, uint32_t to);
/* Says that the chunk's bytes up to `to` are in the file. */
void journal_write_commit(struct journal *, struct journal_write *, uint32_t to);

#endif
