/*
 * How much of a JSON string is plain text.  Inline: it is asked for each string of each job, and
 * most are short.  Pure.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sixteen bytes at a time: most of a job is text. */
#define JSON_LANES 16

typedef signed char json_lanes __attribute__((vector_size(JSON_LANES)));

/* Of eight lanes that are all ones or all zeros, the first that is ones. */
static inline size_t
json_first_lane(uint64_t half)
{
	return (size_t)(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_ctzll(half)
								  : __builtin_clzll(half)) /
	       8;
}

/* The bytes at the beginning that are ASCII, no quote, no backslash, no control character. */
static inline size_t
json_plain(const char *text, size_t len)
{
	size_t plain = 0;

	for (; len - plain >= JSON_LANES; plain += JSON_LANES) {
		uint64_t halves[JSON_LANES / 8];
		json_lanes bytes, other;

		memcpy(&bytes, text + plain, JSON_LANES);
		/* What is not ASCII is negative. */
		other = (json_lanes)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
		memcpy(halves, &other, JSON_LANES);
		if (halves[0] != 0)
			return plain + json_first_lane(halves[0]);
		if (halves[1] != 0)
			return plain + JSON_LANES / 2 + json_first_lane(halves[1]);
	}
	while (plain < len && (unsigned char)text[plain] >= 0x20 &&
	       (unsigned char)text[plain] < 0x80 && text[plain] != '"' && text[plain] != '\\')
		plain++;
	return plain;
}

#endif
