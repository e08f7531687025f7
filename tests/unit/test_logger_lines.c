#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-logger/lines.h"

#define AT_US INT64_C(1795325400123456) /* 2026-11-22T05:30:00.123456Z */

static void
line_ends_are_counted_at_any_length_and_place(void **state)
{
	char *data = malloc(10000);

	(void)state;
	assert_non_null(data);
	srandom(1);
	for (size_t len = 0; len < 10000; len = len * 2 + 1) {
		for (size_t offset = 0; offset < 17 && offset <= len; offset++) {
			size_t expected = 0;

			for (size_t i = 0; i < len; i++)
				data[i] = random() % 3 == 0 ? '\n' : (char)random();
			for (size_t i = offset; i < len; i++)
				expected += data[i] == '\n';
			assert_int_equal(lines_count(data + offset, len - offset), expected);
		}
	}
	/* More than a lane's byte can count. */
	memset(data, '\n', 10000);
	assert_int_equal(lines_count(data, 10000), 10000);
	free(data);
}

static void
whole_lines_and_pieces_are_found(void **state)
{
	char *lengthy = malloc(3 * LINES_PIECE_MAX);

	(void)state;
	assert_int_equal(lines_whole("ab\ncd", 5), 3);
	assert_int_equal(lines_whole("abcd", 4), 0);
	assert_int_equal(lines_whole("", 0), 0);
	assert_int_equal(lines_piece("ab\ncd", 5), 3);
	assert_int_equal(lines_piece("abcd", 4), 4);
	assert_int_equal(lines_pieces_length("a\nbc\nd", 6, 2), 5);
	assert_int_equal(lines_pieces_length("a\nbc\nd", 6, 9), 6);
	assert_non_null(lengthy);
	memset(lengthy, 'x', 3 * LINES_PIECE_MAX);
	assert_int_equal(lines_piece(lengthy, 3 * LINES_PIECE_MAX), LINES_PIECE_MAX);
	free(lengthy);
}

static void
text_has_time_and_name_in_front_of_every_line(void **state)
{
	struct line_format format = { .kind = LINE_FORMAT_TEXT,
		.timestamps = true,
		.prefix = true,
		.program = "web",
		.stream = "stdout" };
	char out[LINES_RENDERED_MAX];
	size_t used, len;

	(void)state;
	len = lines_render(&format, AT_US, "a\n\nhalf", 7, out, sizeof(out), &used);
	out[len] = '\0';
	assert_int_equal(used, 7);
	assert_string_equal(out, "2026-11-22T05:30:00.123Z web: a\n"
				 "2026-11-22T05:30:00.123Z web: \n"
				 "2026-11-22T05:30:00.123Z web: half\n");
	format.timestamps = format.prefix = false;
	len = lines_render(&format, AT_US, "a\nb\n", 4, out, sizeof(out), &used);
	assert_int_equal(len, 4);
	assert_memory_equal(out, "a\nb\n", 4);
	/* What does not fit is left for the next time. */
	len = lines_render(&format, AT_US, "aaaa\nbbbb\n", 10, out, 11, &used);
	assert_int_equal(len, 5);
	assert_int_equal(used, 5);
}

static void
json_lines_are_valid_for_any_bytes(void **state)
{
	static const struct line_format format = {
		.kind = LINE_FORMAT_JSON, .program = "web", .stream = "stderr"
	};
	char out[LINES_RENDERED_MAX];
	size_t used, len;

	(void)state;
	len = lines_render(&format, AT_US, "x\"\xff\x01\n", 5, out, sizeof(out), &used);
	out[len] = '\0';
	assert_int_equal(used, 5);
	assert_string_equal(out,
	    "{\"at\":\"2026-11-22T05:30:00.123Z\",\"program\":\"web\",\"stream\":"
	    "\"stderr\",\"line\":\"x\\\"\\ufffd\\u0001\"}\n");
}

