/*
 * Where streams go: one sink for each path, with the chunks that wait for it in order, and one job
 * at a time that writes them in a thread.  Never touches the disk itself.
 */
#ifndef LOGGER_SINK_H
#define LOGGER_SINK_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "jobd-logger/channel.h"
#include "jobd-logger/journal.h"
#include "jobd-logger/generations.h"

struct sink;

/*
 * A stream that comes in faster than small steps can follow: the thread that writes reads the pipe
 * too, into the same chunk again and again, so that nothing is handed over in between.
 */
struct sink_pump {
	int fd;
	struct journal_stream *counts;
};

struct sink_hooks {
	/* Whether the thread may read the owner's pipe behind that chunk; if so, the owner keeps
	 * off it until pump_end. */
	bool (*pump_begin)(void *owner, uint32_t chunk, struct sink_pump *);
	void (*pump_end)(void *owner, uint32_t chunk, int64_t taken);
	/* A chunk of that owner is written and gone. */
	void (*chunk_gone)(void *owner, uint32_t chunk);
	/* A job has ended, well or not. */
	void (*progress)(struct sink *);
};

/* What a client asked of a file; `done` is called in the loop with 0 or an errno. */
enum sink_operation { SINK_ROTATE, SINK_CLEAR, SINK_OPERATIONS };
typedef void (*sink_operation_cb)(void *arg, int error);

int sinks_init(struct event_base *, struct journal *, const struct sink_hooks *);
/* The sink of the settings' path with one more user; NULL with errno. */
struct sink *sink_open(const struct stream_settings *);
void sink_set(struct sink *, const struct stream_settings *);
/* One user fewer; it goes when it has none and everything is written. */
void sink_close(struct sink *);
/* Keeps the sink from being freed, for readers of its file. */
void sink_hold(struct sink *);
void sink_release(struct sink *);
void sinks_reopen(void);
/* True if everything that is ready is written. */
bool sinks_are_written(void);
struct sink *sink_first(void);
struct sink *sink_next(const struct sink *);

/* Queues a chunk of which nothing is ready yet.  The format stays the owner's as long as the chunk.
 */
void sink_append(struct sink *, void *owner, uint32_t chunk, const struct line_format *);
/* The chunk's bytes up to `ready` may be written. */
void sink_ready(struct sink *, uint32_t chunk, uint32_t ready);
uint32_t sink_ready_bytes(uint32_t chunk);
/* Drops a chunk from the queue if everything in it is written. */
void sink_check_chunk(struct sink *, uint32_t chunk);
/* Runs an operation behind what is queued. -1 if there is no memory. */
int sink_operate(struct sink *, enum sink_operation, sink_operation_cb done, void *arg);

/* Tries again at once what could not be written. */
void sink_retry(struct sink *);
void sink_set_wants_compression(struct sink *, bool);
bool sink_wants_compression(const struct sink *);

const char *sink_path(const struct sink *);
int sink_users(const struct sink *);
int sink_error(const struct sink *);
/* Nothing is getting through, because of an error or because a write does not come back. */
bool sink_is_stalled(const struct sink *);
uint32_t sink_pages(const struct sink *);
struct generations *sink_generations(struct sink *);

#endif
