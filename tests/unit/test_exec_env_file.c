#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exec/env_file.h"

/* The text in its own allocation, so that a sanitizer sees every step outside. */
static char *
file_begin(struct env_file *file, const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	env_file_begin(file, copy, len);
	return copy;
}

static void
lines_become_entries(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line, *entry;
	} cases[] = {
		{ "A=b", "A=b" },
		{ "  A=b", "A=b" },
		{ "A=", "A=" },
		{ "A=b c  ", "A=b c" },
		{ "A=  b", "A=b" },
		{ "A=b\r", "A=b" },
		{ "export A=b", "A=b" },
		{ "export\t A=b", "A=b" },
		{ "exportA=b", "exportA=b" },
		{ "A=b=c", "A=b=c" },
		{ "_a1=x", "_a1=x" },
		{ "A=a#b", "A=a#b" },
		{ "A=\"x # y\"", "A=x # y" },
		{ "A='x \"y\" \\n'", "A=x \"y\" \\n" },
		{ "A=\"l1\\nl2\\t\\\"q\\\" \\\\ \\$H \\`\"", "A=l1\nl2\t\"q\" \\ $H `" },
		{ "A=\"\\x\"", "A=\\x" },
		{ "A=''", "A=" },
		{ "A=\"\" # nothing", "A=" },
		{ "A='b'  ", "A=b" },
		{ "A=it's", "A=it's" },
		{ "\xef\xbb\xbf"
		  "A=b",
		    "A=b" },
	};
	/* clang-format on */
	struct env_file file;
	const char *errstr;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *copy = file_begin(&file, cases[i].line, strlen(cases[i].line));
		char *entry = env_file_next(&file, &errstr);

		if (entry == NULL)
			fail_msg("'%s': %s", cases[i].line, errstr == NULL ? "end" : errstr);
		assert_string_equal(entry, cases[i].entry);
		assert_null(env_file_next(&file, &errstr));
		assert_null(errstr);
		free(copy);
	}
}

static void
comments_and_blank_lines_are_counted_but_skipped(void **state)
{
	static const char text[] = "# head\n\n  # indented\nA=1\n\n\nB=2\n#end";
	struct env_file file;
	const char *errstr;
	char *copy = file_begin(&file, text, strlen(text));

	(void)state;
	assert_string_equal(env_file_next(&file, &errstr), "A=1");
	assert_int_equal(file.line, 4);
	assert_string_equal(env_file_next(&file, &errstr), "B=2");
	assert_int_equal(file.line, 7);
	assert_null(env_file_next(&file, &errstr));
	assert_null(errstr);
	free(copy);
}

static void
bad_lines_are_errors_with_their_number(void **state)
{
	static const char *const bad[] = { "A", "=b", "1A=b", "A =b", "A-B=c", "A=\"x", "A='x",
		"A='x'y", "A=x # y", "A=#x", "A=\"x\\\"", "export", "export =b", "\xc3\xa4=b" };
	struct env_file file;
	const char *errstr;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64] = "OK=1\n";
		char *copy;

		strncat(text, bad[i], sizeof(text) - strlen(text) - 1);
		copy = file_begin(&file, text, strlen(text));
		assert_non_null(env_file_next(&file, &errstr));
		if (env_file_next(&file, &errstr) != NULL)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(errstr);
		assert_int_equal(file.line, 2);
		free(copy);
	}
}

static void
a_nul_byte_is_an_error(void **state)
{
	struct env_file file;
	const char *errstr;
	char *copy = file_begin(&file, "A=b\0c\n", 6);

	(void)state;
	assert_null(env_file_next(&file, &errstr));
	assert_string_equal(errstr, "has a NUL byte");
	free(copy);
}

/* Every entry of any input is a name, a '=' and stays inside the buffer. */
static void
any_bytes_give_whole_entries_or_an_error(void **state)
{
	static const char alphabet[] = "AB_9=\"'\\n# \t\r\n\n=export \xc3\0";
	uint32_t seed = 12345;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct env_file file;
		const char *errstr;
		char text[48], *copy, *entry;
		size_t len = (seed >> 8) % sizeof(text);

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		seed = seed * 1664525 + 1013904223;
		copy = file_begin(&file, text, len);
		while ((entry = env_file_next(&file, &errstr)) != NULL) {
			assert_true(entry >= copy && entry + strlen(entry) <= copy + len);
			assert_non_null(strchr(entry, '='));
			assert_true(strcspn(entry, "=") > 0);
			assert_null(memchr(entry, '"', strcspn(entry, "=")));
		}
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_entries),
		cmocka_unit_test(comments_and_blank_lines_are_counted_but_skipped),
		cmocka_unit_test(bad_lines_are_errors_with_their_number),
		cmocka_unit_test(a_nul_byte_is_an_error),
		cmocka_unit_test(any_bytes_give_whole_entries_or_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
