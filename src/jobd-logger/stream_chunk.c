#include <string.h>

#include "jobd-logger/drop.h"
#include "jobd-logger/lines.h"
#include "jobd-logger/stream_private.h"

/* A chunk has one time for all its lines. */
#define SAME_TIME_US (10 * CLOCK_US_PER_MS)

static uint32_t ready_upto(const struct stream *, uint32_t index, uint32_t from);

bool
stream_chunk_holds_lines(const struct stream *stream)
{
	return stream->format.kind != LINE_FORMAT_RAW || stream->counts->holds_lines;
}

uint32_t
stream_chunk_tail(const struct stream *stream)
{
	if (stream->open == JOURNAL_NONE || stream->sink == NULL)
		return 0;
	return journal_chunk(stream->journal, stream->open)->len - sink_ready_bytes(stream->open);
}

bool
stream_chunk_takes(const struct stream *stream, size_t len, int64_t now_us)
{
	const struct journal_chunk *chunk;

	if (stream->open == JOURNAL_NONE || journal_chunk_room(stream->journal, stream->open) < len)
		return false;
	chunk = journal_chunk(stream->journal, stream->open);
	return stream->format.kind == LINE_FORMAT_RAW || now_us - chunk->at_us < SAME_TIME_US ||
	       chunk->done == sink_ready_bytes(stream->open);
}

uint32_t
stream_chunk_allowance(const struct stream *stream)
{
	struct drop_memory memory = {
		.limit = journal_limit_pages(stream->journal),
		.used = journal_used_pages(stream->journal),
		.sink_used = stream->sink != NULL ? sink_pages(stream->sink) : 0,
		.sink_is_stalled = stream_drop_is_stalled(stream),
	};

	return drop_allowance(&memory);
}

bool
stream_chunk_open(struct stream *stream, size_t len, int64_t now_us)
{
	uint32_t allowed = stream_chunk_allowance(stream), tail = stream_chunk_tail(stream),
		 old = stream->open;
	uint32_t pages = (uint32_t)((len + tail + JOURNAL_PAGE_BYTES - 1) / JOURNAL_PAGE_BYTES);
	uint32_t chunk;

	if (stream->sink == NULL && copy_is_full(stream->copy))
		return false;
	if (allowed < pages)
		pages = allowed;
	if (pages * JOURNAL_PAGE_BYTES <= tail)
		return false;
	chunk = journal_chunk_new(stream->journal, stream->id, pages, now_us);
	if (chunk == JOURNAL_NONE)
		return false;
	if (journal_chunk_room(stream->journal, chunk) <= tail) {
		journal_chunk_free(stream->journal, chunk);
		return false;
	}
	if (tail > 0)
		journal_chunk_steal(stream->journal, chunk, old, sink_ready_bytes(old));
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
	const struct journal_chunk *chunk = journal_chunk(stream->journal, index);
	uint32_t ready = sink_ready_bytes(index), whole;

	if (!stream_chunk_holds_lines(stream))
		return chunk->len;
	whole = (uint32_t)lines_whole(
	    journal_chunk_data(stream->journal, index) + from, chunk->len - from);
	if (whole > 0)
		ready = from + whole;
	while (chunk->len - ready >= LINES_PIECE_MAX)
		ready += (uint32_t)LINES_PIECE_MAX;
	return ready;
}

void
stream_chunk_took(struct stream *stream, uint32_t index, uint32_t from)
{
	struct journal_chunk *chunk = journal_chunk(stream->journal, index);
	const char *data = journal_chunk_data(stream->journal, index);

	if (chunk->len == from)
		return;
	stream->is_mid_line = data[chunk->len - 1] != '\n';
	copy_feed(stream->copy, chunk->at_us, data + from, chunk->len - from);
	if (stream->sink != NULL) {
		sink_ready(stream->sink, index, ready_upto(stream, index, from));
		return;
	}
	stream_chunk_discard(stream, index);
}

/* A half line is written as it is; where others write too, or each line gets something, with an
 * end.
 */
void
stream_chunk_flush(struct stream *stream)
{
	struct journal_chunk *chunk;
	char *data;

	stream->flush_bytes = 0;
	copy_flush(stream->copy);
	if (stream_chunk_tail(stream) == 0)
		return;
	chunk = journal_chunk(stream->journal, stream->open);
	data = journal_chunk_data(stream->journal, stream->open);
	if (stream->format.kind == LINE_FORMAT_RAW &&
	    journal_chunk_room(stream->journal, stream->open) > 0)
		data[chunk->len++] = '\n';
	stream->is_mid_line = false;
	sink_ready(stream->sink, stream->open, chunk->len);
	stream->open = JOURNAL_NONE;
}

void
stream_chunk_recover(struct stream *stream)
{
	uint32_t index, last = JOURNAL_NONE;
	uint64_t seq = 0;

	stream->is_mid_line = true;
	stream->is_dropping = stream->counts->dropped_bytes > stream->counts->marked_bytes;
	while ((index = journal_chunk_after(stream->journal, seq)) != JOURNAL_NONE) {
		const struct journal_chunk *chunk = journal_chunk(stream->journal, index);

		seq = chunk->seq;
		if (chunk->stream_id != stream->id)
			continue;
		stream->chunks++;
		stream->open = last = index;
		if (stream->sink == NULL) {
			stream_chunk_took(stream, index, chunk->done);
			last = JOURNAL_NONE;
			continue;
		}
		sink_append(stream->sink, stream, index, &stream->format);
	}
	for (seq = 0; last != JOURNAL_NONE && stream->sink != NULL &&
		      (index = journal_chunk_after(stream->journal, seq)) != JOURNAL_NONE;) {
		const struct journal_chunk *chunk = journal_chunk(stream->journal, index);

		seq = chunk->seq;
		if (chunk->stream_id == stream->id)
			sink_ready(stream->sink, index,
			    index == last ? ready_upto(stream, index, 0) : chunk->len);
	}
}

void
stream_chunk_discard(struct stream *stream, uint32_t index)
{
	journal_chunk_free(stream->journal, index);
	stream_chunk_gone(stream, index);
}

void
stream_chunk_forget(struct stream *stream, uint32_t index)
{
	if (stream->sink != NULL)
		sink_check_chunk(stream->sink, index);
	else
		stream_chunk_discard(stream, index);
}

void
stream_chunk_gone(void *owner, uint32_t chunk)
{
	struct stream *stream = owner;

	if (stream->open == chunk)
		stream->open = JOURNAL_NONE;
	stream->chunks--;
}
