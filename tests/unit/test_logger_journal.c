#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-logger/drop.h"
#include "jobd-logger/journal.h"

static int memory = -1;
static int pipe_ends[2];
static struct journal *journal;

static int
journal_make(void **state)
{
	const char *errstr;

	(void)state;
	memory = memfd_create("journal", MFD_CLOEXEC);
	if (memory == -1 || pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC) == -1)
		return -1;
	journal = journal_open(memory, &errstr);
	return journal == NULL ? -1 : 0;
}

static int
journal_remove(void **state)
{
	(void)state;
	journal_close(journal);
	close(pipe_ends[0]);
	if (pipe_ends[1] != -1)
		close(pipe_ends[1]);
	return close(memory);
}

/* As if the process had been killed and another one took over. */
static void
killed(void)
{
	const char *errstr;

	journal_close(journal);
	journal = journal_open(memory, &errstr);
	assert_non_null(journal);
	assert_true(journal_was_used(journal));
}

static uint32_t
chunk_with(uint64_t id, const char *text)
{
	uint32_t index = journal_chunk_new(journal, id, 1, 1);

	assert_int_not_equal(index, JOURNAL_NONE);
	assert_int_equal(write(pipe_ends[1], text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(journal_take(journal, journal_stream_get(journal, id), index, pipe_ends[0],
			     strlen(text)),
	    (ssize_t)strlen(text));
	return index;
}

static void
what_was_taken_is_there_after_a_kill(void **state)
{
	uint32_t index;

	(void)state;
	assert_false(journal_was_used(journal));
	chunk_with(7, "one\ntwo\n");
	chunk_with(8, "other\n");
	killed();
	index = journal_chunk_after(journal, 0);
	assert_int_equal(journal_chunk(journal, index)->stream_id, 7);
	assert_int_equal(journal_chunk(journal, index)->len, 8);
	assert_memory_equal(journal_chunk_data(journal, index), "one\ntwo\n", 8);
	assert_int_equal(journal_stream_get(journal, 7)->bytes, 8);
	assert_int_equal(journal_stream_get(journal, 7)->lines, 2);
	index = journal_chunk_after(journal, journal_chunk(journal, index)->seq);
	assert_int_equal(journal_chunk(journal, index)->stream_id, 8);
	assert_int_equal(
	    journal_chunk_after(journal, journal_chunk(journal, index)->seq), JOURNAL_NONE);
}

static void
the_end_and_an_empty_pipe_are_told_apart(void **state)
{
	uint32_t index = journal_chunk_new(journal, 7, 1, 1);
	struct journal_stream *stream = journal_stream_get(journal, 7);

	(void)state;
	assert_int_equal(journal_take(journal, stream, index, pipe_ends[0], 10), -1);
	assert_int_equal(errno, EAGAIN);
	close(pipe_ends[1]);
	pipe_ends[1] = -1;
	assert_int_equal(journal_take(journal, stream, index, pipe_ends[0], 10), 0);
}

/*
 * Killed when the bytes had left the pipe and nothing was noted yet: the memory file's position
 * tells.  The child can't write the page of the counters, so it dies right behind the splice.
 */
static void
bytes_in_flight_are_found_by_the_files_position(void **state)
{
	uint32_t index = chunk_with(7, "one\n");
	struct journal_stream *stream = journal_stream_get(journal, 7);
	struct rlimit no_core = { 0, 0 };
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(write(pipe_ends[1], "two\nthree", 9), 9);
	if ((pid = fork()) == 0) {
		uintptr_t page = (uintptr_t)stream / JOURNAL_PAGE_BYTES * JOURNAL_PAGE_BYTES;

		setrlimit(RLIMIT_CORE, &no_core);
		sigaction(SIGSEGV, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		mprotect((void *)page, JOURNAL_PAGE_BYTES, PROT_READ);
		journal_take(journal, stream, index, pipe_ends[0], 9);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(journal_chunk(journal, index)->len, 4);
	killed();
	/* A second time finds nothing to do. */
	for (int i = 0; i < 2; i++, killed()) {
		assert_int_equal(journal_chunk(journal, index)->len, 13);
		assert_memory_equal(journal_chunk_data(journal, index), "one\ntwo\nthree", 13);
		assert_int_equal(journal_stream_get(journal, 7)->bytes, 13);
		assert_int_equal(journal_stream_get(journal, 7)->lines, 2);
	}
}

static void
a_stolen_half_line_is_in_one_place_only(void **state)
{
	uint32_t old = chunk_with(7, "one\nha"), new = journal_chunk_new(journal, 7, 2, 1);
	struct journal_chunk *chunk;

	(void)state;
	journal_chunk_steal(journal, new, old, 4);
	assert_int_equal(journal_chunk(journal, old)->len, 4);
	assert_int_equal(journal_chunk(journal, new)->len, 2);
	assert_memory_equal(journal_chunk_data(journal, new), "ha", 2);
	/* Killed between the two: both seem to have it. */
	chunk = journal_chunk(journal, new);
	journal_chunk(journal, old)->len = 6;
	chunk->steals = old + 1;
	killed();
	assert_int_equal(journal_chunk(journal, old)->len, 4);
	assert_int_equal(journal_chunk(journal, new)->len, 2);
}

static void
a_write_counts_when_it_is_committed(void **state)
{
	uint32_t index = chunk_with(7, "one\ntwo\n");
	struct journal_write *write = journal_write_get(journal, 99);

	(void)state;
	journal_write_arm(journal, write, index, 0, 4);
	killed();
	write = journal_write_get(journal, 99);
	assert_true(journal_write_is_pending(journal, write));
	assert_int_equal(journal_chunk(journal, index)->done, 0);
	journal_write_commit(journal, write, 4);
	assert_false(journal_write_is_pending(journal, write));
	assert_int_equal(journal_chunk(journal, index)->done, 4);
	/* Killed in the middle of the commit. */
	journal_write_arm(journal, write, index, 4, 8);
	write->state = JOURNAL_WRITE_COMMITTED;
	killed();
	assert_int_equal(journal_chunk_after(journal, 0), JOURNAL_NONE);
	assert_int_equal(journal_used_pages(journal), 0);
}

static void
a_write_never_touches_another_chunk_in_the_same_place(void **state)
{
	uint32_t index = chunk_with(7, "one\n");
	struct journal_write *write = journal_write_get(journal, 99);

	(void)state;
	journal_write_arm(journal, write, index, 0, 4);
	journal_chunk_free(journal, index);
	assert_int_equal(chunk_with(8, "two\n"), index);
	assert_false(journal_write_is_pending(journal, write));
	journal_write_commit(journal, write, 4);
	assert_int_equal(journal_chunk(journal, index)->done, 0);
}

static void
memory_is_bounded_and_reused(void **state)
{
	uint32_t first, second;

	(void)state;
	journal_set_limit(journal, 20 * JOURNAL_PAGE_BYTES);
	first = journal_chunk_new(journal, 7, 12, 1);
	second = journal_chunk_new(journal, 7, 12, 1);
	assert_int_equal(journal_chunk(journal, first)->page_count, 12);
	assert_int_equal(journal_chunk(journal, second)->page_count, 8);
	assert_int_equal(journal_chunk_new(journal, 7, 1, 1), JOURNAL_NONE);
	journal_chunk_free(journal, first);
	assert_int_equal(journal_used_pages(journal), 8);
	assert_int_equal(journal_chunk_new(journal, 7, 12, 1), first);
}

static void
discarded_bytes_are_counted(void **state)
{
	struct journal_stream *stream = journal_stream_get(journal, 7);

	(void)state;
	assert_int_equal(write(pipe_ends[1], "one\ntwo\nx", 9), 9);
	assert_int_equal(journal_discard(journal, stream, pipe_ends[0], 100, 5), 9);
	assert_int_equal(stream->dropped_bytes, 9);
	assert_int_equal(stream->dropped_lines, 2);
	assert_int_equal(stream->bytes, 0);
	assert_int_equal(stream->drop_to_us, 5);
	assert_int_equal(journal_discarded(journal)[8], 'x');
}

static void
a_bad_disk_leaves_memory_for_the_others(void **state)
{
	struct drop_memory stalled = { .limit = 100, .sink_is_stalled = true },
			   well = { .limit = 100 };

	(void)state;
	for (uint32_t used = 0; used <= 100; used++) {
		stalled.used = well.used = used;
		for (stalled.sink_used = 0; stalled.sink_used <= used; stalled.sink_used++) {
			uint32_t more = drop_allowance(&stalled);

			assert_true(more == 0 || stalled.sink_used + more <= 50);
			assert_true(more == 0 || used + more <= 75);
		}
		assert_true(used + drop_allowance(&well) <= 100);
	}
	stalled = (struct drop_memory){
		.limit = 100, .used = 75, .sink_used = 10, .sink_is_stalled = true
	};
	assert_int_equal(drop_allowance(&stalled), 0);
	well = (struct drop_memory){ .limit = 100, .used = 75 };
	assert_int_equal(drop_allowance(&well), 25);
	assert_false(drop_is_due(999, 0, 1000));
	assert_true(drop_is_due(1000, 0, 1000));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, journal_make, journal_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_taken_is_there_after_a_kill),
		TEST(the_end_and_an_empty_pipe_are_told_apart),
		TEST(bytes_in_flight_are_found_by_the_files_position),
		TEST(a_stolen_half_line_is_in_one_place_only),
		TEST(a_write_counts_when_it_is_committed),
		TEST(a_write_never_touches_another_chunk_in_the_same_place),
		TEST(memory_is_bounded_and_reused),
		TEST(discarded_bytes_are_counted),
		cmocka_unit_test(a_bad_disk_leaves_memory_for_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
