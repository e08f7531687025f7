#include <sys/ioctl.h>
#include <sys/queue.h>

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "jobd-logger/copy.h"
#include "jobd-logger/drop.h"
#include "jobd-logger/lines.h"
#include "jobd-logger/stream.h"

/* Taken at once: large enough for full speed, small enough for three of them in little memory. */
#define TAKE_MAX_BYTES ((size_t)512 * 1024)
/* Lines that are made anew take longer, and several chunks of them wait. */
#define TAKE_LINES_BYTES ((size_t)256 * 1024)
/* A stream that fills such a chunk is left to the thread that writes. */
#define PUMP_CHUNK_BYTES ((uint32_t)64 * 1024)
#define PIPE_MAX_BYTES   (1024 * 1024)
/* Smaller reads that follow each other within GATHER_MS are gathered: one read and one write then
 * do for many lines. */
#define GATHER_BYTES ((size_t)32 * 1024)
#define GATHER_MS    1
/* A chunk has one time for all its lines. */
#define SAME_TIME_US (10 * CLOCK_US_PER_MS)
/* After a drop the next line begins where a line end is found, or after this many bytes. */
#define RESYNC_MAX_BYTES (1024 * 1024)
#define RELEASE_MS       1000
#define REPORT_MS        1000

enum stream_state {
	STREAM_READING,
	STREAM_GATHERING, /* in `gathering`: read again in a moment */
	STREAM_BLOCKED,   /* in `blocked`: there is no room */
	STREAM_PUMPED,    /* read by the thread that writes */
	STREAM_FINISHED,  /* at the pipe's end, or drained at the logger's end */
};

