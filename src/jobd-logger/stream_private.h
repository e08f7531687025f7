/*
 * What the files of the streams share: the stream itself, and what each of them does for the
 * others.  Included by stream*.c only.
 */
#ifndef LOGGER_STREAM_PRIVATE_H
#define LOGGER_STREAM_PRIVATE_H

#include <sys/queue.h>
#include <sys/types.h>

#include <event2/event_struct.h>

#include "base/clock.h"
#include "jobd-logger/copy.h"
#include "jobd-logger/stream.h"

enum stream_state {
	STREAM_READING,
	STREAM_GATHERING, /* read again in a moment */
	STREAM_BLOCKED,   /* there is no room */
	STREAM_PUMPED,    /* read by the thread that writes */
	STREAM_FINISHED,  /* at the pipe's end, or drained at the logger's end */
};

struct stream {
	TAILQ_ENTRY(stream) entry;
	TAILQ_ENTRY(stream) state_entry;
	uint64_t id;
	struct journal *journal;
	struct line_format format;
	bool to_stdout, to_syslog;
	int fd;
	int pipe_bytes; /* 0: it can't be enlarged */
	struct event readable;
	enum stream_state state;
	struct journal_stream *counts;
	struct sink *sink;
	struct copy *copy;
	uint32_t open;   /* the chunk that new bytes may be added to */
	uint32_t chunks; /* waiting to be written */
	struct monotime taken_at, blocked_since, reported_at;
	bool is_dropping;
	bool is_mid_line; /* the last byte that came was no line end */
	bool is_cut;      /* the last byte before the drop was none, and is in the file */
	int64_t resync_bytes;
	bool is_ended;
	int64_t flush_bytes; /* left to take before a half line is a line; 0: none */
	int64_t drain_bytes; /* left to take before it counts as drained; -1: not draining */
};

TAILQ_HEAD(stream_list, stream);

/* stream.c: the streams that gather, or those that are blocked; linked by state_entry. */
struct stream_list *streams_in(enum stream_state);
void stream_set_state(struct stream *, enum stream_state);
/* Forgets a stream of which nothing is left to read or to write. */
void stream_check_end(struct stream *);

/*
 * stream_chunk.c: the journal's chunks between the pipe and the file.  One is open for more; what
 * comes in holds half lines back where only whole lines may be written.
 */

/* True if only whole lines may be written: they get something in front, or others write there too.
 */
bool stream_chunk_holds_lines(const struct stream *);
/* Bytes of the open chunk behind its last whole line. */
uint32_t stream_chunk_tail(const struct stream *);
/* True if the open chunk has room for so many bytes of this time. */
bool stream_chunk_takes(const struct stream *, size_t len, int64_t now_us);
/* Pages that the stream may still take. */
uint32_t stream_chunk_allowance(const struct stream *);
/* Opens a chunk for `len` bytes or fewer, with the half line of the one before at its start. False
 * if there is no room. */
bool stream_chunk_open(struct stream *, size_t len, int64_t now_us);
/* Hands on what came to the chunk from `from` on. */
void stream_chunk_took(struct stream *, uint32_t chunk, uint32_t from);
/* A half line is a line now. */
void stream_chunk_flush(struct stream *);
/* What a killed logger had taken for this stream and not written. */
void stream_chunk_recover(struct stream *);
/* Frees a chunk that is in no queue. */
void stream_chunk_discard(struct stream *, uint32_t chunk);
/* Gives up a chunk to which nothing came. */
void stream_chunk_forget(struct stream *, uint32_t chunk);
/* The sink's word that a chunk is freed. */
void stream_chunk_gone(void *stream, uint32_t chunk);

/* stream_read.c: when a pipe is read and how much, also by the thread that writes. */

int stream_read_init(struct event_base *, struct journal *);
/* Bytes in the pipe. */
size_t stream_read_available(const struct stream *);
void stream_read(struct stream *);
/* The pipe has something: an event_callback_fn. */
void stream_read_ready(int fd, short what, void *stream);
/* Something was taken (or dropped), or there was nothing: 0 and -1 as of read(2). */
void stream_read_after(struct stream *, ssize_t taken);
/* There is nothing more to read. */
void stream_read_end(struct stream *);
/* The sink's words of a thread that reads the pipe itself. */
bool stream_pump_begin(void *stream, uint32_t chunk, struct sink_pump *);
void stream_pump_end(void *stream, uint32_t chunk, int64_t taken);

/* stream_drop.c: programs held up, and output dropped when that takes too long. */

int stream_drop_init(struct event_base *, void (*dropped)(const struct stream *));
void stream_drop_set_limit(int64_t block_ms);
/* True if the file, or where else the lines go, can't take any. */
bool stream_drop_is_stalled(const struct stream *);
/* There is no room: the program waits, until the limit. */
void stream_drop_hold(struct stream *);
bool stream_drop_can_end(const struct stream *);
/* Ends a drop that stopped at a line end; false if there is no memory for the mark. */
bool stream_drop_end(struct stream *);
/* Reads a pipe whose output is dropped. */
void stream_drop_read(struct stream *, size_t available);

#endif
