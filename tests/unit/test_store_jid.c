/* Jids of more jobs than stand in memory: a clash is found wherever the other one is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/store.h"

/* Some of them are in the table, some are on their way there, the newest are in memory. */
#define JOBS   150000
#define COMMIT 25000

static char dir[64], path[96];
static struct store *store;

static void
open_store(void)
{
	char error[STORE_ERROR_MAX] = "";

	store = store_sqlite_open(path, 1000, error);
	if (store == NULL)
		fail_msg("%s", error);
}

static void
close_store(void)
{
	assert_int_equal(store->ops->commit(store), STORE_OK);
	store->ops->close(store);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/jobd-test-jid-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.db", dir);
	open_store();
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "a.db", "a.db-wal", "a.db-shm" };
	char name[128];

	(void)state;
	close_store();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
		unlink(name);
	}
	return rmdir(dir);
}

static enum store_result
add(int64_t number)
{
	char jid[32];
	struct job job;
	enum store_result result;

	job_init(&job);
	snprintf(jid, sizeof(jid), "jid-%06lld", (long long)number);
	job.jid = jid;
	job.type = "Resize";
	job.queue = "default";
	job.args = "[]";
	job.created_at.us = job.enqueued_at.us = job.run_at.us = 1000000;
	result = store->ops->job_add(store, &job);
	job_clear(&job);
	return result;
}

static void
remove_job(int64_t number)
{
	char jid[32];
	struct job job;

	snprintf(jid, sizeof(jid), "jid-%06lld", (long long)number);
	assert_int_equal(store->ops->job_get(store, jid, &job), STORE_OK);
	assert_string_equal(job.jid, jid);
	assert_int_equal(store->ops->job_delete(store, &job), STORE_OK);
	job_clear(&job);
}

/* Of every age. */
static void
assert_all_clash(void)
{
	for (int64_t i = 0; i < JOBS; i += 37)
		assert_int_equal(add(i), STORE_EXISTS);
	for (int64_t i = JOBS - 500; i < JOBS; i++)
		assert_int_equal(add(i), STORE_EXISTS);
}

static void
no_clash_is_missed(void **state)
{
	(void)state;
	for (int64_t i = 0; i < JOBS; i++) {
		assert_int_equal(add(i), STORE_OK);
		if (i % COMMIT == 0)
			assert_int_equal(store->ops->commit(store), STORE_OK);
	}
	assert_all_clash();
	close_store();
	open_store();
	assert_all_clash();
	/* What is gone does not clash, until it is there again. */
	for (int64_t i = 5; i < JOBS; i += 997) {
		remove_job(i);
		assert_int_equal(add(i), STORE_OK);
		assert_int_equal(add(i), STORE_EXISTS);
	}
	/* A lost turn is forgotten. */
	assert_int_equal(store->ops->commit(store), STORE_OK);
	for (int64_t i = JOBS; i < JOBS + 100; i++)
		assert_int_equal(add(i), STORE_OK);
	store->ops->rollback(store);
	for (int64_t i = JOBS; i < JOBS + 100; i++)
		assert_int_equal(add(i), STORE_OK);
	assert_all_clash();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_clash_is_missed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
