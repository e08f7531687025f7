#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"
#include "jobd-logger/lines.h"
#include "jobd-logger/tail.h"

static bool tail_open(struct tail *);
static void start_find(struct tail *);

void
tail_init(
    struct tail *tail, struct generations *files, int64_t lines, int64_t bytes, bool whole_lines)
{
	*tail = (struct tail){
		.files = files,
		.lines = lines,
		.bytes = bytes,
		.whole_lines = whole_lines,
		.fd = -1,
	};
}

static void
tail_close_file(struct tail *tail)
{
	if (tail->gz != NULL)
		gzclose(tail->gz);
	else
		fd_close(tail->fd);
	tail->gz = NULL;
	tail->fd = -1;
}

void
tail_close(struct tail *tail)
{
	tail_close_file(tail);
}

static bool
tail_open(struct tail *tail)
{
	if (tail->fd != -1)
		return true;
	tail->fd = generations_open(tail->files, tail->at.generation, &tail->is_gz);
	if (tail->fd == -1)
		return false;
	if (tail->is_gz && (tail->gz = gzdopen(tail->fd, "rb")) == NULL) {
		tail_close_file(tail);
		return false;
	}
	return true;
}

/* Up to `len` bytes at the tail's place; 0 at the file's end. */
static size_t
tail_fetch(struct tail *tail, char *buf, size_t len)
{
	ssize_t got;

	if (tail->is_gz) {
		if (gzseek(tail->gz, tail->at.offset, SEEK_SET) == -1)
			return 0;
		got = gzread(tail->gz, buf, (unsigned)len);
	} else {
		got = pread(tail->fd, buf, len, tail->at.offset);
	}
	return got > 0 ? (size_t)got : 0;
}

/* The size of a file that grows no more; a compressed one has to be read for it. */
static int64_t
tail_file_size(struct tail *tail)
{
	char block[4096];
	struct stat st;
	int64_t size = 0;
	int got;

	if (!tail->is_gz)
		return fstat(tail->fd, &st) == -1 ? 0 : st.st_size;
	if (gzrewind(tail->gz) == -1)
		return 0;
	while ((got = gzread(tail->gz, block, sizeof(block))) > 0)
		size += got;
	return size;
}

/* Looks backwards from `upto` for *missing line ends; true if the place behind the last was found.
 */
static bool
start_search(struct tail *tail, int64_t upto, int64_t *missing)
{
	char block[TAIL_BLOCK_BYTES];

	while (upto > 0) {
		size_t len = upto < TAIL_BLOCK_BYTES ? (size_t)upto : sizeof(block);
		const char *end;

		tail->at.offset = upto - (int64_t)len;
		if (tail_fetch(tail, block, len) != len)
			return false;
		while ((end = memrchr(block, '\n', len)) != NULL) {
			len = (size_t)(end - block);
			if (--*missing == 0) {
				tail->at.offset += (int64_t)len + 1;
				return true;
			}
		}
		upto = tail->at.offset;
	}
	return false;
}

/* The log's last line end does not begin a line. */
static int64_t
without_last_end(struct tail *tail, int64_t size)
{
	char last = '\0';

	tail->at.offset = size - 1;
	return size > 0 && tail_fetch(tail, &last, 1) == 1 && last == '\n' ? size - 1 : size;
}

/* Looks for the wanted start in the open file; true if it is there, at tail->at. */
static bool
start_in_file(struct tail *tail, int64_t *missing, bool *is_end)
{
	bool is_last = tail->at.generation == tail->end.generation;
	int64_t size = is_last ? tail->end.offset : tail_file_size(tail), upto = size;

	if (tail->lines >= 0) {
		if (*is_end)
			upto = without_last_end(tail, size);
		*is_end = *is_end && size == 0;
		return start_search(tail, upto, missing);
	}
	tail->at.offset = size - *missing;
	*missing -= size;
	return tail->at.offset >= 0;
}

/* Goes back from the log's end, over rotated files if need be, to where the wanted part begins. */
static void
start_find(struct tail *tail)
{
	int64_t missing = tail->lines >= 0 ? tail->lines : tail->bytes;
	bool is_end = true;
	struct log_place first;

	tail->is_started = true;
	tail->end = tail->at = first = generations_end(tail->files);
	while (missing > 0 && tail_open(tail)) {
		bool is_found = start_in_file(tail, &missing, &is_end);

		first = tail->at;
		tail_close_file(tail);
		if (is_found)
			break;
		first.offset = 0;
		tail->at = (struct log_place){ first.generation - 1, 0 };
	}
	tail->at = first;
}

static bool
is_at(const struct log_place *at, const struct log_place *end)
{
	return at->generation > end->generation ||
	       (at->generation == end->generation && at->offset >= end->offset);
}

/* How much of a block may be handed out: no half line, unless nothing more will come or it is long.
 */
static size_t
whole_part(const struct tail *tail, const char *buf, size_t len, bool may_grow)
{
	size_t whole = tail->whole_lines ? lines_whole(buf, len) : len;

	return whole > 0 || (may_grow && len < TAIL_BLOCK_BYTES) ? whole : len;
}

static void
next_file(struct tail *tail)
{
	tail_close_file(tail);
	tail->at = (struct log_place){ tail->at.generation + 1, 0 };
}

size_t
tail_read(struct tail *tail, char *buf, bool follows, int *skipped)
{
	*skipped = 0;
	if (!tail->is_started)
		start_find(tail);
	for (;;) {
		struct log_place end = follows ? generations_end(tail->files) : tail->end;
		bool is_last = tail->at.generation == end.generation;
		size_t len = TAIL_BLOCK_BYTES;

		/* Cleared: it begins anew. */
		if (follows && is_last && tail->at.offset > end.offset)
			tail->at.offset = 0;
		if (is_at(&tail->at, &end))
			return 0;
		if (is_last && (int64_t)len > end.offset - tail->at.offset)
			len = (size_t)(end.offset - tail->at.offset);
		if (!tail_open(tail)) {
			(*skipped)++;
			next_file(tail);
			continue;
		}
		len = tail_fetch(tail, buf, len);
		if (len == 0 && !is_last) {
			next_file(tail);
			continue;
		}
		len = whole_part(tail, buf, len, follows && is_last);
		tail->at.offset += (int64_t)len;
		return len;
	}
}