struct stream {
	TAILQ_ENTRY(stream) entry;
	TAILQ_ENTRY(stream) state_entry;
	uint64_t id;
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

static struct {
	struct event_base *base;
	struct journal *journal;
	struct stream_hooks hooks;
	struct logger_limits limits;
	struct stream_list list, gathering, blocked;
	struct event *gather, *block, *release;
	uint64_t recovered_seq;
} streams = {
	.list = TAILQ_HEAD_INITIALIZER(streams.list),
	.gathering = TAILQ_HEAD_INITIALIZER(streams.gathering),
	.blocked = TAILQ_HEAD_INITIALIZER(streams.blocked),
};

static void on_readable(int fd, short what, void *arg);
static void on_gather(int fd, short what, void *arg);
static void on_block(int fd, short what, void *arg);
static void on_release(int fd, short what, void *arg);
static bool on_pump_begin(void *owner, uint32_t chunk, struct sink_pump *);
static void on_pump_end(void *owner, uint32_t chunk, int64_t taken);
static void on_chunk_gone(void *owner, uint32_t chunk);
static void on_progress(struct sink *);
static void stream_read(struct stream *);
static void stream_recover(struct stream *);
static void stream_set_state(struct stream *, enum stream_state);
static void stream_check_end(struct stream *);
static void drop_begin(struct stream *);
static void drop_read(struct stream *, size_t available);
static bool drop_can_end(const struct stream *);
static bool drop_end(struct stream *);
static void chunk_discard(struct stream *, uint32_t index);
static void chunk_forget(struct stream *, uint32_t index);

int
streams_init(struct event_base *base, struct journal *journal, const struct stream_hooks *hooks)
{
	static const struct sink_hooks sink_hooks = { on_pump_begin, on_pump_end, on_chunk_gone,
		on_progress };

	streams.base = base;
	streams.journal = journal;
	streams.hooks = *hooks;
	streams.gather = evtimer_new(base, on_gather, NULL);
	streams.block = evtimer_new(base, on_block, NULL);
	streams.release = evtimer_new(base, on_release, NULL);
	if (streams.gather == NULL || streams.block == NULL || streams.release == NULL)
		return -1;
	streams_set_limits(&channel_default_limits);
	return sinks_init(base, journal, &sink_hooks);
}

void
streams_set_limits(const struct logger_limits *limits)
{
	streams.limits = *limits;
	journal_set_limit(streams.journal, limits->memory_bytes);
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
	stream->open = JOURNAL_NONE;
	stream->drain_bytes = -1;
	stream->counts = journal_stream_get(streams.journal, id);
	if (stream->counts == NULL || fd_set_nonblocking(fd, true) == -1) {
		free(stream);
		return NULL;
	}
	stream->pipe_bytes = fcntl(fd, F_GETPIPE_SZ);
	event_assign(
	    &stream->readable, streams.base, fd, EV_READ | EV_PERSIST, on_readable, stream);
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
		stream_recover(stream);
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

static void
stream_set_state(struct stream *stream, enum stream_state state)
{
	if (stream->state == state)
		return;
	if (stream->state == STREAM_GATHERING)
		TAILQ_REMOVE(&streams.gathering, stream, state_entry);
	else if (stream->state == STREAM_BLOCKED)
		TAILQ_REMOVE(&streams.blocked, stream, state_entry);
	if (state == STREAM_GATHERING)
		TAILQ_INSERT_TAIL(&streams.gathering, stream, state_entry);
	else if (state == STREAM_BLOCKED)
		TAILQ_INSERT_TAIL(&streams.blocked, stream, state_entry);
	stream->state = state;
	if (state == STREAM_READING)
		event_add(&stream->readable, NULL);
	else
		event_del(&stream->readable);
}

/* True if only whole lines may be written: they get something in front, or others write there too.
 */
static bool
stream_holds_lines(const struct stream *stream)
{
	return stream->format.kind != LINE_FORMAT_RAW || stream->counts->holds_lines;
}

static bool
stream_is_stalled(const struct stream *stream)
{
	return stream->sink != NULL ? sink_is_stalled(stream->sink) : copy_is_full(stream->copy);
}

/* ---- chunks ---- */

static void
on_chunk_gone(void *owner, uint32_t chunk)
{
	struct stream *stream = owner;

	if (stream->open == chunk)
		stream->open = JOURNAL_NONE;
	stream->chunks--;
}

/* Only for bytes that go to the file as they are, and nowhere else. */
static bool
on_pump_begin(void *owner, uint32_t chunk, struct sink_pump *pump)
{
	struct stream *stream = owner;

	if (stream->state != STREAM_READING || stream->open != chunk ||
	    stream_holds_lines(stream) || stream->copy != NULL || stream->is_dropping ||
	    stream->is_ended || stream->drain_bytes != -1 || stream->flush_bytes > 0 ||
	    journal_chunk(streams.journal, chunk)->len < PUMP_CHUNK_BYTES)
		return false;
	pump->fd = stream->fd;
	pump->counts = stream->counts;
	stream_set_state(stream, STREAM_PUMPED);
	return true;
}

static void
on_pump_end(void *owner, uint32_t index, int64_t taken)
{
	struct stream *stream = owner;
	const struct journal_chunk *chunk = journal_chunk(streams.journal, index);

	if (taken > 0) {
		stream->blocked_since = (struct monotime){ 0 };
		stream->taken_at = monotime_now();
	}
	if (taken > 0 && chunk->len > 0)
		stream->is_mid_line =
		    journal_chunk_data(streams.journal, index)[chunk->len - 1] != '\n';
	stream_set_state(stream, stream->drain_bytes == 0 ? STREAM_FINISHED : STREAM_READING);
}

/* Frees a chunk that is in no queue. */
static void
chunk_discard(struct stream *stream, uint32_t index)
{
	journal_chunk_free(streams.journal, index);
	on_chunk_gone(stream, index);
}

/* Bytes of the open chunk behind its last whole line. */
static uint32_t
open_tail(const struct stream *stream)
{
	if (stream->open == JOURNAL_NONE || stream->sink == NULL)
		return 0;
	return journal_chunk(streams.journal, stream->open)->len - sink_ready_bytes(stream->open);
}

static bool
open_takes(const struct stream *stream, size_t len, int64_t now_us)
{
	const struct journal_chunk *chunk;

	if (stream->open == JOURNAL_NONE || journal_chunk_room(streams.journal, stream->open) < len)
		return false;
	chunk = journal_chunk(streams.journal, stream->open);
	return stream->format.kind == LINE_FORMAT_RAW || now_us - chunk->at_us < SAME_TIME_US ||
	       chunk->done == sink_ready_bytes(stream->open);
}

static uint32_t
stream_allowance(const struct stream *stream)
{
	struct drop_memory memory = {
		.limit = journal_limit_pages(streams.journal),
		.used = journal_used_pages(streams.journal),
		.sink_used = stream->sink != NULL ? sink_pages(stream->sink) : 0,
		.sink_is_stalled = stream_is_stalled(stream),
	};

	return drop_allowance(&memory);
}

/* Opens a chunk for `len` bytes or fewer, with the half line of the one before at its start. */
static bool
open_new(struct stream *stream, size_t len, int64_t now_us)
{
	uint32_t allowed = stream_allowance(stream), tail = open_tail(stream), old = stream->open;
	uint32_t pages = (uint32_t)((len + tail + JOURNAL_PAGE_BYTES - 1) / JOURNAL_PAGE_BYTES);
	uint32_t chunk;

	if (stream->sink == NULL && copy_is_full(stream->copy))
		return false;
	if (allowed < pages)
		pages = allowed;
	if (pages * JOURNAL_PAGE_BYTES <= tail)
		return false;
	chunk = journal_chunk_new(streams.journal, stream->id, pages, now_us);
	if (chunk == JOURNAL_NONE)
		return false;
	if (journal_chunk_room(streams.journal, chunk) <= tail) {
		journal_chunk_free(streams.journal, chunk);
		return false;
	}
	if (tail > 0)
		journal_chunk_steal(streams.journal, chunk, old, sink_ready_bytes(old));
	if (stream->sink != NULL)
		sink_append(stream->sink, stream, chunk, &stream->format);
	stream->chunks++;
	stream->open = chunk;
	if (tail > 0)
		sink_check_chunk(stream->sink, old);
	return true;
}

/* How far the chunk may be written, now that bytes from `from` on are new. */
static uint32_t
ready_upto(const struct stream *stream, uint32_t index, uint32_t from)
{
	const struct journal_chunk *chunk = journal_chunk(streams.journal, index);
	uint32_t ready = sink_ready_bytes(index), whole;

	if (!stream_holds_lines(stream))
		return chunk->len;
	whole = (uint32_t)lines_whole(
	    journal_chunk_data(streams.journal, index) + from, chunk->len - from);
	if (whole > 0)
		ready = from + whole;
	while (chunk->len - ready >= LINES_PIECE_MAX)
		ready += (uint32_t)LINES_PIECE_MAX;
	return ready;
}

/* Hands on what came to the chunk from `from` on. */
static void
stream_took(struct stream *stream, uint32_t index, uint32_t from)
{
	struct journal_chunk *chunk = journal_chunk(streams.journal, index);
	const char *data = journal_chunk_data(streams.journal, index);

	if (chunk->len == from)
		return;
	stream->is_mid_line = data[chunk->len - 1] != '\n';
	copy_feed(stream->copy, chunk->at_us, data + from, chunk->len - from);
	if (stream->sink != NULL) {
		sink_ready(stream->sink, index, ready_upto(stream, index, from));
		return;
	}
	chunk_discard(stream, index);
}

/* A half line is written as it is; where others write too, or each line gets something, with an
 * end.
 */
static void
stream_flush_now(struct stream *stream)
{
	struct journal_chunk *chunk;
	char *data;

	stream->flush_bytes = 0;
	copy_flush(stream->copy);
	if (open_tail(stream) == 0)
		return;
	chunk = journal_chunk(streams.journal, stream->open);
	data = journal_chunk_data(streams.journal, stream->open);
	if (stream->format.kind == LINE_FORMAT_RAW &&
	    journal_chunk_room(streams.journal, stream->open) > 0)
		data[chunk->len++] = '\n';
	stream->is_mid_line = false;
	sink_ready(stream->sink, stream->open, chunk->len);
	stream->open = JOURNAL_NONE;
}

/* What a killed logger had taken for this stream and not written. */
static void
stream_recover(struct stream *stream)
{
	uint32_t index, last = JOURNAL_NONE;
	uint64_t seq = 0;

	stream->is_mid_line = true;
	stream->is_dropping = stream->counts->dropped_bytes > stream->counts->marked_bytes;
	while ((index = journal_chunk_after(streams.journal, seq)) != JOURNAL_NONE) {
		const struct journal_chunk *chunk = journal_chunk(streams.journal, index);

		seq = chunk->seq;
		if (chunk->stream_id != stream->id)
			continue;
		stream->chunks++;
		stream->open = last = index;
		if (stream->sink == NULL) {
			stream_took(stream, index, chunk->done);
			last = JOURNAL_NONE;
			continue;
		}
		sink_append(stream->sink, stream, index, &stream->format);
	}
	for (seq = 0; last != JOURNAL_NONE && stream->sink != NULL &&
		      (index = journal_chunk_after(streams.journal, seq)) != JOURNAL_NONE;) {
		const struct journal_chunk *chunk = journal_chunk(streams.journal, index);

		seq = chunk->seq;
		if (chunk->stream_id == stream->id)
			sink_ready(stream->sink, index,
			    index == last ? ready_upto(stream, index, 0) : chunk->len);
	}
}

/* ---- reading ---- */

static size_t
stream_available(const struct stream *stream)
{
	int available = 0;

	if (ioctl(stream->fd, FIONREAD, &available) == -1)
		return 0;
	return (size_t)available;
}

/* A pipe that is found nearly full gets as large as unprivileged users may have it. */
static void
pipe_enlarge(struct stream *stream, size_t available)
{
	if (stream->pipe_bytes <= 0 || stream->pipe_bytes >= PIPE_MAX_BYTES ||
	    available < (size_t)stream->pipe_bytes / 4 * 3)
		return;
	if (fcntl(stream->fd, F_SETPIPE_SZ, PIPE_MAX_BYTES) == -1)
		stream->pipe_bytes = 0;
	else
		stream->pipe_bytes = PIPE_MAX_BYTES;
}

static void
stream_block(struct stream *stream)
{
	struct timeval delay;

	if (!monotime_is_set(stream->blocked_since))
		stream->blocked_since = monotime_now();
	stream_set_state(stream, STREAM_BLOCKED);
	if (evtimer_pending(streams.block, NULL))
		return;
	delay = monotime_until(monotime_add_ms(stream->blocked_since, streams.limits.block_ms));
	evtimer_add(streams.block, &delay);
}

static void
stream_gather(struct stream *stream, size_t taken)
{
	static const struct timeval delay = { 0, GATHER_MS * 1000 };
	struct monotime now = monotime_now();
	bool is_busy = monotime_is_set(stream->taken_at) &&
		       monotime_diff_ms(now, stream->taken_at) <= GATHER_MS;

	stream->taken_at = now;
	if (taken >= GATHER_BYTES || !is_busy || stream->state != STREAM_READING)
		return;
	stream_set_state(stream, STREAM_GATHERING);
	if (!evtimer_pending(streams.gather, NULL))
		evtimer_add(streams.gather, &delay);
}

static void
stream_at_end(struct stream *stream)
{
	stream_flush_now(stream);
	stream_set_state(stream, STREAM_FINISHED);
}

/* Something was taken (or dropped), or there was nothing: 0 and -1 as of read(2). */
static void
stream_after_read(struct stream *stream, ssize_t taken)
{
	static const struct timeval release = { RELEASE_MS / 1000, 0 };

	if (taken == 0) {
		stream_at_end(stream);
	} else if (taken == -1 && errno != EAGAIN && errno != EINTR) {
		log_warn("%s %s: can't read", stream->format.program, stream->format.stream);
		stream_at_end(stream);
	} else if (taken > 0) {
		stream->blocked_since = (struct monotime){ 0 };
		evtimer_add(streams.release, &release);
	}
	if (stream->drain_bytes > 0 && taken > 0)
		stream->drain_bytes = stream->drain_bytes > taken ? stream->drain_bytes - taken : 0;
	if (taken == -1)
		stream->drain_bytes = stream->drain_bytes == -1 ? -1 : 0;
	if (stream->flush_bytes > 0 && taken != 0) {
		stream->flush_bytes -= taken > 0 ? taken : stream->flush_bytes;
		if (stream->flush_bytes <= 0)
			stream_flush_now(stream);
	}
	/* A half line stays in the journal: the next logger has the rest of it. */
	if (stream->drain_bytes == 0)
		stream_set_state(stream, STREAM_FINISHED);
}

static size_t
take_max(const struct stream *stream)
{
	if (stream->sink == NULL)
		return COPY_ROOM_BYTES;
	return stream_holds_lines(stream) ? TAKE_LINES_BYTES : TAKE_MAX_BYTES;
}

static void
stream_read(struct stream *stream)
{
	size_t available = stream_available(stream), wanted = available;
	int64_t now_us = walltime_now().us;
	struct journal_chunk *chunk;
	ssize_t taken;
	uint32_t from;
	int error;

	pipe_enlarge(stream, available);
	if (stream->is_dropping) {
		drop_read(stream, available);
		return;
	}
	/* Nothing there: the end, or a wake-up without a reason. One byte finds out. */
	if (wanted == 0)
		wanted = 1;
	if (wanted > take_max(stream))
		wanted = take_max(stream);
	if (stream->flush_bytes > 0 && wanted > (size_t)stream->flush_bytes)
		wanted = (size_t)stream->flush_bytes;
	if (stream->drain_bytes > 0 && wanted > (size_t)stream->drain_bytes)
		wanted = (size_t)stream->drain_bytes;
	if (!open_takes(stream, wanted, now_us) && !open_new(stream, wanted, now_us)) {
		stream_block(stream);
		return;
	}
	chunk = journal_chunk(streams.journal, stream->open);
	from = chunk->len;
	if (sink_ready_bytes(stream->open) == chunk->done)
		chunk->at_us = now_us;
	taken = journal_take(streams.journal, stream->counts, stream->open, stream->fd, wanted);
	error = errno;
	if (taken > 0)
		stream_took(stream, stream->open, from);
	else
		chunk_forget(stream, stream->open);
	errno = error;
	stream_after_read(stream, taken);
}

static void
on_readable(int fd, short what, void *arg)
{
	struct stream *stream = arg;
	size_t before = (size_t)(stream->counts->bytes + stream->counts->dropped_bytes);

	(void)fd;
	(void)what;
	stream_read(stream);
	stream_gather(
	    stream, (size_t)(stream->counts->bytes + stream->counts->dropped_bytes) - before);
	stream_check_end(stream);
}

static void
on_gather(int fd, short what, void *arg)
{
	struct stream_list list = TAILQ_HEAD_INITIALIZER(list);
	struct stream *stream;

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_CONCAT(&list, &streams.gathering, state_entry);
	while ((stream = TAILQ_FIRST(&list)) != NULL) {
		TAILQ_REMOVE(&list, stream, state_entry);
		TAILQ_INSERT_TAIL(&streams.gathering, stream, state_entry);
		stream_set_state(stream, STREAM_READING);
		on_readable(stream->fd, EV_READ, stream);
	}
}

/* ---- holding up and dropping ---- */

static void
stream_report(struct stream *stream, bool now)
{
	struct monotime time = monotime_now();

	if (!now && monotime_is_set(stream->reported_at) &&
	    monotime_diff_ms(time, stream->reported_at) < REPORT_MS)
		return;
	stream->reported_at = time;
	streams.hooks.dropped(stream);
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
		    drop_can_end(stream))
			(void)drop_end(stream);
		if (stream->is_ended)
			stream_check_end(stream);
	}
}

