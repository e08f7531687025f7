#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "jobd-logger/lines.h"

#define LANES 16
/* A time, a program's name of which every byte may need six, a stream's name. */
#define HEAD_MAX 640

typedef unsigned char lanes __attribute__((vector_size(LANES)));

static size_t render_text(
    const char *head, size_t head_len, const char *data, size_t len, char *out, size_t size);
static size_t render_json(
    const char *head, size_t head_len, const char *data, size_t len, char *out, size_t size);

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

/* What stands in front of every line: written once, because a chunk has thousands of them. */
static size_t
head_text(const struct line_format *format, const char *when, char *head, size_t size)
{
	int len = snprintf(head, size, "%s%s%s%s", format->timestamps ? when : "",
	    format->timestamps ? " " : "", format->prefix ? format->program : "",
	    format->prefix ? ": " : "");

	return len < 0 || (size_t)len >= size ? 0 : (size_t)len;
}

static size_t
head_json(const struct line_format *format, const char *when, char *head, size_t size)
{
	static const char last[] = ",\"line\":";
	struct json json;
	int64_t len;

	json_begin(&json, head, size - sizeof(last));
	json_object(&json, NULL);
	json_string(&json, "at", when);
	json_string(&json, "program", format->program);
	json_string(&json, "stream", format->stream);
	if ((len = json_end(&json)) == -1)
		return 0;
	memcpy(head + len, last, sizeof(last) - 1);
	return (size_t)len + sizeof(last) - 1;
}

size_t
lines_render(const struct line_format *format, int64_t at_us, const char *data, size_t len,
    char *out, size_t size, size_t *used)
{
	char when[WALLTIME_TEXT_MAX], head[HEAD_MAX];
	bool is_json = format->kind == LINE_FORMAT_JSON;
	size_t out_len = 0, head_len;

	walltime_format((struct walltime){ at_us - at_us % CLOCK_US_PER_MS }, when, sizeof(when));
	head_len = is_json ? head_json(format, when, head, sizeof(head))
			   : head_text(format, when, head, sizeof(head));
	for (*used = 0; *used < len;) {
		size_t piece = lines_piece(data + *used, len - *used);
		size_t written = (is_json ? render_json : render_text)(
		    head, head_len, data + *used, piece, out + out_len, size - out_len);

		if (written == 0)
			break;
		out_len += written;
		*used += piece;
	}
	return out_len;
}

/* One piece, or 0 if it does not fit. */
static size_t
render_text(const char *head, size_t head_len, const char *data, size_t len, char *out, size_t size)
{
	char *start = out;

	if (size < head_len + len + 2)
		return 0;
	memcpy(out, head, head_len);
	out += head_len;
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
render_json(const char *head, size_t head_len, const char *data, size_t len, char *out, size_t size)
{
	bool ended = data[len - 1] == '\n';
	struct json json;
	int64_t written;

	if (size < head_len)
		return 0;
	memcpy(out, head, head_len);
	json_continue(&json, out, size, head_len);
	json_string_len(&json, NULL, data, ended ? len - 1 : len);
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
