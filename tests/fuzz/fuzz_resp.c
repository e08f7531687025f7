/*
 * Feeds replies to the parser and checks what it promises: data lies inside the buffer, and an item
 * is the same whether it comes at once or byte by byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/resp.h"

#define BULK_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(const struct resp_item *item, const char *buf, size_t used)
{
	if (item->data != NULL && (item->data < buf || item->data + item->len > buf + used))
		abort();
}

/* The shortest beginning that the parser does not want more of must be the item itself, unless it
 * is broken. */
static void
check_pieces(const char *buf, size_t size, const struct resp_item *whole, size_t whole_used)
{
	struct resp_item item;
	size_t used, len = 1;

	while (len < size && resp_parse(buf, len, BULK_MAX, &item, &used) == RESP_MORE)
		len++;
	resp_parse(buf, len, BULK_MAX, &item, &used);
	if (item.kind != whole->kind || used != whole_used || item.len != whole->len ||
	    item.number != whole->number)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *buf = copy;
	struct resp_item item;
	size_t used;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	while (size > 0) {
		enum resp_kind kind = resp_parse(buf, size, BULK_MAX, &item, &used);

		if (kind == RESP_MORE || kind == RESP_BROKEN) {
			if (used != 0)
				abort();
			break;
		}
		if (used == 0 || used > size)
			abort();
		check_inside(&item, buf, used);
		check_pieces(buf, size, &item, used);
		buf += used;
		size -= used;
	}
	free(copy);
	return 0;
}
