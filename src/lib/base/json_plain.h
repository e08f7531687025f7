/*
 * The loops that JSON is read with: over blanks, and over plain text in strings.  Inline: they are
 * needed for each string of each job, and most are short.  Pure.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool
json_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *
json_blanks(const char *at, const char *end)
{
	while (at < end && json_is_blank(*at))
		at++;
	return at;
}

/* Sixteen bytes at a time: most of a job is text. */
#define JSON_LANES 16

typedef signed char json_lanes __attribute__((vector_size(JSON_LANES)));

/* Of lanes that are all ones or all zeros, the first that is ones; JSON_LANES if there is none. */
static inline size_t
json_first_lane(json_lanes lanes)
{
#ifdef __SSE2__
	typedef char bytes __attribute__((vector_size(JSON_LANES)));
	unsigned mask = (unsigned)__builtin_ia32_pmovmskb128((bytes)lanes);

	return mask != 0 ? (size_t)__builtin_ctz(mask) : JSON_LANES;
#else
	uint64_t halves[JSON_LANES / 8];

	memcpy(halves, &lanes, JSON_LANES);
	for (size_t i = 0; i < JSON_LANES / 8; i++)
		if (halves[i] != 0)
			return 8 * i + (size_t)(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
						    ? __builtin_ctzll(halves[i])
						    : __builtin_clzll(halves[i])) /
					   8;
	return JSON_LANES;
#endif
}

static inline bool
json_is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* Behind what is ASCII, no quote, no backslash and no control character. */
static inline const char *
json_plain_end(const char *at, const char *end)
{
	while (end - at >= JSON_LANES) {
		json_lanes bytes;
		size_t plain;

		memcpy(&bytes, at, JSON_LANES);
		/* What is not ASCII is negative. */
		plain = json_first_lane(
		    (json_lanes)((bytes < 0x20) | (bytes == '"') | (bytes == '\\')));
		at += plain;
		if (plain < JSON_LANES)
			return at;
	}
	while (at < end && json_is_plain(*at))
		at++;
	return at;
}

/* How many bytes that are. */
static inline size_t
json_plain(const char *text, size_t len)
{
	return (size_t)(json_plain_end(text, text + len) - text);
}

#endif