/* The escapes of a line are found wherever they stand between plain bytes. */
static void
json_escapes_at_every_place(void **state)
{
	static const struct {
		char byte;
		const char *escape;
	} bytes[] = {
		{'"',     "\\\""   },
		{ '\\',   "\\\\"   },
		{ '\t',   "\\t"    },
		{ '\x1f', "\\u001f"},
		{ '\x7f', "\\u007f"},
		{ '\xff', "\\ufffd"},
		{ '\0',   "\\u0000"},
		{ '~',    "~"      },
		{ ' ',    " "      },
	};
	static const struct line_format format = {
		.kind = LINE_FORMAT_JSON, .program = "web", .stream = "stdout"
	};
	char line[50], expected[128], out[1024];
	size_t used, len;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		for (size_t at = 0; at < sizeof(line) - 1; at++) {
			memset(line, 'x', sizeof(line));
			line[at] = bytes[i].byte;
			line[sizeof(line) - 1] = '\n';
			len = lines_render(
			    &format, AT_US, line, sizeof(line), out, sizeof(out), &used);
			assert_in_range(len, 1, sizeof(out) - 1);
			out[len] = '\0';
			memset(line, 'x', sizeof(line));
			snprintf(expected, sizeof(expected), "\"line\":\"%.*s%s%.*s\"}\n", (int)at,
			    line, bytes[i].escape, (int)(sizeof(line) - 2 - at), line);
			assert_string_equal(strstr(out, "\"line\""), expected);
		}
	}
}

static void
long_lines_are_split_with_a_mark(void **state)
{
	struct line_format format = {
		.kind = LINE_FORMAT_TEXT, .program = "web", .stream = "stdout"
	};
	size_t used, len, data_len = LINES_PIECE_MAX + 3;
	char *data = malloc(data_len), *out = malloc(2 * LINES_RENDERED_MAX);

	(void)state;
	assert_non_null(data);
	assert_non_null(out);
	/* The worst there is: every byte becomes six. */
	memset(data, '\x01', data_len);
	data[data_len - 1] = '\n';
	len = lines_render(&format, AT_US, data, data_len, out, 2 * LINES_RENDERED_MAX, &used);
	assert_int_equal(used, data_len);
	assert_int_equal(len, data_len + 2);
	assert_memory_equal(out + LINES_PIECE_MAX, "\\\n\x01\x01\n", 5);
	format.kind = LINE_FORMAT_JSON;
	len = lines_render(&format, AT_US, data, data_len, out, 2 * LINES_RENDERED_MAX, &used);
	out[len] = '\0';
	assert_int_equal(used, data_len);
	assert_int_equal(lines_count(out, len), 2);
	assert_non_null(strstr(out, "\\u0001\",\"more\":true}\n{"));
	assert_non_null(strstr(out, "\"line\":\"\\u0001\\u0001\"}\n"));
	free(data);
	free(out);
}

static void
the_drop_mark_says_how_much_and_when(void **state)
{
	char out[128];
	size_t len;

	(void)state;
	len = lines_drop_mark(
	    out, sizeof(out), 1234, 120000, INT64_C(36131) * 1000000, INT64_C(36137) * 1000000);
	out[len] = '\0';
	assert_string_equal(out, "-- 1234 lines (120 kB) dropped 10:02:11-10:02:17 --\n");
	len = lines_drop_mark(out, sizeof(out), 1, 999, 0, 0);
	out[len] = '\0';
	assert_string_equal(out, "-- 1 line (999 B) dropped 00:00:00-00:00:00 --\n");
	assert_int_equal(lines_drop_mark(out, 10, 1, 1, 0, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends_are_counted_at_any_length_and_place),
		cmocka_unit_test(whole_lines_and_pieces_are_found),
		cmocka_unit_test(text_has_time_and_name_in_front_of_every_line),
		cmocka_unit_test(json_lines_are_valid_for_any_bytes),
		cmocka_unit_test(json_escapes_at_every_place),
		cmocka_unit_test(long_lines_are_split_with_a_mark),
		cmocka_unit_test(the_drop_mark_says_how_much_and_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
