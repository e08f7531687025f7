#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "jobd-logger/stream_private.h"

/* Taken at once, as much as a pipe holds: with half of it, and as much memory, the rate was 0.16
 * lower. */
#define TAKE_MAX_BYTES ((size_t)1024 * 1024)
/* Lines that are made anew take longer, and several chunks of them wait. */
#define TAKE_LINES_BYTES ((size_t)256 * 1024)
/* A stream that fills such a chunk is left to the thread that writes. */
#define PUMP_CHUNK_BYTES ((uint32_t)64 * 1024)
#define PIPE_MAX_BYTES   (1024 * 1024)
/* Smaller reads that follow each other within GATHER_MS are gathered: one read and one write then
 * do for many lines. */
#define GATHER_BYTES ((size_t)32 * 1024)
#define GATHER_MS    1
#define RELEASE_MS   1000

static struct {
	struct journal *journal;
	struct event *gather, *release;
} reading;

static void on_gather(int fd, short what, void *arg);
static void on_release(int fd, short what, void *arg);
static void pipe_enlarge(struct stream *, size_t available);
static void stream_gather(struct stream *, size_t taken);
static size_t take_max(const struct stream *);

int
stream_read_init(struct event_base *base, struct journal *journal)
{
	reading.journal = journal;
	reading.gather = evtimer_new(base, on_gather, NULL);
	reading.release = evtimer_new(base, on_release, NULL);
	return reading.gather == NULL || reading.release == NULL ? -1 : 0;
}

size_t
stream_read_available(const struct stream *stream)
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
	if (!evtimer_pending(reading.gather, NULL))
		evtimer_add(reading.gather, &delay);
}

void
stream_read_end(struct stream *stream)
{
	stream_chunk_flush(stream);
	stream_set_state(stream, STREAM_FINISHED);
}

void
stream_read_after(struct stream *stream, ssize_t taken)
{
	static const struct timeval release = { RELEASE_MS / 1000, 0 };

	if (taken == 0) {
		stream_read_end(stream);
	} else if (taken == -1 && errno != EAGAIN && errno != EINTR) {
		log_warn("%s %s: can't read", stream->format.program, stream->format.stream);
		stream_read_end(stream);
	} else if (taken > 0) {
		stream->blocked_since = (struct monotime){ 0 };
		evtimer_add(reading.release, &release);
	}
	if (stream->drain_bytes > 0 && taken > 0)
		stream->drain_bytes = stream->drain_bytes > taken ? stream->drain_bytes - taken : 0;
	if (taken == -1)
		stream->drain_bytes = stream->drain_bytes == -1 ? -1 : 0;
	if (stream->flush_bytes > 0 && taken != 0) {
		stream->flush_bytes -= taken > 0 ? taken : stream->flush_bytes;
		if (stream->flush_bytes <= 0)
			stream_chunk_flush(stream);
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
	return stream_chunk_holds_lines(stream) ? TAKE_LINES_BYTES : TAKE_MAX_BYTES;
}

void
stream_read(struct stream *stream)
{
	size_t available = stream_read_available(stream), wanted = available;
	int64_t now_us = walltime_now().us;
	struct journal_chunk *chunk;
	ssize_t taken;
	uint32_t from;
	int error;

	pipe_enlarge(stream, available);
	if (stream->is_dropping) {
		stream_drop_read(stream, available);
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
	if (!stream_chunk_takes(stream, wanted, now_us) &&
	    !stream_chunk_open(stream, wanted, now_us)) {
		stream_drop_hold(stream);
		return;
	}
	chunk = journal_chunk(stream->journal, stream->open);
	from = chunk->len;
	if (sink_ready_bytes(stream->open) == chunk->done)
		chunk->at_us = now_us;
	taken = journal_take(stream->journal, stream->counts, stream->open, stream->fd, wanted);
	error = errno;
	if (taken > 0)
		stream_chunk_took(stream, stream->open, from);
	else
		stream_chunk_forget(stream, stream->open);
	errno = error;
	stream_read_after(stream, taken);
}

void
stream_read_ready(int fd, short what, void *arg)
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
	TAILQ_CONCAT(&list, streams_in(STREAM_GATHERING), state_entry);
	while ((stream = TAILQ_FIRST(&list)) != NULL) {
		TAILQ_REMOVE(&list, stream, state_entry);
		TAILQ_INSERT_TAIL(streams_in(STREAM_GATHERING), stream, state_entry);
		stream_set_state(stream, STREAM_READING);
		stream_read_ready(stream->fd, EV_READ, stream);
	}
}

static void
on_release(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	journal_release_memory(reading.journal);
}

/* Only for bytes that go to the file as they are, and nowhere else. */
bool
stream_pump_begin(void *owner, uint32_t chunk, struct sink_pump *pump)
{
	struct stream *stream = owner;

	if (stream->state != STREAM_READING || stream->open != chunk ||
	    stream_chunk_holds_lines(stream) || stream->copy != NULL || stream->is_dropping ||
	    stream->is_ended || stream->drain_bytes != -1 || stream->flush_bytes > 0 ||
	    journal_chunk(stream->journal, chunk)->len < PUMP_CHUNK_BYTES)
		return false;
	pump->fd = stream->fd;
	pump->counts = stream->counts;
	stream_set_state(stream, STREAM_PUMPED);
	return true;
}

void
stream_pump_end(void *owner, uint32_t index, int64_t taken)
{
	struct stream *stream = owner;
	const struct journal_chunk *chunk = journal_chunk(stream->journal, index);

	if (taken > 0) {
		stream->blocked_since = (struct monotime){ 0 };
		stream->taken_at = monotime_now();
	}
	if (taken > 0 && chunk->len > 0)
		stream->is_mid_line =
		    journal_chunk_data(stream->journal, index)[chunk->len - 1] != '\n';
	stream_set_state(stream, stream->drain_bytes == 0 ? STREAM_FINISHED : STREAM_READING);
}
