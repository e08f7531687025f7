/* Addresses that come from outside, and text that goes into pages, JSON and addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-web/buf.h"
#include "jobd-web/url.h"

static void
escapes_are_decoded_once(void **state)
{
	char good[] = "/a%20b+c%2541", plus[] = "a+b%2b",
	     *bad[] = { (char[]){ "%" }, (char[]){ "%4" }, (char[]){ "%zz" }, (char[]){ "a%00b" } };

	(void)state;
	assert_int_equal(url_decode(good, false), 0);
	assert_string_equal(good, "/a b+c%41");
	assert_int_equal(url_decode(plus, true), 0);
	assert_string_equal(plus, "a b+");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(url_decode(bad[i], false), -1);
}

static void
queries_are_taken_apart(void **state)
{
	char text[] = "state=dead&&x=a%26b&empty=&alone", broken[] = "a=%f", many[512] = "";
	struct pairs pairs;

	(void)state;
	assert_int_equal(pairs_parse(text, &pairs), 0);
	assert_int_equal(pairs.count, 4);
	assert_string_equal(pairs_find(&pairs, "x"), "a&b");
	assert_string_equal(pairs_find(&pairs, "alone"), "");
	assert_null(pairs_find(&pairs, "y"));
	assert_int_equal(pairs_parse(broken, &pairs), -1);
	for (size_t i = 0; i <= URL_PAIRS_MAX; i++)
		memcpy(many + 4 * i, "a=1&", 5);
	assert_int_equal(pairs_parse(many, &pairs), -1);
}

static void
paths_never_go_up(void **state)
{
	static const char *const bad[] = { "", "a", "//", "/a//b", "/.", "/..", "/a/../b", "/a/..",
		"/./a", "/a\\b", "/a\nb", "/a\x7f" };
	static const char *const good[] = { "/", "/a/b", "/a.b", "/..a", "/a..", "/.well" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (url_path_is_plain(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!url_path_is_plain(good[i]))
			fail_msg("'%s' is not taken", good[i]);
}

static void
patterns_take_whole_segments(void **state)
{
	char found[2][URL_SEGMENT_MAX], longest[URL_SEGMENT_MAX + 10];

	(void)state;
	assert_true(url_match("/jobs/{}/{}", "/jobs/x1/why", found, 2));
	assert_string_equal(found[0], "x1");
	assert_string_equal(found[1], "why");
	assert_false(url_match("/jobs/{}", "/jobs/", found, 2));
	assert_false(url_match("/jobs/{}", "/jobs/a/b", found, 2));
	assert_false(url_match("/jobs", "/jobsx", found, 2));
	assert_false(url_match("/jobsx", "/jobs", found, 2));
	assert_false(url_match("/{}/{}", "/a/b", found, 1));
	memset(longest, 'a', sizeof(longest) - 1);
	memcpy(longest, "/jobs/", 6);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(url_match("/jobs/{}", longest, found, 2));
	longest[6 + URL_SEGMENT_MAX - 1] = '\0';
	assert_true(url_match("/jobs/{}", longest, found, 2));
}

static void
text_stays_text(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_html(&buf, "<a href=\"x\">&'</a>");
	assert_string_equal(buf.data, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
	buf_free(&buf);
	buf_html_len(&buf, "\xc3\xa9<\xff>\xc3\0\xe2\x82", 9);
	assert_string_equal(buf.data,
	    "\xc3\xa9&lt;\xef\xbf\xbd&gt;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	buf_free(&buf);
	buf_json(&buf, "a\"\\\n\x01 \xc3\xa9 \xff \xed\xa0\x80");
	assert_string_equal(
	    buf.data, "\"a\\\"\\\\\\u000a\\u0001 \xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd\"");
	buf_free(&buf);
	buf_url(&buf, "a b/c?d&e=f%");
	assert_string_equal(buf.data, "a%20b%2Fc%3Fd%26e%3Df%25");
	buf_free(&buf);
}

static void
long_text_is_kept_whole(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_printf(&buf, "%d,", i % 10);
	assert_false(buf.failed);
	assert_int_equal(buf.len, 20000);
	assert_int_equal(strlen(buf.data), 20000);
	buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_decoded_once),
		cmocka_unit_test(queries_are_taken_apart),
		cmocka_unit_test(paths_never_go_up),
		cmocka_unit_test(patterns_take_whole_segments),
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(long_text_is_kept_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
