#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobctl/lines.h"

static char *text;
static size_t size;
static FILE *file;
static struct lines lines;

static void
begin(bool colour)
{
	file = open_memstream(&text, &size);
	assert_non_null(file);
	lines_init(&lines, file, colour);
}

static void
print(const char *name, bool is_error, const char *bytes)
{
	lines_print(&lines, name, is_error, bytes, strlen(bytes));
}

static void
assert_printed(const char *expected)
{
	fclose(file);
	assert_string_equal(text, expected);
	free(text);
}

static void
every_line_has_its_name(void **state)
{
	(void)state;
	begin(false);
	print("web", false, "one\ntwo\n");
	print("web", true, "\n");
	print("web", false, "half");
	print("web", false, "");
	assert_printed("web | one\nweb | two\nweb ! \nweb | half\n");
}

static void
names_are_aligned_from_the_longest_on(void **state)
{
	(void)state;
	begin(false);
	print("a", false, "1\n");
	print("long", false, "2\n");
	print("a", false, "3\n");
	assert_printed("a | 1\nlong | 2\na    | 3\n");
}

static void
bytes_stay_as_they_are(void **state)
{
	static const char bytes[] = "\0\xff\x1b\r\n";

	(void)state;
	begin(false);
	lines_print(&lines, "a", false, bytes, sizeof(bytes) - 1);
	fclose(file);
	assert_int_equal(size, 4 + sizeof(bytes) - 1);
	assert_memory_equal(text + 4, bytes, sizeof(bytes) - 1);
	free(text);
}

static void
a_name_keeps_its_colour(void **state)
{
	(void)state;
	begin(true);
	print("a", false, "1\n");
	print("b", false, "2\n");
	print("a", false, "3\n");
	assert_printed("\033[36ma |\033[0m 1\n\033[33mb |\033[0m 2\n\033[36ma |\033[0m 3\n");
}

/* More programs than there is memory for names: colours repeat, nothing is written past the end. */
static void
many_names_are_no_harm(void **state)
{
	char name[32];

	(void)state;
	begin(true);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "program%d", i);
		print(name, false, "x\n");
	}
	assert_int_equal(lines.name_count, LINES_NAMES_MAX);
	fclose(file);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_has_its_name),
		cmocka_unit_test(names_are_aligned_from_the_longest_on),
		cmocka_unit_test(bytes_stay_as_they_are),
		cmocka_unit_test(a_name_keeps_its_colour),
		cmocka_unit_test(many_names_are_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
