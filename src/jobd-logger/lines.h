/*
 * Lines of a program's output and the forms they are written in.  Pure: works on the caller's
 * buffers.
 */
#ifndef LOGGER_LINES_H
#define LOGGER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer line is written in pieces of this length in the formats text and json. */
#define LINES_PIECE_MAX ((size_t)32 * 1024)
/* Room for any piece in any format: six bytes for each of a piece's, and what stands around it. */
#define LINES_RENDERED_MAX (6 * LINES_PIECE_MAX + 1024)

enum line_format_kind { LINE_FORMAT_RAW, LINE_FORMAT_TEXT, LINE_FORMAT_JSON };

/* How the lines of a stream are written. */
struct line_format {
	enum line_format_kind kind;
	bool timestamps, prefix; /* text only */
	char program[72];
	char stream[8]; /* "stdout" or "stderr" */
};

size_t lines_count(const char *data, size_t len);
/* The length up to and with the last line end; 0 if there is none. */
size_t lines_whole(const char *data, size_t len);
/* The length of the first line with its end, at most LINES_PIECE_MAX; `len` if nothing ends it. */
size_t lines_piece(const char *data, size_t len);
/* The length of the first `count` pieces. */
size_t lines_pieces_length(const char *data, size_t len, size_t count);
/* Where the last `count` lines of the data begin; *missing is how many lines lie before the data.
 */
size_t lines_last(const char *data, size_t len, size_t count, size_t *missing);

/*
 * Writes as many pieces as fit in the form of the format and says in *used how much of the data
 * they were.  Bytes without a line end at the end of the data are given one, after a '\' (text) or
 * with "more":true (json) if the piece was cut because it is too long.  Returns the bytes written.
 */
size_t lines_render(const struct line_format *, int64_t at_us, const char *data, size_t len,
    char *out, size_t size, size_t *used);
/* "-- 1234 lines (120 kB) dropped 10:02:11-10:02:17 --" with a line end; times are UTC. */
size_t lines_drop_mark(
    char *out, size_t size, int64_t lines, int64_t bytes, int64_t from_us, int64_t to_us);

#endif
