#include <string.h>

#include "base/log.h"
#include "jobd-logger/drop.h"
#include "jobd-logger/lines.h"
#include "jobd-logger/stream_private.h"

/* After a drop the next line begins where a line end is found, or after this many bytes. */
#define RESYNC_MAX_BYTES (1024 * 1024)
#define REPORT_MS        1000

static struct {
	struct event *block; /* when the first of those that are held up has waited long enough */
	int64_t block_ms;
	void (*dropped)(const struct stream *);
} dropping;

static void on_block(int fd, short what, void *arg);
static void stream_report(struct stream *, bool now);
static void drop_begin(struct stream *);
static uint32_t mark_new(struct stream *);
static void mark_write(struct stream *, uint32_t index);
static bool resync(struct stream *, uint32_t index);
static bool drop_end_in_line(struct stream *);

int
stream_drop_init(struct event_base *base, void (*dropped)(const struct stream *))
{
	dropping.dropped = dropped;
	dropping.block = evtimer_new(base, on_block, NULL);
	return dropping.block == NULL ? -1 : 0;
}

void
stream_drop_set_limit(int64_t block_ms)
{
	dropping.block_ms = block_ms;
}

bool
stream_drop_is_stalled(const struct stream *stream)
{
	return stream->sink != NULL ? sink_is_stalled(stream->sink) : copy_is_full(stream->copy);
}

void
stream_drop_hold(struct stream *stream)
{
	struct timeval delay;

	if (!monotime_is_set(stream->blocked_since))
		stream->blocked_since = monotime_now();
	stream_set_state(stream, STREAM_BLOCKED);
	if (evtimer_pending(dropping.block, NULL))
		return;
	delay = monotime_until(monotime_add_ms(stream->blocked_since, dropping.block_ms));
	evtimer_add(dropping.block, &delay);
}

static void
stream_report(struct stream *stream, bool now)
{
	struct monotime time = monotime_now();

	if (!now && monotime_is_set(stream->reported_at) &&
	    monotime_diff_ms(time, stream->reported_at) < REPORT_MS)
		return;
	stream->reported_at = time;
	dropping.dropped(stream);
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
	TAILQ_FOREACH_SAFE (stream, streams_in(STREAM_BLOCKED), state_entry, next) {
		if (drop_is_due(now.us / CLOCK_US_PER_MS,
			stream->blocked_since.us / CLOCK_US_PER_MS, dropping.block_ms))
			drop_begin(stream);
		else if (!monotime_is_set(first) || stream->blocked_since.us < first.us)
			first = stream->blocked_since;
	}
	if (!monotime_is_set(first))
		return;
	delay = monotime_until(monotime_add_ms(first, dropping.block_ms));
	evtimer_add(dropping.block, &delay);
}

/* From here on the stream's bytes are only counted; a half line that was held goes with them. */
static void
drop_begin(struct stream *stream)
{
	uint32_t tail = stream_chunk_tail(stream);

	stream->is_dropping = true;
	stream->is_cut = stream->is_mid_line && !stream_chunk_holds_lines(stream);
	stream->resync_bytes = 0;
	stream->counts->drop_from_us = walltime_now().us;
	stream->counts->drop_to_us = stream->counts->drop_from_us;
	if (tail > 0) {
		stream->counts->dropped_bytes += tail;
		journal_chunk(stream->journal, stream->open)->len -= tail;
		sink_check_chunk(stream->sink, stream->open);
	}
	stream->open = JOURNAL_NONE;
	log_warnx("%s %s: its log can't be written; output is dropped", stream->format.program,
	    stream->format.stream);
	stream_set_state(stream, STREAM_READING);
}

bool
stream_drop_can_end(const struct stream *stream)
{
	return !stream_drop_is_stalled(stream) &&
	       stream_chunk_allowance(stream) >= journal_limit_pages(stream->journal) / 8;
}

/* Fills the chunk that tells what was dropped; it is queued in front of what comes after. */
static void
mark_write(struct stream *stream, uint32_t index)
{
	struct journal_chunk *chunk = journal_chunk(stream->journal, index);
	char *data = journal_chunk_data(stream->journal, index);
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
		stream_chunk_discard(stream, index);
	}
}

/* Counts the start of a chunk as dropped, up to the first line end: false if there is none. */
static bool
resync(struct stream *stream, uint32_t index)
{
	struct journal_chunk *chunk = journal_chunk(stream->journal, index);
	const char *data = journal_chunk_data(stream->journal, index);
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
	uint32_t index = journal_chunk_new(stream->journal, stream->id, 1, walltime_now().us);

	if (index == JOURNAL_NONE)
		return index;
	stream->chunks++;
	if (stream->sink != NULL)
		sink_append(stream->sink, stream, index, &stream->format);
	return index;
}

bool
stream_drop_end(struct stream *stream)
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
	if (!stream_chunk_open(stream, COPY_ROOM_BYTES, walltime_now().us)) {
		stream_chunk_forget(stream, mark);
		return false;
	}
	index = stream->open;
	chunk = journal_chunk(stream->journal, index);
	taken = journal_take(stream->journal, stream->counts, index, stream->fd, COPY_ROOM_BYTES);
	if (taken > 0 && resync(stream, index)) {
		stream->is_dropping = false;
		mark_write(stream, mark);
		stream_report(stream, true);
	} else {
		stream_chunk_forget(stream, mark);
	}
	if (chunk->len > chunk->done)
		stream_chunk_took(stream, index, chunk->done);
	else
		stream_chunk_forget(stream, index);
	stream_read_after(stream, taken);
	return true;
}

void
stream_drop_read(struct stream *stream, size_t available)
{
	ssize_t taken;

	if (available > 0 && stream_drop_can_end(stream)) {
		if (stream->is_mid_line && drop_end_in_line(stream))
			return;
		if (!stream->is_mid_line && stream_drop_end(stream)) {
			stream_read(stream);
			return;
		}
	}
	taken = journal_discard(
	    stream->journal, stream->counts, stream->fd, JOURNAL_DISCARD_BYTES, walltime_now().us);
	if (taken > 0) {
		stream->is_mid_line = journal_discarded(stream->journal)[taken - 1] != '\n';
		stream->resync_bytes = 0;
		stream_report(stream, false);
	}
	stream_read_after(stream, taken);
}