static void
on_block(int fd, short what, void *arg)
{
	struct monotime now = monotime_now();
	struct timeval delay;
	struct stream *stream, *next;
	struct monotime first = { 0 };

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH_SAFE (stream, &streams.blocked, state_entry, next) {
		if (drop_is_due(now.us / CLOCK_US_PER_MS,
			stream->blocked_since.us / CLOCK_US_PER_MS, streams.limits.block_ms))
			drop_begin(stream);
		else if (!monotime_is_set(first) || stream->blocked_since.us < first.us)
			first = stream->blocked_since;
	}
	if (!monotime_is_set(first))
		return;
	delay = monotime_until(monotime_add_ms(first, streams.limits.block_ms));
	evtimer_add(streams.block, &delay);
}

/* From here on the stream's bytes are only counted; a half line that was held goes with them. */
static void
drop_begin(struct stream *stream)
{
	uint32_t tail = open_tail(stream);

	stream->is_dropping = true;
	stream->is_cut = stream->is_mid_line && !stream_holds_lines(stream);
	stream->resync_bytes = 0;
	stream->counts->drop_from_us = walltime_now().us;
	stream->counts->drop_to_us = stream->counts->drop_from_us;
	if (tail > 0) {
		stream->counts->dropped_bytes += tail;
		journal_chunk(streams.journal, stream->open)->len -= tail;
		sink_check_chunk(stream->sink, stream->open);
	}
	stream->open = JOURNAL_NONE;
	log_warnx("%s %s: its log can't be written; output is dropped", stream->format.program,
	    stream->format.stream);
	stream_set_state(stream, STREAM_READING);
}

