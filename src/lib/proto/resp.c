#include <stdbool.h>
#include <string.h>

#include "proto/resp.h"

#define LINE_LIMIT (64 * 1024)
/* The sign and the digits of an int64_t, the type's byte and the line end. */
#define NUMBER_LINE_LIMIT 23

static enum resp_kind find_line(
    const char *buf, size_t len, size_t limit, const char **text, size_t *text_len);
static bool parse_number(const char *text, size_t len, int64_t *number);
static enum resp_kind parse_text(const char *, size_t, struct resp_item *, size_t *used);
static enum resp_kind parse_count(
    const char *, size_t, enum resp_kind kind, struct resp_item *, size_t *used);
static enum resp_kind parse_bulk(
    const char *, size_t, size_t bulk_max, struct resp_item *, size_t *used);

enum resp_kind
resp_parse(const char *buf, size_t len, size_t bulk_max, struct resp_item *item, size_t *used)
{
	enum resp_kind kind = RESP_BROKEN;

	*item = (struct resp_item){ .kind = RESP_MORE };
	*used = 0;
	if (len == 0)
		return RESP_MORE;
	switch (buf[0]) {
	case '+':
	case '-':
		kind = parse_text(buf, len, item, used);
		break;
	case ':':
		kind = parse_count(buf, len, RESP_INTEGER, item, used);
		break;
	case '*':
		kind = parse_count(buf, len, RESP_ARRAY, item, used);
		break;
	case '$':
		kind = parse_bulk(buf, len, bulk_max, item, used);
		break;
	default:
		break;
	}
	if (kind == RESP_MORE || kind == RESP_BROKEN)
		*used = 0;
	item->kind = kind;
	return kind;
}

/* Finds what stands between the first byte and "\r\n".  Returns RESP_OK when the line is whole. */
static enum resp_kind
find_line(const char *buf, size_t len, size_t limit, const char **text, size_t *text_len)
{
	size_t seen = len < limit ? len : limit;
	const char *end = memchr(buf, '\n', seen);

	if (end == NULL)
		return len < limit ? RESP_MORE : RESP_BROKEN;
	if (end - buf < 2 || end[-1] != '\r')
		return RESP_BROKEN;
	*text = buf + 1;
	*text_len = (size_t)(end - buf) - 2;
	return RESP_OK;
}

static enum resp_kind
parse_text(const char *buf, size_t len, struct resp_item *item, size_t *used)
{
	enum resp_kind line = find_line(buf, len, LINE_LIMIT, &item->data, &item->len);

	if (line != RESP_OK)
		return line;
	*used = item->len + 3;
	return buf[0] == '+' ? RESP_OK : RESP_ERROR;
}

/* A line that is one number: `kind` is what it means unless it is the -1 of a nil array. */
static enum resp_kind
parse_count(const char *buf, size_t len, enum resp_kind kind, struct resp_item *item, size_t *used)
{
	const char *text;
	size_t text_len;
	enum resp_kind line = find_line(buf, len, NUMBER_LINE_LIMIT, &text, &text_len);

	if (line != RESP_OK)
		return line;
	if (!parse_number(text, text_len, &item->number))
		return RESP_BROKEN;
	*used = text_len + 3;
	if (kind == RESP_INTEGER || item->number >= 0)
		return kind;
	return item->number == -1 ? RESP_NIL : RESP_BROKEN;
}

static enum resp_kind
parse_bulk(const char *buf, size_t len, size_t bulk_max, struct resp_item *item, size_t *used)
{
	enum resp_kind kind = parse_count(buf, len, RESP_BULK, item, used);
	size_t want;

	if (kind != RESP_BULK)
		return kind;
	if ((uint64_t)item->number > bulk_max)
		return RESP_BROKEN;
	want = (size_t)item->number;
	if (len - *used < want || len - *used - want < 2)
		return RESP_MORE;
	item->data = buf + *used;
	item->len = want;
	if (memcmp(item->data + want, "\r\n", 2) != 0)
		return RESP_BROKEN;
	*used += want + 2;
	return RESP_BULK;
}

/* "-12": no blanks, no plus sign, nothing that an int64_t can't hold. */
static bool
parse_number(const char *text, size_t len, int64_t *number)
{
	bool negative = len > 0 && text[0] == '-';
	size_t i = negative;

	*number = 0;
	if (i == len)
		return false;
	for (; i < len; i++) {
		int digit = text[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Counted downwards: the negative half reaches one further. */
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_sub_overflow(*number, digit, number))
			return false;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, *number, number))
		return false;
	return true;
}
