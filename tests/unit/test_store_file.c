/* What only the store on disk can show: what is there after opening again, and what a file may be
 * that is not as it should be. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/store_sqlite.h"
#include "store_jobs.h"

static void
what_was_committed_is_there_after_opening_again(void **state)
{
	struct store *store = *state;
	struct job job;

	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
	store_job_put(store, "jid-0002", "A", "default", JOB_READY);
	store = stores_reopen(state);
	assert_string_equal(store_job_list(store, (struct job_filter){ 0 }), "jid-0001 ");
	/* Ids are never used again. */
	DO(store->ops->job_get(store, "jid-0001", &job));
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	job = store_job_make("jid-0003", "A", "default");
	DO(store->ops->job_add(store, &job));
	assert_true(job.id > 1);
	job_clear(&job);
}

/* More jobs than there are jids in memory: those in the table, those on their way and those that
 * are new are all found, once, before and after opening again. */
static void
many_jids_are_found_wherever_they_stand(void **state)
{
	struct store *store = *state;
	char jid[32];
	struct job job;

	for (int i = 0; i < 300000; i++) {
		snprintf(jid, sizeof(jid), "jid-%08x", (unsigned)i * 2654435761u);
		store_job_put(store, jid, "A", "default", JOB_READY);
		if (i % 10000 == 0)
			DO(store->ops->commit(store));
		if (i % 7 == 3) {
			DO(store->ops->job_get(store, jid, &job));
			DO(store->ops->job_delete(store, &job));
			job_clear(&job);
		}
	}
	DO(store->ops->commit(store));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 300000; i += 997) {
			enum store_result expected = i % 7 == 3 ? STORE_NONE : STORE_OK;

			snprintf(jid, sizeof(jid), "jid-%08x", (unsigned)i * 2654435761u);
			assert_int_equal(store->ops->job_get(store, jid, &job), expected);
			if (expected == STORE_NONE)
				continue;
			assert_string_equal(job.jid, jid);
			assert_int_equal(store->ops->job_add(store, &job), STORE_EXISTS);
			job_clear(&job);
		}
		store = stores_reopen(state);
	}
}

static void
overwrite(const char *data, off_t offset)
{
	int fd = open(stores_path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, strlen(data), offset), (ssize_t)strlen(data));
	close(fd);
}

/* What a running job is stands in memory and in a row of its own. */
static void
a_running_job_is_still_running_after_opening_again(void **state)
{
	struct store *store = *state;
	int64_t ready, running;
	struct walltime when;
	struct job job;

	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	store_job_put(store, "jid-0002", "A", "default", JOB_READY);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_int_equal(job_move(&job, JOB_EVENT_TAKE), 0);
	job.worker = "w1";
	job.attempts = 3;
	job.started_at.us = 50;
	job.wake_at.us = 70;
	DO(store->ops->job_start(store, &job));
	job.order = "cancelled";
	job.percent = 40;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	store = stores_reopen(state);
	DO(store->ops->queue_size(store, "default", false, &ready, &running));
	assert_int_equal(ready, 1);
	assert_int_equal(running, 1);
	DO(store->ops->job_next_wake(store, &when));
	assert_int_equal(when.us, 70);
	DO(store->ops->job_get_brief(store, "jid-0001", &job));
	assert_int_equal(job.state, JOB_RUNNING);
	assert_string_equal(job.worker, "w1");
	assert_string_equal(job.order, "cancelled");
	assert_int_equal(job.attempts, 3);
	assert_int_equal(job.percent, 40);
	job_clear(&job);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-0002");
	job_clear(&job);
}

static void
a_backup_can_be_opened(void **state)
{
	struct store *store = *state, *copy;
	char error[STORE_ERROR_MAX], file[128], jid[32];
	enum store_result result;
	int steps = 0;

	for (int i = 0; i < 60000; i++) {
		snprintf(jid, sizeof(jid), "jid-%06d", i);
		store_job_put(store, jid, "A", "default", JOB_READY);
	}
	DO(store->ops->commit(store));
	snprintf(file, sizeof(file), "%s/copy", stores_dir);
	unlink(file);
	DO(store->ops->backup_begin(store, file));
	while ((result = store->ops->backup_step(store)) == STORE_OK) {
		/* Work goes on meanwhile. */
		snprintf(jid, sizeof(jid), "new-%06d", steps++);
		store_job_put(store, jid, "A", "default", JOB_READY);
		DO(store->ops->commit(store));
	}
	assert_int_equal(result, STORE_NONE);
	assert_true(steps >= 2);
	store->ops->backup_end(store);
	assert_int_equal(store->ops->backup_begin(store, file), STORE_FAILED);
	copy = store_sqlite_open(file, 100, error);
	assert_non_null(copy);
	DO(copy->ops->inspect(copy));
	assert_string_equal(
	    store_job_list(copy, (struct job_filter){ .oldest_first = true, .limit = 1 }),
	    "jid-000000 ");
	copy->ops->close(copy);
	unlink(file);
	DO(store->ops->vacuum(store));
	DO(store->ops->inspect(store));
}