static bool
drop_can_end(const struct stream *stream)
{
	return !stream_is_stalled(stream) &&
	       stream_allowance(stream) >= journal_limit_pages(streams.journal) / 8;
}

/* Fills the chunk that tells what was dropped; it is queued in front of what comes after. */
static void
mark_write(struct stream *stream, uint32_t index)
{
	struct journal_chunk *chunk = journal_chunk(streams.journal, index);
	char *data = journal_chunk_data(streams.journal, index);
	struct journal_stream *counts = stream->counts;
	size_t len = 0;

	/* The line that the drop cut in two. */
	if (stream->is_cut)
		data[len++] = '\n';
	len += lines_drop_mark(data + len, JOURNAL_PAGE_BYTES - len,
	    counts->dropped_lines - counts->marked_lines,
	    counts->dropped_bytes - counts->marked_bytes, counts->drop_from_us, counts->drop_to_us);
	chunk->mark_bytes = (uint64_t)counts->dropped_bytes;
	chunk->mark_lines = (uint64_t)counts->dropped_lines;
	chunk->len = (uint32_t)len;
	counts->marked_bytes = counts->dropped_bytes;
	counts->marked_lines = counts->dropped_lines;
	if (stream->sink != NULL) {
		sink_ready(stream->sink, index, chunk->len);
	} else {
		copy_feed(stream->copy, chunk->at_us, data, len);
		chunk_discard(stream, index);
	}
}

