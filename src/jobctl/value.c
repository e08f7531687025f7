#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "jobctl/value.h"

#define DEPTH_MAX 64

struct reader {
	const char *raw;
	char *copy;
	size_t at, len;
	struct value *values;
	size_t count, room;
	int depth;
};

static int read_value(struct reader *);
static int read_container(struct reader *, enum value_kind);
static int read_name(struct reader *);
static int read_word(struct reader *, const char *word, enum value_kind);
static int read_number(struct reader *);
static int read_string(struct reader *);
static int unescape(struct reader *, char **to);
static int unescape_unicode(struct reader *, char **to);
static int read_hex(struct reader *, uint32_t *code);
static size_t put_utf8(uint32_t code, char *to);
static struct value *add(struct reader *, enum value_kind);

size_t
value_room(const char *raw, size_t len)
{
	size_t room = 1;

	for (size_t i = 0; i < len; i++)
		room += raw[i] == ',' || raw[i] == ':' || raw[i] == '[' || raw[i] == '{';
	return room;
}

int
value_read(const char *raw, size_t len, char *copy, struct value *values, size_t room)
{
	size_t stopped;

	return value_read_upto(raw, len, copy, values, room, &stopped);
}

int
value_read_upto(
    const char *raw, size_t len, char *copy, struct value *values, size_t room, size_t *stopped)
{
	struct reader reader = { raw, copy, 0, len, values, 0, room, 0 };
	int result = len > UINT32_MAX ? -1 : read_value(&reader);

	*stopped = reader.at;
	return result == 0 && reader.at == len ? 0 : -1;
}

static char
peek(const struct reader *reader)
{
	return reader->at < reader->len ? reader->raw[reader->at] : '\0';
}

static void
skip_blanks(struct reader *reader)
{
	while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' ||
	       peek(reader) == '\r')
		reader->at++;
}

static bool
take(struct reader *reader, char wanted)
{
	if (peek(reader) != wanted)
		return false;
	reader->at++;
	return true;
}

static struct value *
add(struct reader *reader, enum value_kind kind)
{
	struct value *value;

	if (reader->count == reader->room)
		return NULL;
	value = &reader->values[reader->count++];
	*value = (struct value){ kind, 1, reader->raw + reader->at, 0 };
	return value;
}

/* Blanks on both sides belong to the value. */
static int
read_value(struct reader *reader)
{
	int result;

	skip_blanks(reader);
	switch (peek(reader)) {
	case '{':
		result = read_container(reader, VALUE_OBJECT);
		break;
	case '[':
		result = read_container(reader, VALUE_ARRAY);
		break;
	case '"':
		result = read_string(reader);
		break;
	case 't':
		result = read_word(reader, "true", VALUE_TRUE);
		break;
	case 'f':
		result = read_word(reader, "false", VALUE_FALSE);
		break;
	case 'n':
		result = read_word(reader, "null", VALUE_NULL);
		break;
	default:
		result = read_number(reader);
		break;
	}
	skip_blanks(reader);
	return result;
}

static int
read_container(struct reader *reader, enum value_kind kind)
{
	char close = kind == VALUE_OBJECT ? '}' : ']';
	size_t start = reader->at, index = reader->count;

	if (add(reader, kind) == NULL || ++reader->depth > DEPTH_MAX)
		return -1;
	reader->at++;
	skip_blanks(reader);
	if (!take(reader, close)) {
		do {
			if (kind == VALUE_OBJECT && read_name(reader) == -1)
				return -1;
			if (read_value(reader) == -1)
				return -1;
		} while (take(reader, ','));
		if (!take(reader, close))
			return -1;
	}
	reader->depth--;
	reader->values[index].len = reader->at - start;
	reader->values[index].span = (uint32_t)(reader->count - index);
	return 0;
}

static int
read_name(struct reader *reader)
{
	skip_blanks(reader);
	if (peek(reader) != '"' || read_string(reader) == -1)
		return -1;
	skip_blanks(reader);
	return take(reader, ':') ? 0 : -1;
}

