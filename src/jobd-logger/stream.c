#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "jobd-logger/stream_private.h"

static struct {
	struct event_base *base;
	struct journal *journal;
	struct stream_hooks hooks;
	struct stream_list list, gathering, blocked;
} streams = {
	.list = TAILQ_HEAD_INITIALIZER(streams.list),
	.gathering = TAILQ_HEAD_INITIALIZER(streams.gathering),
	.blocked = TAILQ_HEAD_INITIALIZER(streams.blocked),
};

static void on_progress(struct sink *);

int
streams_init(struct event_base *base, struct journal *journal, const struct stream_hooks *hooks)
{
	static const struct sink_hooks sink_hooks = { stream_pump_begin, stream_pump_end,
		stream_chunk_gone, on_progress };

	streams.base = base;
	streams.journal = journal;
	streams.hooks = *hooks;
	if (stream_read_init(base, journal) == -1 || stream_drop_init(base, hooks->dropped) == -1)
		return -1;
	streams_set_limits(&channel_default_limits);
	return sinks_init(base, journal, &sink_hooks);
}

void
streams_set_limits(const struct logger_limits *limits)
{
	journal_set_limit(streams.journal, limits->memory_bytes);
	stream_drop_set_limit(limits->block_ms);
}

static struct stream *
stream_find(uint64_t id)
{
	struct stream *stream;

	TAILQ_FOREACH (stream, &streams.list, entry)
		if (stream->id == id)
			break;
	return stream;
}

static struct stream *
stream_new(uint64_t id, int fd)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	stream->id = id;
	stream->fd = fd;
	stream->journal = streams.journal;
	stream->open = JOURNAL_NONE;
	stream->drain_bytes = -1;
	stream->counts = journal_stream_get(streams.journal, id);
	if (stream->counts == NULL || fd_set_nonblocking(fd, true) == -1) {
		free(stream);
		return NULL;
	}
	stream->pipe_bytes = fcntl(fd, F_GETPIPE_SZ);
	event_assign(
	    &stream->readable, streams.base, fd, EV_READ | EV_PERSIST, stream_read_ready, stream);
	TAILQ_INSERT_TAIL(&streams.list, stream, entry);
	return stream;
}

/* Moves the stream to the settings' file; what is queued for the old one still goes there. */
static int
stream_set_sink(struct stream *stream, const struct stream_settings *settings)
{
	struct sink *sink = NULL;
	struct stream *other;

	if (settings->path != NULL && stream->sink != NULL &&
	    strcmp(settings->path, sink_path(stream->sink)) == 0) {
		sink_set(stream->sink, settings);
		return 0;
	}
	if (settings->path != NULL && (sink = sink_open(settings)) == NULL)
		return -1;
	if (stream->sink != NULL)
		sink_close(stream->sink);
	stream->sink = sink;
	stream->open = JOURNAL_NONE;
	if (sink != NULL && sink_users(sink) > 1)
		TAILQ_FOREACH (other, &streams.list, entry)
			if (other->sink == sink)
				other->counts->holds_lines = 1;
	return 0;
}

int
stream_apply(uint64_t id, const struct stream_settings *settings, int fd)
{
	struct stream *stream = stream_find(id);
	bool is_new = stream == NULL;

	if (is_new != (fd != -1)) {
		fd_close(fd);
		errno = is_new ? EBADF : EEXIST;
		return -1;
	}
	if (is_new && (stream = stream_new(id, fd)) == NULL) {
		fd_close(fd);
		return -1;
	}
	stream->format = settings->format;
	stream->to_stdout = settings->to_stdout;
	stream->to_syslog = settings->to_syslog;
	if (stream_set_sink(stream, settings) == -1)
		log_warn("%s %s: can't log to %s", settings->format.program,
		    settings->format.stream, settings->path);
	copy_set(&stream->copy, settings);
	if (is_new) {
		event_add(&stream->readable, NULL);
		stream_chunk_recover(stream);
	}
	return 0;
}