/* Counts the start of a chunk as dropped, up to the first line end: false if there is none. */
static bool
resync(struct stream *stream, uint32_t index)
{
	struct journal_chunk *chunk = journal_chunk(streams.journal, index);
	const char *data = journal_chunk_data(streams.journal, index);
	const char *end = memchr(data, '\n', chunk->len);
	uint32_t cut = end == NULL ? chunk->len : (uint32_t)(end - data) + 1;

	if (end == NULL && stream->resync_bytes >= RESYNC_MAX_BYTES)
		return true;
	chunk->done = cut;
	stream->counts->bytes -= cut;
	stream->counts->lines -= end != NULL;
	stream->counts->dropped_bytes += cut;
	stream->counts->dropped_lines += end != NULL;
	stream->resync_bytes += cut;
	return end != NULL;
}

static uint32_t
mark_new(struct stream *stream)
{
	uint32_t index = journal_chunk_new(streams.journal, stream->id, 1, walltime_now().us);

	if (index == JOURNAL_NONE)
		return index;
	stream->chunks++;
	if (stream->sink != NULL)
		sink_append(stream->sink, stream, index, &stream->format);
	return index;
}

static void
chunk_forget(struct stream *stream, uint32_t index)
{
	if (stream->sink != NULL)
		sink_check_chunk(stream->sink, index);
	else
		chunk_discard(stream, index);
}

