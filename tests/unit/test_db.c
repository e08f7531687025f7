/* What a commit leaves on the disk: the layer below SQLite. */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

#include "jobd-scheduler/db.h"

static const char *const tables[] = { "CREATE TABLE t(id INTEGER PRIMARY KEY, text BLOB)" };

enum { ADD, GET, SET, COUNT };
static const char *const statements[] = {
	[ADD] = "INSERT INTO t(id, text) VALUES(?, ?)",
	[GET] = "SELECT text FROM t WHERE id = ?",
	[SET] = "UPDATE t SET text = ? WHERE id = ?",
	[COUNT] = "SELECT count(*) FROM t",
};

static char dir[64], path[96], log_path[96];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/jobd-test-db-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.db", dir);
	snprintf(log_path, sizeof(log_path), "%s/a.db-wal", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "a.db", "a.db-wal", "a.db-shm", "old" };
	char name[96];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
		unlink(name);
	}
	return rmdir(dir);
}

static struct db *
open_db(void)
{
	char error[DB_ERROR_MAX] = "";
	struct db *db = db_open(path, 100, tables, 1, statements, 4, error);

	if (db == NULL)
		print_error("%s\n", error);
	assert_non_null(db);
	return db;
}

static char block[3000];

static void
add(struct db *db, int64_t first, int64_t count)
{
	assert_int_equal(db_begin(db), DB_DONE);
	for (int64_t id = first; id < first + count; id++) {
		memset(block, (int)(id & 0x7f), sizeof(block));
		assert_int_equal(db_run(db, ADD, "ib", id, block, sizeof(block)), DB_DONE);
	}
}

static int64_t
count(struct db *db)
{
	struct db_query *query = db_query(db, COUNT, "");
	int64_t found;

	assert_int_equal(db_step(db, query), DB_ROW);
	found = db_int(query, 0);
	db_reset(query);
	return found;
}

static void
assert_whole(struct db *db, int64_t rows)
{
	assert_int_equal(count(db), rows);
	for (int64_t id = 1; id <= rows; id++) {
		struct db_query *query = db_query(db, GET, "i", id);

		assert_int_equal(db_step(db, query), DB_ROW);
		memset(block, (int)(id & 0x7f), sizeof(block));
		assert_int_equal(db_len(query, 0), sizeof(block));
		assert_memory_equal(db_text(query, 0), block, sizeof(block));
		db_reset(query);
	}
}

static off_t
log_size(void)
{
	struct stat is;

	assert_int_equal(stat(log_path, &is), 0);
	return is.st_size;
}

