#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-logger/rotate.h"

static char dir[64], path[128];

static int
directory_make(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_logger_rotate.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.log", dir);
	return 0;
}

static int
directory_remove(void **state)
{
	(void)state;
	rotate_clear(path);
	(void)unlink(path);
	return rmdir(dir);
}

static void
file_write(int64_t index, bool gz, const char *content)
{
	char name[160];
	FILE *file = fopen(rotate_name(path, index, gz, name, sizeof(name)), "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

/* "" if there is no such file. */
static const char *
file_read(int64_t index, bool gz)
{
	static char content[64];
	char name[160];
	FILE *file = fopen(rotate_name(path, index, gz, name, sizeof(name)), "r");

	content[0] = '\0';
	if (file == NULL)
		return content;
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	return content;
}

static void
a_file_is_cut_behind_a_line(void **state)
{
	(void)state;
	/* Room for all, no limit. */
	assert_int_equal(rotate_cut(100, 0, true, "abc\ndef\n", 8), 8);
	assert_int_equal(rotate_cut(0, 1000, true, "abc\ndef\n", 8), 8);
	/* Room for the first line only, then for none. */
	assert_int_equal(rotate_cut(100, 95, true, "abc\ndef\n", 8), 4);
	assert_int_equal(rotate_cut(100, 99, true, "abc\ndef\n", 8), 0);
	assert_int_equal(rotate_cut(100, 100, true, "abc\n", 4), 0);
	/* A line is finished in the file where it began, also beyond the limit. */
	assert_int_equal(rotate_cut(100, 99, false, "abc\ndef\n", 8), 4);
	assert_int_equal(rotate_cut(100, 200, false, "abcdef", 6), 6);
	/* The first line of an empty file may be longer than the limit. */
	assert_int_equal(rotate_cut(4, 0, true, "abcdefgh\nij\n", 12), 9);
	/* But not without end. */
	assert_int_equal(rotate_cut(100, 100 + ROTATE_LINE_MAX - 2, false, "abcdef", 6), 2);
	assert_int_equal(rotate_cut(100, 100 + ROTATE_LINE_MAX, false, "abcdef", 6), 0);
}

static void
every_way_of_cutting_keeps_lines_whole_and_files_small(void **state)
{
	char data[400];

	(void)state;
	srandom(2);
	for (int round = 0; round < 2000; round++) {
		int64_t max = 1 + random() % 60, size = 0;
		size_t len = sizeof(data), done = 0;

		for (size_t i = 0; i < len; i++)
			data[i] = random() % 12 == 0 ? '\n' : 'x';
		while (done < len) {
			bool at_start = done == 0 || data[done - 1] == '\n';
			size_t step = 1 + (size_t)random() % (len - done), cut;

			if (done + step > len)
				step = len - done;
			cut = rotate_cut(max, size, at_start, data + done, step);
			assert_true(cut <= step);
			if (cut == 0) {
				assert_true(at_start && size > 0);
				size = 0;
				continue;
			}
			/* Beyond the limit only to end the line that began below it. */
			if (size + (int64_t)cut > max)
				assert_null(memchr(data + done, '\n', cut - 1));
			size += (int64_t)cut;
			done += cut;
		}
	}
}

static void
files_move_up_and_the_oldest_goes(void **state)
{
	(void)state;
	file_write(0, false, "new");
	file_write(1, false, "one");
	file_write(2, true, "two");
	file_write(3, false, "three");
	file_write(4, false, "beyond");
	assert_int_equal(rotate_shift(path, 3), 0);
	assert_string_equal(file_read(0, false), "");
	assert_string_equal(file_read(1, false), "new");
	assert_string_equal(file_read(2, false), "one");
	assert_string_equal(file_read(3, true), "two");
	assert_string_equal(file_read(3, false), "");
	assert_string_equal(file_read(4, false), "");
}

static void
a_move_that_was_broken_off_is_finished_without_loss(void **state)
{
	(void)state;
	/* 2 had become 3, 1 had become 2, then it was killed. */
	file_write(0, false, "new");
	file_write(2, false, "one");
	file_write(3, false, "two");
	assert_int_equal(rotate_shift(path, 3), 0);
	assert_string_equal(file_read(1, false), "new");
	assert_string_equal(file_read(2, false), "one");
	assert_string_equal(file_read(3, false), "two");
}

static void
without_backups_the_file_goes(void **state)
{
	(void)state;
	file_write(0, false, "new");
	file_write(1, false, "one");
	assert_int_equal(rotate_shift(path, 0), 0);
	assert_string_equal(file_read(0, false), "");
	assert_string_equal(file_read(1, false), "");
	assert_int_equal(rotate_shift(path, 0), 0);
}

static void
usage_knows_all_files_and_the_oldest(void **state)
{
	struct rotate_usage usage;

	(void)state;
	rotate_usage(path, &usage);
	assert_int_equal(usage.bytes, 0);
	assert_int_equal(usage.oldest_index, 0);
	file_write(0, false, "current");
	file_write(1, false, "one");
	file_write(4, true, "four");
	rotate_usage(path, &usage);
	assert_int_equal(usage.bytes, 7);
	assert_int_equal(usage.oldest_index, 4);
	assert_true(usage.oldest_gz);
	assert_int_equal(usage.oldest_bytes, 4);
	file_write(4, false, "plain");
	assert_true(rotate_drop_twin(path, 4));
	assert_false(rotate_drop_twin(path, 1));
	assert_string_equal(file_read(4, false), "");
	assert_string_equal(file_read(4, true), "four");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, directory_make, directory_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_cut_behind_a_line),
		cmocka_unit_test(every_way_of_cutting_keeps_lines_whole_and_files_small),
		TEST(files_move_up_and_the_oldest_goes),
		TEST(a_move_that_was_broken_off_is_finished_without_loss),
		TEST(without_backups_the_file_goes),
		TEST(usage_knows_all_files_and_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
