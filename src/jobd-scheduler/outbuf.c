#include <stdlib.h>
#include <string.h>

#include "outbuf.h"

#define SIZE_FIRST 256
/* An empty buffer up to this size stays: the next reply comes soon. */
#define SIZE_IDLE 4096

void
outbuf_init(struct outbuf *out, size_t *total, size_t total_max)
{
	*out = (struct outbuf){ .total = total, .total_max = total_max };
}

void
outbuf_clear(struct outbuf *out)
{
	*out->total -= out->size;
	free(out->data);
	outbuf_init(out, out->total, out->total_max);
}

/* What was sent makes room before more is taken. */
static void
move_down(struct outbuf *out)
{
	if (out->sent == 0)
		return;
	memmove(out->data, out->data + out->sent, out->len - out->sent);
	out->kept -= out->sent;
	out->len -= out->sent;
	out->sent = 0;
}

static bool
grow(struct outbuf *out, size_t need)
{
	size_t size = out->size == 0 ? SIZE_FIRST : out->size;
	char *larger;

	while (size < need)
		size *= 2;
	if (size == out->size)
		return true;
	if (*out->total + (size - out->size) > out->total_max ||
	    (larger = realloc(out->data, size)) == NULL) {
		out->lost = true;
		return false;
	}
	*out->total += size - out->size;
	out->data = larger;
	out->size = size;
	return true;
}

char *
outbuf_reserve(struct outbuf *out, size_t len)
{
	if (out->lost)
		return NULL;
	if (out->size - out->len < len || out->data == NULL) {
		move_down(out);
		if (!grow(out, out->len + len))
			return NULL;
	}
	return out->data + out->len;
}

void
outbuf_add(struct outbuf *out, const void *data, size_t len)
{
	char *room = outbuf_reserve(out, len);

	if (room == NULL)
		return;
	if (len > 0)
		memcpy(room, data, len);
	out->len += len;
}

void
outbuf_insert(struct outbuf *out, size_t mark, const void *data, size_t len)
{
	size_t behind = out->len - mark;

	/* Reserving may move everything down, and the mark with it. */
	if (outbuf_reserve(out, len) == NULL)
		return;
	mark = out->len - behind;
	memmove(out->data + mark + len, out->data + mark, behind);
	memcpy(out->data + mark, data, len);
	out->len += len;
}

void
outbuf_keep(struct outbuf *out)
{
	out->kept = out->len;
}

void
outbuf_undo(struct outbuf *out)
{
	out->len = out->kept;
}

const char *
outbuf_next(const struct outbuf *out, size_t *len)
{
	*len = out->kept - out->sent;
	return *len > 0 ? out->data + out->sent : NULL;
}

void
outbuf_sent(struct outbuf *out, size_t len)
{
	out->sent += len;
	if (out->sent < out->len)
		return;
	out->sent = out->kept = out->len = 0;
	if (out->size > SIZE_IDLE)
		outbuf_clear(out);
}