static int
read_word(struct reader *reader, const char *word, enum value_kind kind)
{
	size_t len = strlen(word);
	struct value *value = add(reader, kind);

	if (value == NULL || reader->len - reader->at < len ||
	    memcmp(reader->raw + reader->at, word, len) != 0)
		return -1;
	value->len = len;
	reader->at += len;
	return 0;
}

static size_t
skip_digits(struct reader *reader)
{
	size_t start = reader->at;

	while (peek(reader) >= '0' && peek(reader) <= '9')
		reader->at++;
	return reader->at - start;
}

static int
read_number(struct reader *reader)
{
	struct value *value = add(reader, VALUE_NUMBER);
	size_t start = reader->at, digits;

	if (value == NULL)
		return -1;
	take(reader, '-');
	if (take(reader, '0'))
		digits = 1;
	else
		digits = skip_digits(reader);
	if (digits == 0)
		return -1;
	if (take(reader, '.') && skip_digits(reader) == 0)
		return -1;
	if (take(reader, 'e') || take(reader, 'E')) {
		if (!take(reader, '+'))
			take(reader, '-');
		if (skip_digits(reader) == 0)
			return -1;
	}
	value->len = reader->at - start;
	return 0;
}

/* Unescaped in place, in the copy: what an escape stands for is never longer than it. */
static int
read_string(struct reader *reader)
{
	struct value *value = add(reader, VALUE_STRING);
	char *to = reader->copy + ++reader->at;

	if (value == NULL)
		return -1;
	value->text = to;
	while (reader->at < reader->len && reader->raw[reader->at] != '"') {
		const char *from = reader->raw + reader->at;
		size_t len;

		if (*from == '\\') {
			if (unescape(reader, &to) == -1)
				return -1;
			continue;
		}
		len = text_utf8_length((const unsigned char *)from, reader->len - reader->at);
		if (len == 0 || (unsigned char)*from < 0x20)
			return -1;
		memcpy(to, from, len);
		to += len;
		reader->at += len;
	}
	if (reader->at++ >= reader->len)
		return -1;
	*to = '\0';
	value->len = (size_t)(to - value->text);
	return 0;
}

static int
unescape(struct reader *reader, char **to)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	reader->at++;
	if (take(reader, 'u'))
		return unescape_unicode(reader, to);
	letter = peek(reader) == '\0' ? NULL : strchr(letters, peek(reader));
	if (letter == NULL)
		return -1;
	*(*to)++ = meanings[letter - letters];
	reader->at++;
	return 0;
}

static int
unescape_unicode(struct reader *reader, char **to)
{
	uint32_t code, low;

	if (read_hex(reader, &code) == -1 || (code >= 0xdc00 && code <= 0xdfff))
		return -1;
	if (code >= 0xd800 && code <= 0xdbff) {
		if (!take(reader, '\\') || !take(reader, 'u') || read_hex(reader, &low) == -1 ||
		    low < 0xdc00 || low > 0xdfff)
			return -1;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	*to += put_utf8(code, *to);
	return 0;
}

static int
read_hex(struct reader *reader, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		char c = peek(reader);
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -1;
		*code = *code * 16 + digit;
		reader->at++;
	}
	return 0;
}

static size_t
put_utf8(uint32_t code, char *to)
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	to[0] = (char)(first[len] | code);
	return len;
}

const struct value *
value_member(const struct value *object, const char *name, size_t name_len)
{
	const struct value *end = object + object->span, *key = object + 1;

	if (object->kind != VALUE_OBJECT)
		return NULL;
	while (key < end) {
		const struct value *member = key + 1;

		if (key->len == name_len && memcmp(key->text, name, name_len) == 0)
			return member;
		key = member + member->span;
	}
	return NULL;
}

const struct value *
value_first(const struct value *container)
{
	if (container == NULL ||
	    (container->kind != VALUE_ARRAY && container->kind != VALUE_OBJECT))
		return NULL;
	return container->span == 1 ? NULL : container + 1;
}

const struct value *
value_next(const struct value *container, const struct value *element)
{
	const struct value *next = element + element->span;

	return next < container + container->span ? next : NULL;
}