/* A database as the first version left it. */
static void
the_first_version_is_taken_over(void **state)
{
	static const char *const fill[] = {
		"INSERT INTO name(id, text) VALUES(1, 'A'), (2, 'default')",
		"INSERT INTO job VALUES(7, 'jid-ready', 1, 2, 0, 1, 5, 25, 0, 0, 0, 1800000, 10, "
		"11, "
		"11, 0, 0, 0, 0, '', '', '', '[1]', ',\"x\":1', '')",
		"INSERT INTO job VALUES(8, 'jid-running', 1, 2, 0, 3, 5, 25, 1, 0, 0, 1800000, 10, "
		"11, 11, 20, 0, 0, 99, 'w1', 'cancelled', '', '[]', '', '')",
		"INSERT INTO job VALUES(9, 'jid-dead', 1, 2, 0, 6, 5, 0, 1, 1, 0, 1800000, 10, 11, "
		"11, 20, 30, 0, 0, '', '', 'failed', '[]', '', '{}')",
		"INSERT INTO ready VALUES(2, 0, -5, 7)",
		"INSERT INTO later VALUES(99, 8)",
		"INSERT INTO paused_queue VALUES(2)",
		"INSERT INTO counter VALUES(0, 12), (1, 3)",
	};
	struct store *store = *state;
	char error[STORE_ERROR_MAX];
	int64_t processed, failures;
	struct job job;
	struct db *db;

	store->ops->close(store);
	unlink(stores_path);
	db = db_open(
	    stores_path, 100, store_migrations, 1, fill, sizeof(fill) / sizeof(fill[0]), error);
	assert_non_null(db);
	assert_int_equal(db_begin(db), DB_DONE);
	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++)
		assert_int_equal(db_run(db, i, ""), DB_DONE);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	*state = store = store_sqlite_open(stores_path, 100, error);
	assert_non_null(store);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-ready");
	assert_string_equal(job.args, "[1]");
	assert_string_equal(job.extra, ",\"x\":1");
	assert_int_equal(job.run_at.us, 11);
	job_clear(&job);
	DO(store->ops->job_get(store, "jid-running", &job));
	assert_int_equal(job.state, JOB_RUNNING);
	assert_string_equal(job.worker, "w1");
	assert_string_equal(job.order, "cancelled");
	assert_int_equal(job.wake_at.us, 99);
	job_clear(&job);
	DO(store->ops->job_get(store, "jid-dead", &job));
	assert_int_equal(job.state, JOB_DEAD);
	assert_string_equal(job.reason, "failed");
	job_clear(&job);
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 12);
	assert_int_equal(failures, 3);
	store_job_put(store, "jid-new", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
	DO(store->ops->job_get(store, "jid-new", &job));
	assert_true(job.id > 9);
	job_clear(&job);
}

static void
a_newer_version_is_refused_in_words(void **state)
{
	char error[STORE_ERROR_MAX] = "";
	struct store *store = *state;

	store->ops->close(store);
	*state = NULL;
	/* The file's user_version is at offset 60, big-endian. */
	overwrite("\x01", 62);
	assert_null(store_sqlite_open(stores_path, 100, error));
	assert_non_null(strstr(error, "newer jobd"));
	assert_non_null(strstr(error, stores_path));
}

static void
a_file_that_is_no_database_is_refused_and_left_alone(void **state)
{
	char error[STORE_ERROR_MAX] = "", line[64] = "";
	struct store *store = *state;
	FILE *file;

	store->ops->close(store);
	*state = NULL;
	overwrite("this is a text file, honestly", 0);
	assert_null(store_sqlite_open(stores_path, 100, error));
	assert_non_null(strstr(error, "is no database"));
	file = fopen(stores_path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_int_equal(strncmp(line, "this is a text file", 19), 0);
}

static void
a_lock_of_another_is_told_and_goes_by_itself(void **state)
{
	struct store *store = *state, *other;
	char error[STORE_ERROR_MAX] = "";
	struct job job = store_job_make("jid-0002", "A", "default");

	other = store_sqlite_open(stores_path, 100, error);
	assert_non_null(other);
	DO(other->ops->unique_put(other, "key", 1, (struct walltime){ 0 }));
	assert_int_equal(store->ops->job_add(store, &job), STORE_FAILED);
	assert_non_null(strstr(store->error, "locked by another process"));
	assert_false(store->broken);
	store->ops->rollback(store);
	DO(other->ops->commit(other));
	DO(store->ops->job_add(store, &job));
	DO(store->ops->commit(store));
	assert_string_equal(store_job_list(store, (struct job_filter){ 0 }), "jid-0002 ");
	other->ops->close(other);
	job_clear(&job);
}

static void
a_removed_file_is_noticed(void **state)
{
	struct store *store = *state;

	DO(store->ops->check(store));
	assert_int_equal(unlink(stores_path), 0);
	assert_int_equal(store->ops->check(store), STORE_FAILED);
	assert_true(store->broken);
}

static void
a_missing_directory_is_told(void **state)
{
	char error[STORE_ERROR_MAX] = "";

	(void)state;
	assert_null(store_sqlite_open("/nonexistent/x.db", 100, error));
	assert_non_null(strstr(error, "/nonexistent/x.db can't be opened: No such file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(what_was_committed_is_there_after_opening_again),
		ON_SQLITE(many_jids_are_found_wherever_they_stand),
		ON_SQLITE(a_running_job_is_still_running_after_opening_again),
		ON_SQLITE(a_backup_can_be_opened),
		ON_SQLITE(the_first_version_is_taken_over),
		ON_SQLITE(a_newer_version_is_refused_in_words),
		ON_SQLITE(a_file_that_is_no_database_is_refused_and_left_alone),
		ON_SQLITE(a_lock_of_another_is_told_and_goes_by_itself),
		ON_SQLITE(a_removed_file_is_noticed),
		ON_SQLITE(a_missing_directory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
