#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/capture.h"

static void
assert_kept(struct capture *capture, const char *head, const char *tail)
{
	capture_finish(capture);
	assert_int_equal(capture->head_len, strlen(head));
	assert_int_equal(capture->tail_len, strlen(tail));
	assert_memory_equal(capture->head_len > 0 ? capture->head : "", head, strlen(head));
	assert_memory_equal(capture->tail_len > 0 ? capture->tail : "", tail, strlen(tail));
	capture_free(capture);
}

static void
add(struct capture *capture, const char *text)
{
	capture_add(capture, text, strlen(text));
}

static void
what_fits_is_kept_in_one_piece(void **state)
{
	struct capture capture;

	(void)state;
	capture_init(&capture, 8);
	assert_kept(&capture, "", "");
	capture_init(&capture, 8);
	add(&capture, "abc");
	assert_kept(&capture, "abc", "");
	capture_init(&capture, 8);
	add(&capture, "abcdef");
	add(&capture, "gh");
	assert_kept(&capture, "abcdefgh", "");
}

static void
of_more_the_head_and_the_tail_are_kept(void **state)
{
	struct capture capture;

	(void)state;
	capture_init(&capture, 8);
	add(&capture, "abcdefghi");
	assert_int_equal(capture.total, 9);
	assert_kept(&capture, "abcd", "fghi");
	capture_init(&capture, 7);
	for (const char *c = "0123456789abcdef"; *c != '\0'; c++)
		capture_add(&capture, c, 1);
	assert_int_equal(capture.total, 16);
	assert_kept(&capture, "0123", "def");
}

static void
nothing_is_kept_of_nothing_allowed(void **state)
{
	struct capture capture;

	(void)state;
	capture_init(&capture, 0);
	add(&capture, "abc");
	assert_int_equal(capture.total, 3);
	assert_kept(&capture, "", "");
	capture_init(&capture, 1);
	add(&capture, "abc");
	assert_kept(&capture, "a", "");
}

static void
cuts_do_not_go_through_characters(void **state)
{
	struct capture capture;

	(void)state;
	capture_init(&capture, 8);
	add(&capture, "abc\xc3\xa4xxxx\xc3\xa4"
		      "def");
	assert_kept(&capture, "abc", "def");
	capture_init(&capture, 8);
	add(&capture, "\xf0\x9f\x98\x80xxxx\xf0\x9f\x98\x80");
	assert_kept(&capture, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
	capture_init(&capture, 6);
	add(&capture, "\xf0\x9f\x98\x80xxxx\xf0\x9f\x98\x80");
	assert_kept(&capture, "", "");
	/* What is no UTF-8 is not taken for a part of it for long. */
	capture_init(&capture, 12);
	add(&capture, "\x80\x80\x80\x80\x80\x80yyyy\x80\x80\x80\x80\x80\x80");
	assert_kept(&capture, "\x80\x80\x80\x80\x80\x80", "\x80\x80\x80");
}

/* However it comes in pieces, the result is that of the whole. */
static void
pieces_make_no_difference(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct capture whole, pieces;
		char text[300];
		size_t len, max;

		seed = seed * 1664525 + 1013904223;
		len = (seed >> 8) % sizeof(text);
		max = (seed >> 20) % 200;
		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (char)(seed >> 24);
		}
		capture_init(&whole, max);
		capture_init(&pieces, max);
		capture_add(&whole, text, len);
		for (size_t at = 0; at < len;) {
			size_t part;

			seed = seed * 1664525 + 1013904223;
			part = (seed >> 24) % 40 + 1;
			if (part > len - at)
				part = len - at;
			capture_add(&pieces, text + at, part);
			at += part;
		}
		capture_finish(&whole);
		capture_finish(&pieces);
		assert_int_equal(whole.total, len);
		assert_true(whole.head_len + whole.tail_len <= max);
		if (len <= max) {
			assert_int_equal(whole.head_len, len);
			if (len > 0)
				assert_memory_equal(whole.head, text, len);
		}
		assert_int_equal(whole.head_len, pieces.head_len);
		assert_int_equal(whole.tail_len, pieces.tail_len);
		if (whole.head_len > 0)
			assert_memory_equal(whole.head, pieces.head, whole.head_len);
		if (whole.tail_len > 0)
			assert_memory_equal(whole.tail, pieces.tail, whole.tail_len);
		capture_free(&whole);
		capture_free(&pieces);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_kept_in_one_piece),
		cmocka_unit_test(of_more_the_head_and_the_tail_are_kept),
		cmocka_unit_test(nothing_is_kept_of_nothing_allowed),
		cmocka_unit_test(cuts_do_not_go_through_characters),
		cmocka_unit_test(pieces_make_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
