#include <stdlib.h>
#include <string.h>

#include "mask.h"
#include "reply.h"

const char *
reply_item(const struct reply *reply, size_t index, size_t *len)
{
	size_t start;

	if (index >= reply->count) {
		if (len != NULL)
			*len = 0;
		return "";
	}
	start = index == 0 ? 0 : reply->ends[index - 1];
	if (len != NULL)
		*len = reply->ends[index] - start - 1;
	return reply->items.data + start;
}

void
reply_add(struct reply *reply, const char *data, size_t len)
{
	size_t *ends = reply->ends;

	if ((reply->count & (reply->count - 1)) == 0) {
		ends = reallocarray(ends, reply->count == 0 ? 1 : reply->count * 2, sizeof(*ends));
		if (ends == NULL) {
			reply->items.failed = true;
			return;
		}
		reply->ends = ends;
	}
	buf_add(&reply->items, data, len);
	buf_add(&reply->items, "", 1);
	ends[reply->count++] = reply->items.len;
}

void
reply_set_error(struct reply *reply, const char *text)
{
	reply_free(reply);
	reply_add(reply, text, strlen(text));
	reply->kind = reply->items.failed ? REPLY_LOST : REPLY_ERROR;
}

static void
add_first(struct reply *reply, const struct reply *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len;
		const char *item = reply_item(from, i, &len);

		reply_add(reply, item, len);
	}
}

/* Mostly there is nothing to mask: then nothing is copied. */
void
reply_mask(struct reply *reply)
{
	struct reply masked = { .kind = reply->kind, .sent = reply->sent };
	bool changed = false;
	struct buf text;

	for (size_t i = 0; i < reply->count; i++) {
		size_t len;
		const char *item = reply_item(reply, i, &len);
		bool differs = mask_json(item, len, &text);

		if (differs && !changed)
			add_first(&masked, reply, i);
		changed |= differs;
		if (changed)
			reply_add(&masked, differs ? text.data : item, differs ? text.len : len);
		masked.items.failed |= differs && text.failed;
		buf_free(&text);
	}
	if (!changed)
		return;
	reply_free(reply);
	*reply = masked;
	if (masked.items.failed)
		reply->kind = REPLY_LOST;
}

void
reply_free(struct reply *reply)
{
	buf_free(&reply->items);
	free(reply->ends);
	*reply = (struct reply){ 0 };
}
