#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define LANES 16

typedef unsigned char lanes __attribute__((vector_size(LANES)));

static void put(struct json *, const char *text, size_t len);
static void put_name(struct json *, const char *name);
static void put_quoted(struct json *, const char *text, size_t len);

void
json_begin(struct json *json, char *buf, size_t size)
{
	*json = (struct json){ .buf = buf, .size = size };
}

void
json_continue(struct json *json, char *buf, size_t size, size_t len)
{
	*json = (struct json){ .buf = buf, .size = size, .len = len };
}

int64_t
json_end(struct json *json)
{
	put(json, "", 1);
	return json->overflow ? -1 : (int64_t)json->len - 1;
}

static void
put(struct json *json, const char *text, size_t len)
{
	if (json->overflow || len > json->size - json->len) {
		json->overflow = true;
		return;
	}
	memcpy(json->buf + json->len, text, len);
	json->len += len;
}

/* The comma before this value, and its name. */
static void
put_name(struct json *json, const char *name)
{
	if (json->comma)
		put(json, ",", 1);
	json->comma = true;
	if (name != NULL) {
		put_quoted(json, name, strlen(name));
		put(json, ":", 1);
	}
}

static bool
is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* How many bytes at the start need no escape: sixteen at a time, because logs are long. */
static size_t
plain_length(const unsigned char *text, size_t len)
{
	size_t plain = 0;

	for (; len - plain >= LANES; plain += LANES) {
		uint64_t halves[LANES / 8];
		lanes bytes, bad;

		memcpy(&bytes, text + plain, LANES);
		bad = (lanes)((bytes < 0x20) | (bytes >= 0x7f) | (bytes == '"') | (bytes == '\\'));
		memcpy(halves, &bad, LANES);
		if ((halves[0] | halves[1]) != 0)
			break;
	}
	while (plain < len && is_plain(text[plain]))
		plain++;
	return plain;
}

static void
put_quoted(struct json *json, const char *text, size_t len)
{
	static const char escapes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const unsigned char *next = (const unsigned char *)text;

	put(json, "\"", 1);
	while (len > 0) {
		size_t step = plain_length(next, len);
		const char *escape;
		char code[8];

		put(json, (const char *)next, step);
		next += step;
		if ((len -= step) == 0)
			break;
		step = text_utf8_length(next, len);
		escape = *next == '\0' ? NULL : strchr(escapes, *next);
		if (escape != NULL) {
			code[0] = '\\';
			code[1] = letters[escape - escapes];
			put(json, code, 2);
		} else if (*next < 0x20 || *next == 0x7f) {
			snprintf(code, sizeof(code), "\\u%04x", *next);
			put(json, code, 6);
		} else if (step == 0) {
			put(json, "\\ufffd", 6);
			step = 1;
		} else {
			put(json, (const char *)next, step);
		}
		next += step;
		len -= step;
	}
	put(json, "\"", 1);
}

void
json_object(struct json *json, const char *name)
{
	put_name(json, name);
	put(json, "{", 1);
	json->comma = false;
}

void
json_object_end(struct json *json)
{
	put(json, "}", 1);
	json->comma = true;
}

void
json_array(struct json *json, const char *name)
{
	put_name(json, name);
	put(json, "[", 1);
	json->comma = false;
}

void
json_array_end(struct json *json)
{
	put(json, "]", 1);
	json->comma = true;
}

void
json_string(struct json *json, const char *name, const char *value)
{
	if (value == NULL)
		json_null(json, name);
	else
		json_string_len(json, name, value, strlen(value));
}

void
json_string_len(struct json *json, const char *name, const char *value, size_t len)
{
	put_name(json, name);
	put_quoted(json, value, len);
}

void
json_int(struct json *json, const char *name, int64_t value)
{
	char text[24], *first = text + sizeof(text);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	put_name(json, name);
	do
		*--first = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		*--first = '-';
	put(json, first, (size_t)(text + sizeof(text) - first));
}

void
json_bool(struct json *json, const char *name, bool value)
{
	put_name(json, name);
	put(json, value ? "true" : "false", value ? 4 : 5);
}

void
json_null(struct json *json, const char *name)
{
	put_name(json, name);
	put(json, "null", 4);
}

void
json_raw(struct json *json, const char *name, const char *text)
{
	put_name(json, name);
	put(json, text, strlen(text));
}
