#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "jobd-logger/lines.h"

#define LANES 16

typedef unsigned char lanes __attribute__((vector_size(LANES)));

static size_t render_text(const struct line_format *, const char *when, const char *data,
    size_t len, char *out, size_t size);
static size_t render_json(const struct line_format *, const char *when, const char *data,
    size_t len, char *out, size_t size);

/* Sixteen bytes at a time, because every byte that is logged passes here. */
size_t
lines_count(const char *data, size_t len)
{
	const lanes newline = (lanes){ 0 } + (unsigned char)'\n';
	size_t count = 0;

	while (len >= LANES) {
		size_t rounds = len / LANES < 255 ? len / LANES : 255;
		lanes found = { 0 };

		len -= rounds * LANES;
		for (; rounds > 0; rounds--, data += LANES) {
			lanes bytes;

			memcpy(&bytes, data, LANES);
			found -= (lanes)(bytes == newline); /* a match is -1 */
		}
		for (size_t i = 0; i < LANES; i++)
			count += found[i];
	}
	for (; len > 0; len--)
		count += *data++ == '\n';
	return count;
}

size_t
lines_whole(const char *data, size_t len)
{
	const char *last = memrchr(data, '\n', len);

	return last == NULL ? 0 : (size_t)(last - data) + 1;
}

size_t
lines_piece(const char *data, size_t len)
{
	const char *end;

	if (len > LINES_PIECE_MAX)
		len = LINES_PIECE_MAX;
	end = memchr(data, '\n', len);
	return end == NULL ? len : (size_t)(end - data) + 1;
}

size_t
lines_pieces_length(const char *data, size_t len, size_t count)
{
	size_t total = 0;

	for (; count > 0 && total < len; count--)
		total += lines_piece(data + total, len - total);
	return total;
}

size_t
lines_last(const char *data, size_t len, size_t count, size_t *missing)
{
	size_t start = len;

	/* A last line without an end is a line too. */
	if (start > 0 && data[start - 1] == '\n')
		start--;
	for (*missing = count; *missing > 0; (*missing)--) {
		const char *end = memrchr(data, '\n', start);

		if (end == NULL) {
			*missing -= len > 0;
			return 0;
		}
		start = (size_t)(end - data);
	}
	return count == 0 ? len : start + 1;
}

size_t
lines_render(const struct line_format *format, int64_t at_us, const char *data, size_t len,
    char *out, size_t size, size_t *used)
{
	char when[WALLTIME_TEXT_MAX];
	size_t out_len = 0;

	walltime_format((struct walltime){ at_us - at_us % CLOCK_US_PER_MS }, when, sizeof(when));
	for (*used = 0; *used < len;) {
		size_t piece = lines_piece(data + *used, len - *used);
		size_t written;

		if (format->kind == LINE_FORMAT_JSON)
			written = render_json(
			    format, when, data + *used, piece, out + out_len, size - out_len);
		else
			written = render_text(
			    format, when, data + *used, piece, out + out_len, size - out_len);
		if (written == 0)
			break;
		out_len += written;
		*used += piece;
	}
	return out_len;
}

/* One piece, or 0 if it does not fit. */
static size_t
render_text(const struct line_format *format, const char *when, const char *data, size_t len,
    char *out, size_t size)
{
	size_t when_len = format->timestamps ? strlen(when) : 0;
	size_t name_len = format->prefix ? strlen(format->program) : 0;
	char *start = out;

	if (size < when_len + name_len + len + 5)
		return 0;
	if (when_len > 0) {
		memcpy(out, when, when_len);
		out += when_len;
		*out++ = ' ';
	}
	if (name_len > 0) {
		memcpy(out, format->program, name_len);
		out += name_len;
		*out++ = ':';
		*out++ = ' ';
	}
	memcpy(out, data, len);
	out += len;
	if (data[len - 1] != '\n') {
		if (len == LINES_PIECE_MAX)
			*out++ = '\\';
		*out++ = '\n';
	}
	return (size_t)(out - start);
}

static size_t
render_json(const struct line_format *format, const char *when, const char *data, size_t len,
    char *out, size_t size)
{
	bool ended = data[len - 1] == '\n';
	struct json json;
	int64_t written;

	json_begin(&json, out, size);
	json_object(&json, NULL);
	json_string(&json, "at", when);
	json_string(&json, "program", format->program);
	json_string(&json, "stream", format->stream);
	json_string_len(&json, "line", data, ended ? len - 1 : len);
	if (!ended && len == LINES_PIECE_MAX)
		json_bool(&json, "more", true);
	json_object_end(&json);
	if ((written = json_end(&json)) == -1)
		return 0;
	/* In place of the NUL. */
	out[written] = '\n';
	return (size_t)written + 1;
}

size_t
lines_drop_mark(
    char *out, size_t size, int64_t lines, int64_t bytes, int64_t from_us, int64_t to_us)
{
	int from = (int)(from_us / CLOCK_US_PER_SEC % 86400);
	int to = (int)(to_us / CLOCK_US_PER_SEC % 86400);
	char amount[32];
	int len;

	if (bytes >= 1000000)
		snprintf(amount, sizeof(amount), "%" PRId64 " MB", (bytes + 500000) / 1000000);
	else if (bytes >= 1000)
		snprintf(amount, sizeof(amount), "%" PRId64 " kB", (bytes + 500) / 1000);
	else
		snprintf(amount, sizeof(amount), "%" PRId64 " B", bytes);
	len = snprintf(out, size,
	    "-- %" PRId64 " line%s (%s) dropped %02d:%02d:%02d-%02d:%02d:%02d --\n", lines,
	    lines == 1 ? "" : "s", amount, from / 3600, from / 60 % 60, from % 60, to / 3600,
	    to / 60 % 60, to % 60);
	return len < 0 || (size_t)len >= size ? 0 : (size_t)len;
}
