/* What is in a log file, and what is known of it, after chunks of several streams were written. */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-logger/sink_file.h"
#include "jobd-logger/workers.h"

static const struct line_format raw = { .kind = LINE_FORMAT_RAW };
static const struct line_format text = { .kind = LINE_FORMAT_TEXT, .program = "web" };
static const struct sink_policy policy = { .backups = 2, .mode = 0600 };

static char directory[64], path[96];
static int memory = -1, pipe_ends[2];
static struct journal *journal;
static struct sink_file *file;
/* What was heard of the file while it was renamed. */
static int64_t rotations_heard, bytes_heard;

/* There are no threads here. */
char *
workers_scratch(void)
{
	static char scratch[LINES_RENDERED_MAX];

	return scratch;
}

/* In the place of the C library's: a disk that takes its time. */
int
rename(const char *from, const char *to)
{
	rotations_heard = generations_rotations(sink_file_generations(file));
	bytes_heard = generations_bytes(sink_file_generations(file));
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int
begin(void **state)
{
	const char *errstr;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/jobd-test-file-XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log", directory);
	memory = memfd_create("journal", MFD_CLOEXEC);
	if (memory == -1 || pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC) == -1 ||
	    (journal = journal_open(memory, &errstr)) == NULL)
		return -1;
	file = sink_file_new(journal, path);
	return file == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	sink_file_free(file);
	journal_close(journal);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close(memory);
	unlink(path);
	strlcat(path, ".1", sizeof(path));
	unlink(path);
	return rmdir(directory);
}

/* A chunk with these bytes of the stream. */
static uint32_t
chunk_with(uint64_t id, const char *data)
{
	uint32_t index = journal_chunk_new(journal, id, 1, 1);
	ssize_t len = (ssize_t)strlen(data);

	assert_int_not_equal(index, JOURNAL_NONE);
	assert_int_equal(write(pipe_ends[1], data, (size_t)len), len);
	assert_int_equal(journal_take(journal, journal_stream_get(journal, id), index, pipe_ends[0],
			     (size_t)len),
	    len);
	return index;
}

static int
write_chunk(uint32_t index, const struct line_format *format)
{
	return sink_file_write(file, &policy, format, index, journal_chunk(journal, index)->len);
}

static void
assert_file(const char *expected)
{
	static char data[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, data, sizeof(data) - 1);

	close(fd);
	assert_true(len >= 0);
	data[len] = '\0';
	assert_string_equal(data, expected);
}

static void
a_half_line_of_another_stream_is_ended(void **state)
{
	(void)state;
	assert_int_equal(write_chunk(chunk_with(7, "half"), &raw), 0);
	assert_int_equal(write_chunk(chunk_with(8, "one\ntwo\n"), &text), 0);
	assert_file("half\none\ntwo\n");
	/* Its readers get as far as that. */
	assert_int_equal(generations_end(sink_file_generations(file)).offset, 13);
	assert_int_equal(sink_file_take_appended(file), 13);
}

/* The disk is full in the middle of a line: what is whole stays, the rest comes later. */
static void
what_fits_is_kept_line_by_line(void **state)
{
	struct rlimit limit, before;
	uint32_t index;

	(void)state;
	assert_int_equal(write_chunk(chunk_with(7, "half"), &raw), 0);
	index = chunk_with(8, "one\ntwo\nthree\n");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ .rlim_cur = 15, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(write_chunk(index, &text), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_file("half\none\ntwo\n");
	assert_int_equal(write_chunk(index, &text), 0);
	assert_file("half\none\ntwo\nthree\n");
	assert_int_equal(generations_end(sink_file_generations(file)).offset, 19);
}

/* Also where it had to be made for that. */
static void
a_cleared_file_has_the_mode_of_its_settings(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(write_chunk(chunk_with(7, "one\n"), &raw), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sink_file_clear(file, &policy), 0);
	assert_file("");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
the_loop_may_ask_while_the_disk_is_slow(void **state)
{
	struct generations *files = sink_file_generations(file);

	(void)state;
	alarm(60); /* instead of waiting for ever */
	assert_int_equal(write_chunk(chunk_with(7, "one\n"), &raw), 0);
	rotations_heard = bytes_heard = -1;
	assert_int_equal(sink_file_rotate(file, &policy), 0);
	assert_int_equal(rotations_heard, 0);
	assert_int_equal(bytes_heard, 4);
	assert_int_equal(generations_rotations(files), 1);
	assert_int_equal(generations_bytes(files), 0);
	alarm(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_half_line_of_another_stream_is_ended, begin, end),
		cmocka_unit_test_setup_teardown(what_fits_is_kept_line_by_line, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_cleared_file_has_the_mode_of_its_settings, begin, end),
		cmocka_unit_test_setup_teardown(
		    the_loop_may_ask_while_the_disk_is_slow, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