/* Small ones and one that is larger than what is held, the process gone without a word. */
static void
what_was_committed_outlives_the_process(void **state)
{
	pid_t child = fork();
	struct db *db;
	int status;

	(void)state;
	if (child == 0) {
		db = open_db();
		for (int64_t id = 1; id <= 100; id++) {
			add(db, id, 1);
			assert_int_equal(db_commit(db), DB_DONE);
		}
		add(db, 101, 5000);
		assert_int_equal(db_commit(db), DB_DONE);
		add(db, 5101, 100); /* never committed */
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	db = open_db();
	assert_whole(db, 5100);
	db_close(db);
}

/* Pages leave the cache in the middle of the transaction, and are read again. */
static void
a_transaction_larger_than_the_cache_is_whole(void **state)
{
	struct db *db = open_db();

	(void)state;
	add(db, 1, 12000);
	assert_whole(db, 12000);
	db_rollback(db);
	assert_int_equal(count(db), 0);
	add(db, 1, 12000);
	assert_int_equal(db_commit(db), DB_DONE);
	assert_whole(db, 12000);
	db_close(db);
}

static void
the_log_has_its_size_from_the_start_and_keeps_it(void **state)
{
	struct db *db = open_db();
	off_t size;

	(void)state;
	db_make_room(db);
	size = log_size();
	assert_true(size >= 4 * 1024 * 1024);
	for (int64_t id = 1; id <= 1500; id++) {
		add(db, id, 1);
		assert_int_equal(db_commit(db), DB_DONE);
	}
	assert_int_equal(log_size(), size);
	assert_int_equal(db_vacuum(db), DB_DONE);
	assert_int_equal(log_size(), size);
	db_close(db);
	assert_int_equal(log_size(), size);
	db = open_db();
	assert_whole(db, 1500);
	db_close(db);
}

/* It stays in the place when a backup is put back, and must not be taken for that one's. */
static void
the_log_of_a_closed_database_says_nothing(void **state)
{
	struct db *db = open_db();
	char old[96];

	(void)state;
	snprintf(old, sizeof(old), "%s/old", dir);
	add(db, 1, 3);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	assert_int_equal(rename(path, old), 0);
	db = open_db();
	assert_int_equal(count(db), 0);
	add(db, 1, 1);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	assert_int_equal(rename(old, path), 0);
	db = open_db();
	assert_whole(db, 3);
	db_close(db);
}

static void
a_write_that_fails_loses_the_commit_and_nothing_else(void **state)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit all, few;
	struct db *db = open_db();

	(void)state;
	sigaction(SIGXFSZ, &ignore, NULL); /* the write fails instead */
	add(db, 1, 2);
	assert_int_equal(db_commit(db), DB_DONE);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	few = all;
	few.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	add(db, 3, 2);
	assert_int_equal(db_commit(db), DB_FAILED);
	assert_non_null(strstr(db_error(db), path));
	db_rollback(db);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_whole(db, 2);
	add(db, 3, 1);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	db = open_db();
	assert_whole(db, 3);
	db_close(db);
}

/* Nothing behind so many bytes of a file can be written any more. */
static void
limit_files(rlim_t bytes)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit limit;

	sigaction(SIGXFSZ, &ignore, NULL);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Rows far behind in the file are changed one after the other, again and again. */
#define ROWS    3000
#define CHANGED 2001
#define ROUND   850

/* As long as that can be committed; how often it was. */
static int
change_rows(struct db *db)
{
	int done = 0;

	while (done < 10000) {
		memset(block, 128 + done % 100, sizeof(block));
		assert_int_equal(db_begin(db), DB_DONE);
		if (db_run(db, SET, "bi", block, sizeof(block),
			(int64_t)(CHANGED + done % ROUND)) != DB_DONE ||
		    db_commit(db) != DB_DONE)
			break;
		done++;
	}
	return done;
}

static void
assert_changed(struct db *db, int done)
{
	for (int i = done - ROUND; i < done; i++) {
		struct db_query *query = db_query(db, GET, "i", (int64_t)(CHANGED + i % ROUND));

		assert_int_equal(db_step(db, query), DB_ROW);
		memset(block, 128 + i % 100, sizeof(block));
		assert_memory_equal(db_text(query, 0), block, sizeof(block));
		db_reset(query);
	}
}

/* What a checkpoint can't write to the database stands in the log still, whose commits go on until
 * that is full too; then the process is gone without a word. */
static void
what_a_checkpoint_cannot_write_stays_in_the_log(void **state)
{
	int *done =
	    mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct db *db = open_db();
	int status;
	pid_t child;

	(void)state;
	assert_true(done != MAP_FAILED);
	add(db, 1, ROWS);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	if ((child = fork()) == 0) {
		db = open_db();
		limit_files(6 << 20);
		*done = change_rows(db);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_in_range(*done, ROUND, 3000);
	db = open_db();
	assert_int_equal(count(db), ROWS);
	assert_changed(db, *done);
	assert_int_equal(db_vacuum(db), DB_DONE);
	assert_changed(db, *done);
	db_close(db);
	munmap(done, sizeof(*done));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_was_committed_outlives_the_process, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_transaction_larger_than_the_cache_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    the_log_has_its_size_from_the_start_and_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    the_log_of_a_closed_database_says_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_write_that_fails_loses_the_commit_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_a_checkpoint_cannot_write_stays_in_the_log, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
