/*
 * The streams: one for each pipe that jobd handed over.  Decides when a pipe is read and how much,
 * keeps half lines together, holds programs up while a file can't be written, and drops with a
 * count when that takes too long.
 */
#ifndef LOGGER_STREAM_H
#define LOGGER_STREAM_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "jobd-logger/channel.h"
#include "jobd-logger/journal.h"
#include "jobd-logger/sink.h"

struct stream;

struct stream_hooks {
	/* The stream's counts of what was dropped have changed. */
	void (*dropped)(const struct stream *);
	/* Everything of an ended stream is written; it is gone after this. */
	void (*ended)(uint64_t id);
	/* Something was written to that file, or tried to be. */
	void (*written)(const struct sink *);
};

int streams_init(struct event_base *, struct journal *, const struct stream_hooks *);
void streams_set_limits(const struct logger_limits *);
/* Makes a stream that reads `fd`, which is the stream's from now on, or changes its settings (-1).
 */
int stream_apply(uint64_t id, const struct stream_settings *, int fd);
/* What was written up to now ends here: a half line is a line. */
void stream_flush(uint64_t id);
/* The pipe gets nothing more; what is in it is written, then the stream is forgotten. */
void stream_end(uint64_t id);
/* Streams that are held up try again. */
void streams_unblock(void);
/* From now on only what is in the pipes now is read. */
void streams_drain(void);
/* True if no pipe will be read any more. */
bool streams_are_drained(void);

struct stream *stream_first(void);
struct stream *stream_next(const struct stream *);
uint64_t stream_id(const struct stream *);
const struct line_format *stream_format(const struct stream *);
struct sink *stream_sink(const struct stream *);
const struct journal_stream *stream_counts(const struct stream *);

#endif