/* Ends a drop that stopped at a line end; false if there is no memory for the mark. */
static bool
drop_end(struct stream *stream)
{
	uint32_t mark = mark_new(stream);

	if (mark == JOURNAL_NONE)
		return false;
	stream->is_dropping = false;
	mark_write(stream, mark);
	stream_report(stream, true);
	return true;
}

/* Ends a drop in mid-line: the rest of the line goes too, then the mark and what comes behind it.
 */
static bool
drop_end_in_line(struct stream *stream)
{
	uint32_t mark = mark_new(stream), index;
	struct journal_chunk *chunk;
	ssize_t taken;

	if (mark == JOURNAL_NONE)
		return false;
	if (!open_new(stream, COPY_ROOM_BYTES, walltime_now().us)) {
		chunk_forget(stream, mark);
		return false;
	}
	index = stream->open;
	chunk = journal_chunk(streams.journal, index);
	taken = journal_take(streams.journal, stream->counts, index, stream->fd, COPY_ROOM_BYTES);
	if (taken > 0 && resync(stream, index)) {
		stream->is_dropping = false;
		mark_write(stream, mark);
		stream_report(stream, true);
	} else {
		chunk_forget(stream, mark);
	}
	if (chunk->len > chunk->done)
		stream_took(stream, index, chunk->done);
	else
		chunk_forget(stream, index);
	stream_after_read(stream, taken);
	return true;
}

