#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

#define FIRST_BYTES 1024

static size_t head_add(struct capture *, const char *data, size_t len);
static void tail_add(struct capture *, const char *data, size_t len);
static bool tail_straighten(struct capture *);
static void join(struct capture *);
static bool is_continuation(char byte);
static size_t sequence_length(char first);
static void trim_head(struct capture *);
static void trim_tail(struct capture *);

void
capture_init(struct capture *capture, size_t max_bytes)
{
	*capture =
	    (struct capture){ .head_max = max_bytes - max_bytes / 2, .tail_max = max_bytes / 2 };
}

/* Returns how much of the data the head took. */
static size_t
head_add(struct capture *capture, const char *data, size_t len)
{
	size_t room = capture->head_max - capture->head_len, size = capture->head_size;
	char *bigger;

	if (len > room)
		len = room;
	if (capture->head_len + len > size) {
		size = size == 0 ? FIRST_BYTES : size * 2;
		if (size < capture->head_len + len)
			size = capture->head_len + len;
		if (size > capture->head_max)
			size = capture->head_max;
		if ((bigger = realloc(capture->head, size)) == NULL)
			return 0;
		capture->head = bigger;
		capture->head_size = size;
	}
	if (len > 0)
		memcpy(capture->head + capture->head_len, data, len);
	capture->head_len += len;
	return len;
}

static void
tail_add(struct capture *capture, const char *data, size_t len)
{
	size_t part;

	if (capture->tail_max == 0 ||
	    (capture->tail == NULL && (capture->tail = malloc(capture->tail_max)) == NULL))
		return;
	if (len > capture->tail_max) {
		data += len - capture->tail_max;
		len = capture->tail_max;
	}
	part = capture->tail_max - capture->tail_at;
	if (part > len)
		part = len;
	memcpy(capture->tail + capture->tail_at, data, part);
	memcpy(capture->tail, data + part, len - part);
	capture->tail_at = (capture->tail_at + len) % capture->tail_max;
	capture->tail_len += len;
	if (capture->tail_len > capture->tail_max)
		capture->tail_len = capture->tail_max;
}

void
capture_add(struct capture *capture, const char *data, size_t len)
{
	size_t taken = 0;

	capture->total += len;
	/* Once something went to the tail, the head is closed. */
	if (capture->tail_len == 0)
		taken = head_add(capture, data, len);
	if (taken < len)
		tail_add(capture, data + taken, len - taken);
}

static bool
tail_straighten(struct capture *capture)
{
	char *straight;
	size_t after;

	if (capture->tail_len < capture->tail_max || capture->tail_at == 0)
		return true;
	if ((straight = malloc(capture->tail_max)) == NULL)
		return false;
	after = capture->tail_max - capture->tail_at;
	memcpy(straight, capture->tail + capture->tail_at, after);
	memcpy(straight + after, capture->tail, capture->tail_at);
	free(capture->tail);
	capture->tail = straight;
	capture->tail_at = 0;
	return true;
}

/* Nothing is missing between the two: one text. */
static void
join(struct capture *capture)
{
	char *whole = realloc(capture->head, capture->head_len + capture->tail_len);

	if (whole == NULL)
		return;
	memcpy(whole + capture->head_len, capture->tail, capture->tail_len);
	capture->head = whole;
	capture->head_len += capture->tail_len;
	capture->tail_len = 0;
}

static bool
is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t
sequence_length(char first)
{
	unsigned char byte = (unsigned char)first;

	return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

static void
trim_head(struct capture *capture)
{
	size_t back = 1;

	while (back < 4 && back < capture->head_len &&
	       is_continuation(capture->head[capture->head_len - back]))
		back++;
	if (capture->head_len >= back &&
	    sequence_length(capture->head[capture->head_len - back]) > back)
		capture->head_len -= back;
}

static void
trim_tail(struct capture *capture)
{
	size_t skip = 0;

	while (skip < 3 && skip < capture->tail_len && is_continuation(capture->tail[skip]))
		skip++;
	memmove(capture->tail, capture->tail + skip, capture->tail_len - skip);
	capture->tail_len -= skip;
}

void
capture_finish(struct capture *capture)
{
	if (!tail_straighten(capture)) {
		capture->tail_len = 0;
		return;
	}
	if (capture->total == capture->head_len + capture->tail_len) {
		if (capture->tail_len > 0)
			join(capture);
		return;
	}
	trim_head(capture);
	if (capture->tail_len > 0)
		trim_tail(capture);
}

void
capture_free(struct capture *capture)
{
	free(capture->head);
	free(capture->tail);
	*capture = (struct capture){ 0 };
}
