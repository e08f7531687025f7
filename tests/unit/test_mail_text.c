#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/mail_text.h"

static void
check_header(const char *text, const char *address, const char *want)
{
	char bare[MAIL_ADDRESS_MAX + 1], *header = mail_address_header(text);

	assert_true(mail_address_parse(text, bare));
	assert_string_equal(bare, address);
	assert_non_null(header);
	assert_string_equal(header, want);
	free(header);
}

static void
addresses_are_taken_with_and_without_names(void **state)
{
	(void)state;
	check_header("ann@example.org", "ann@example.org", "ann@example.org");
	check_header(" <ann@example.org> ", "ann@example.org", "ann@example.org");
	check_header("Ann Lee <ann@x.y>", "ann@x.y", "Ann Lee <ann@x.y>");
	check_header("Lee, Ann <ann@x.y>", "ann@x.y", "\"Lee, Ann\" <ann@x.y>");
	check_header("\"Lee, Ann\" <ann@x.y>", "ann@x.y", "\"Lee, Ann\" <ann@x.y>");
	check_header("A \\\"B\\\" \\ <a@x>", "a@x", "\"A \\\"B\\\" \\\\\" <a@x>");
	check_header("\u00c4nn <ann@x.y>", "ann@x.y", "=?UTF-8?B?w4Rubg==?= <ann@x.y>");
	check_header("evil@x.y, Bob <bob@x.y>", "bob@x.y", "\"evil@x.y, Bob\" <bob@x.y>");
	check_header("j\u00f6rg@b\u00fccher.example", "j\u00f6rg@b\u00fccher.example",
	    "j\u00f6rg@b\u00fccher.example");
}

static void
what_is_not_one_address_is_refused(void **state)
{
	static const char *const wrong[] = { "", " ", "ann", "@x", "a@", "a@b, c@d", "a@b c@d",
		"a@b;c@d", "<a@b", "a@b>", "Ann <>", "Ann <ann>", "<a@b><c@d>", "<a@b> c@d",
		"a@b@c", "a@b\r\nRCPT TO:<c@d>", "a@b\nBcc: c@d", "Ann\r\nBcc: x <a@b>", "a@b\177",
		"\"a b\"@c", "(x)a@b", "[a@b]" };
	char long_one[300], bare[MAIL_ADDRESS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(mail_address_parse(wrong[i], bare));
		assert_null(mail_address_header(wrong[i]));
	}
	memset(long_one, 'a', sizeof(long_one));
	memcpy(long_one + MAIL_ADDRESS_MAX - 2, "@b", 3);
	assert_true(mail_address_parse(long_one, bare));
	memcpy(long_one + MAIL_ADDRESS_MAX - 2, "a@b", 4);
	assert_false(mail_address_parse(long_one, bare));
}

static void
check_encoded(const char *text, const char *want)
{
	char *encoded = mail_text_encode(text);

	assert_non_null(encoded);
	assert_string_equal(encoded, want);
	free(encoded);
}

static void
header_texts_are_encoded_where_needed(void **state)
{
	(void)state;
	check_encoded("", "");
	check_encoded("Welcome, Ann", "Welcome, Ann");
	check_encoded("\u00dcbung", "=?UTF-8?B?w5xidW5n?=");
	check_encoded("=?x", "=?UTF-8?B?PT94?=");
	check_encoded("\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac"
		      "\u20ac\u20ac\u20ac\u20ac",
	    "=?UTF-8?B?4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs?=\r\n "
	    "=?UTF-8?B?4oKs?=");
}

static void
encoded_words_are_short(void **state)
{
	char text[2000], *encoded;
	size_t len = 0;

	(void)state;
	text[len++] = 'x';
	while (len + 4 < sizeof(text)) {
		memcpy(text + len, "\xf0\x9f\x98\x80", 4);
		len += 4;
	}
	text[len] = '\0';
	assert_non_null(encoded = mail_text_encode(text));
	for (const char *line = encoded; *line != '\0';) {
		size_t line_len = strcspn(line, "\r");

		assert_int_equal(strncmp(line + (*line == ' '), "=?UTF-8?B?", 10), 0);
		assert_int_equal(strncmp(line + line_len - 2, "?=", 2), 0);
		assert_in_range(line_len, 1, 76);
		line += line_len + (line[line_len] == '\0' ? 0 : 2);
	}
	free(encoded);
}

static void
check_lines(const char *text, size_t len, const char *want)
{
	size_t new_len;
	char *lines = mail_text_lines(text, len, &new_len);

	assert_non_null(lines);
	assert_int_equal(new_len, strlen(want));
	assert_string_equal(lines, want);
	free(lines);
}

static void
lines_end_with_cr_lf(void **state)
{
	(void)state;
	check_lines("", 0, "");
	check_lines("\n", 1, "\r\n");
	check_lines("a\nb\r\n\nc", 7, "a\r\nb\r\n\r\nc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_with_and_without_names),
		cmocka_unit_test(what_is_not_one_address_is_refused),
		cmocka_unit_test(header_texts_are_encoded_where_needed),
		cmocka_unit_test(encoded_words_are_short),
		cmocka_unit_test(lines_end_with_cr_lf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