static void
drop_read(struct stream *stream, size_t available)
{
	ssize_t taken;

	if (available > 0 && drop_can_end(stream)) {
		if (stream->is_mid_line && drop_end_in_line(stream))
			return;
		if (!stream->is_mid_line && drop_end(stream)) {
			stream_read(stream);
			return;
		}
	}
	taken = journal_discard(
	    streams.journal, stream->counts, stream->fd, JOURNAL_DISCARD_BYTES, walltime_now().us);
	if (taken > 0) {
		stream->is_mid_line = journal_discarded(streams.journal)[taken - 1] != '\n';
		stream->resync_bytes = 0;
		stream_report(stream, false);
	}
	stream_after_read(stream, taken);
}

/* ---- ends ---- */

static void
stream_check_end(struct stream *stream)
{
	if (!stream->is_ended || stream->state == STREAM_BLOCKED || stream->state == STREAM_PUMPED)
		return;
	if (stream->state != STREAM_FINISHED) {
		if (stream_available(stream) > 0)
			return;
		stream_at_end(stream);
	}
	if (stream->is_dropping && drop_can_end(stream))
		(void)drop_end(stream);
	if (stream->chunks == 0 && !stream->is_dropping)
		stream_free(stream);
}

void
stream_flush(uint64_t id)
{
	struct stream *stream = stream_find(id);

	if (stream == NULL)
		return;
	stream->flush_bytes = (int64_t)stream_available(stream);
	if (stream->flush_bytes == 0)
		stream_flush_now(stream);
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
		stream->drain_bytes = (int64_t)stream_available(stream);
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

static void
on_release(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	journal_release_memory(streams.journal);
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
