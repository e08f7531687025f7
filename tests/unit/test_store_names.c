/* Names of types, queues and tags are kept in memory: they are bounded, and forgotten in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/store_sqlite.h"

#define DO(call) assert_int_equal((call), STORE_OK)

static char dir[64], path[96];

static const char *const fill[] = {
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199990) "
	"INSERT INTO name(text) SELECT 'type-' || i FROM n",
	"INSERT INTO tag(tag, id) SELECT id, 1 FROM name",
};

/* A store with as many names as there may be but ten, in use or not. */
static struct store *
full_store(size_t statements)
{
	char error[STORE_ERROR_MAX] = "";
	struct db *db = db_open(path, 100, store_migrations, store_migration_count, fill, 2, error);
	struct store *store;

	assert_non_null(db);
	assert_int_equal(db_begin(db), DB_DONE);
	for (size_t i = 0; i < statements; i++)
		assert_int_equal(db_run(db, i, ""), DB_DONE);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	assert_non_null(store = store_sqlite_open(path, 100, error));
	return store;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/jobd-test-names-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/queue.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[120];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
	return rmdir(dir);
}

static void
put(struct store *store, const char *jid, const char *type)
{
	struct job job;

	job_init(&job);
	job.jid = jid;
	job.type = type;
	job.queue = "default";
	job.state = JOB_READY;
	job.args = "[]";
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
}

static void
what_nobody_uses_makes_room(void **state)
{
	static const char tags[] = "[\"t1\",\"t2\",\"t3\",\"t4\",\"t5\",\"t6\",\"t7\",\"t8\"]";
	struct store *store = full_store(1);
	struct job job;

	(void)state;
	put(store, "jid-00000001", "Resize");
	DO(store->ops->commit(store));
	DO(store->ops->names_fit(store, "Resize", "default", NULL));
	DO(store->ops->names_fit(store, "Resize", "default", tags));
	/* A lost transaction brings them back. */
	DO(store->ops->names_fit(store, "Other", "default", tags));
	store->ops->rollback(store);
	put(store, "jid-00000002", "type-5");
	DO(store->ops->commit(store));
	((struct store_sqlite *)store)->names.refusals = 0;
	DO(store->ops->names_fit(store, "Other", "default", tags));
	DO(store->ops->commit(store));
	assert_int_equal(((struct store_sqlite *)store)->names.count, 3);
	put(store, "jid-00000003", "type-6");
	DO(store->ops->commit(store));
	DO(store->ops->job_get(store, "jid-00000002", &job));
	assert_string_equal(job.type, "type-5");
	job_clear(&job);
	store->ops->close(store);
}

static void
what_is_in_use_stays_and_no_more_are_taken(void **state)
{
	static const char tags[] =
	    "[\"t1\",\"t2\",\"t3\",\"t4\",\"t5\",\"t6\",\"t7\",\"t8\",\"t9\",\"t0\"]";
	struct store *store = full_store(2);

	(void)state;
	assert_int_equal(store->ops->names_fit(store, "Resize", "default", tags), STORE_NONE);
	assert_int_equal(store->ops->names_fit(store, "Resize", "default", tags), STORE_NONE);
	DO(store->ops->names_fit(store, "type-7", "type-8", "[\"type-9\"]"));
	DO(store->ops->names_fit(store, NULL, "default", NULL));
	store->ops->close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_nobody_uses_makes_room, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_in_use_stays_and_no_more_are_taken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