static void
stream_free(struct stream *stream)
{
	uint64_t id = stream->id;

	stream_set_state(stream, STREAM_FINISHED);
	TAILQ_REMOVE(&streams.list, stream, entry);
	copy_free(stream->copy);
	if (stream->sink != NULL)
		sink_close(stream->sink);
	fd_close(stream->fd);
	journal_stream_forget(stream->counts);
	free(stream);
	streams.hooks.ended(id);
}

struct stream_list *
streams_in(enum stream_state state)
{
	return state == STREAM_GATHERING ? &streams.gathering
	       : state == STREAM_BLOCKED ? &streams.blocked
					 : NULL;
}

void
stream_set_state(struct stream *stream, enum stream_state state)
{
	if (stream->state == state)
		return;
	if (streams_in(stream->state) != NULL)
		TAILQ_REMOVE(streams_in(stream->state), stream, state_entry);
	if (streams_in(state) != NULL)
		TAILQ_INSERT_TAIL(streams_in(state), stream, state_entry);
	stream->state = state;
	if (state == STREAM_READING)
		event_add(&stream->readable, NULL);
	else
		event_del(&stream->readable);
}

void
streams_unblock(void)
{
	struct stream *stream;

	while ((stream = TAILQ_FIRST(&streams.blocked)) != NULL)
		stream_set_state(stream, STREAM_READING);
}

static void
on_progress(struct sink *sink)
{
	struct stream *stream, *next;

	streams_unblock();
	streams.hooks.written(sink);
	TAILQ_FOREACH_SAFE (stream, &streams.list, entry, next) {
		if (stream->is_dropping && stream->sink == sink && !stream->is_mid_line &&
		    stream_drop_can_end(stream))
			(void)stream_drop_end(stream);
		if (stream->is_ended)
			stream_check_end(stream);
	}
}

void
stream_check_end(struct stream *stream)
{
	if (!stream->is_ended || stream->state == STREAM_BLOCKED || stream->state == STREAM_PUMPED)
		return;
	if (stream->state != STREAM_FINISHED) {
		if (stream_read_available(stream) > 0)
			return;
		stream_read_end(stream);
	}
	if (stream->is_dropping && stream_drop_can_end(stream))
		(void)stream_drop_end(stream);
	if (stream->chunks == 0 && !stream->is_dropping)
		stream_free(stream);
}

void
stream_flush(uint64_t id)
{
	struct stream *stream = stream_find(id);

	if (stream == NULL)
		return;
	stream->flush_bytes = (int64_t)stream_read_available(stream);
	if (stream->flush_bytes == 0)
		stream_chunk_flush(stream);
}

void
stream_end(uint64_t id)
{
	struct stream *stream = stream_find(id);

	if (stream == NULL) {
		streams.hooks.ended(id);
		return;
	}
	stream->is_ended = true;
	stream_check_end(stream);
}

void
streams_drain(void)
{
	struct stream *stream;

	TAILQ_FOREACH (stream, &streams.list, entry) {
		if (stream->state == STREAM_FINISHED)
			continue;
		stream->drain_bytes = (int64_t)stream_read_available(stream);
		if (stream->drain_bytes == 0 && stream->state != STREAM_PUMPED)
			stream_set_state(stream, STREAM_FINISHED);
		else if (stream->state == STREAM_GATHERING)
			stream_set_state(stream, STREAM_READING);
	}
}

bool
streams_are_drained(void)
{
	const struct stream *stream;

	TAILQ_FOREACH (stream, &streams.list, entry)
		if (stream->state != STREAM_FINISHED)
			return false;
	return true;
}

struct stream *
stream_first(void)
{
	return TAILQ_FIRST(&streams.list);
}

struct stream *
stream_next(const struct stream *stream)
{
	return TAILQ_NEXT(stream, entry);
}

uint64_t
stream_id(const struct stream *stream)
{
	return stream->id;
}

const struct line_format *
stream_format(const struct stream *stream)
{
	return &stream->format;
}

struct sink *
stream_sink(const struct stream *stream)
{
	return stream->sink;
}

const struct journal_stream *
stream_counts(const struct stream *stream)
{
	return stream->counts;
}
