/* A database that an earlier jobd left, with jobs in every state, is taken over as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/store_sqlite.h"
#include "stores.h"

#define DO(call) assert_int_equal((call), STORE_OK)

/* What an earlier jobd wrote. */
struct past {
	size_t version;
	const char *const *statements;
	size_t count;
};

/* Of each job: its id, jid, type, queue, state, priority, flags, retries, reserve_ms, created_at,
 * enqueued_at, run_at, args, extra, attempts, failures, crashes, started_at, finished_at, due_at,
 * wake_at, worker, reason, failure. */
static const char *const version_7[] = {
	"INSERT INTO name(id, text) VALUES(1, 'A'), (2, 'B'), (3, 'default')",
	"INSERT OR REPLACE INTO meta(key, value) VALUES('last_id', 100)",
	"INSERT INTO job VALUES"
	"(11, 'scheduled', 1, 3, 0, 5, 0, 25, 0, 10, 11, 77, '[]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, 77, NULL, NULL, NULL),"
	"(12, 'ready-1', 1, 3, 1, 5, 8, 25, 1800000, 10, 11, NULL, '[1]', ',\"x\":1', NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
	"(13, 'ready-2', 1, 3, 1, 5, 8, 25, 0, 10, 11, NULL, '[2]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL),"
	"(14, 'ready-first', 2, 3, 1, 9, 0, 25, 0, 10, 11, 9, '[3]', NULL, 1, 1, NULL, 20, NULL, "
	"NULL, NULL, 'w0', 'failed', '{\"message\":\"m\"}'),"
	"(15, 'blocked', 2, 3, 2, 5, 2, 25, 0, 10, 11, NULL, '[]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL),"
	"(16, 'running', 1, 3, 1, 5, 8, 25, 1800000, 10, 11, NULL, '[]', NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
	"(17, 'retry', 1, 3, 4, 5, 0, 25, 0, 10, 11, 88, '[]', NULL, 1, 1, NULL, 20, NULL, NULL, "
	"88, 'w0', 'failed', '{\"message\":\"m\"}'),"
	"(18, 'done', 1, 3, 5, 5, 0, 25, 0, 10, 11, NULL, '[4]', NULL, 1, NULL, NULL, 20, 30, "
	"NULL, "
	"NULL, 'w0', 'done', NULL),"
	"(19, 'done-late', 2, 3, 5, 5, 6, 25, 0, 10, 11, 12, '[]', NULL, 3, 2, 1, 21, 31, 5, NULL, "
	"'w1', 'exit', '{\"message\":\"m\"}'),"
	"(20, 'dead', 1, 3, 6, 5, 0, 0, 0, 10, 11, NULL, '[]', NULL, 1, 1, NULL, 20, 30, NULL, "
	"NULL, 'w0', 'failed', '{}'),"
	"(21, 'cancelled', 1, 3, 7, 5, 1, 0, 0, 10, 11, NULL, '[]', NULL, NULL, NULL, NULL, NULL, "
	"30, NULL, NULL, NULL, 'asked for', NULL)",
	"INSERT INTO ready VALUES(3, 0, -5, 12, 1), (3, 0, -5, 13, 1), (3, 0, -9, 14, 2)",
	"INSERT INTO later VALUES(77, 11), (88, 17)",
	"INSERT INTO running VALUES(16, 'w2', 1, 25, 99, 'cancelled')",
	"INSERT INTO detail(id, gate, block) VALUES(15, 'g', 1)",
	"INSERT INTO detail(id, result) VALUES(19, '{\"n\":7}')",
	"INSERT INTO gate VALUES('g', 1)",
	"INSERT INTO gate_wait VALUES('g', -5, 15)",
	"INSERT INTO attempt(job, number, started_at, ended_at, duration_ms, worker, reason, code, "
	"signal, error, output_bytes, left_out) VALUES(19, 1, 15, 16, 1, 'w1', 'exit', 1, -1, "
	"'e', 0, 0)",
};

/* The same jobs: those that are ready stand together, what became of those that are done stands
 * apart, and who ended without ado is as it was pushed. */
static const char *const version_9[] = {
	"INSERT INTO name(id, text) VALUES(1, 'A'), (2, 'B'), (3, 'default')",
	"INSERT OR REPLACE INTO meta(key, value) VALUES('last_id', 100)",
	"INSERT INTO job VALUES"
	"(11, 'scheduled', 1, 3, 0, 5, 0, 25, 0, 10, 11, 77, '[]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, 77, NULL, NULL, NULL),"
	"(12, 'ready-1', 1, 3, 1, 5, 8, 25, 1800000, 10, 11, NULL, '[1]', ',\"x\":1', NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
	"(13, 'ready-2', 1, 3, 1, 5, 8, 25, 0, 10, 11, NULL, '[2]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL),"
	"(14, 'ready-first', 2, 3, 1, 9, 0, 25, 0, 10, 11, 9, '[3]', NULL, 1, 1, NULL, 20, NULL, "
	"NULL, NULL, 'w0', 'failed', '{\"message\":\"m\"}'),"
	"(15, 'blocked', 2, 3, 2, 5, 2, 25, 0, 10, 11, NULL, '[]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL),"
	"(16, 'running', 1, 3, 1, 5, 8, 25, 1800000, 10, 11, NULL, '[]', NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
	"(17, 'retry', 1, 3, 4, 5, 0, 25, 0, 10, 11, 88, '[]', NULL, 1, 1, NULL, 20, NULL, NULL, "
	"88, 'w0', 'failed', '{\"message\":\"m\"}'),"
	"(18, 'done', 1, 3, 1, 5, 8, 25, 0, 10, 11, NULL, '[4]', NULL, NULL, NULL, NULL, NULL, "
	"NULL, NULL, NULL, NULL, NULL, NULL),"
	"(19, 'done-late', 2, 3, 1, 5, 2, 25, 0, 10, 11, 12, '[]', NULL, 2, 2, 1, 20, NULL, 5, "
	"NULL, 'w0', 'exit', '{\"message\":\"m\"}'),"
	"(20, 'dead', 1, 3, 6, 5, 0, 0, 0, 10, 11, NULL, '[]', NULL, 1, 1, NULL, 20, 30, NULL, "
	"NULL, 'w0', 'failed', '{}'),"
	"(21, 'cancelled', 1, 3, 7, 5, 1, 0, 0, 10, 11, NULL, '[]', NULL, NULL, NULL, NULL, NULL, "
	"30, NULL, NULL, NULL, 'asked for', NULL)",
	"INSERT INTO ready VALUES(3, 0, -5, 13, 12, 1), (3, 0, -9, 14, 14, 2)",
	"INSERT INTO later VALUES(77, 11), (88, 17)",
	"INSERT INTO running VALUES(16, 'w2', 1, 25, 99, 'cancelled')",
	"INSERT INTO done VALUES(1, 18, 3, 0, 1, 20, 30, 'w0', 'done'), "
	"(2, 19, 3, 6, 3, 21, 31, 'w1', 'exit')",
	"INSERT INTO detail(id, gate, block) VALUES(15, 'g', 1)",
	"INSERT INTO detail(id, result) VALUES(19, '{\"n\":7}')",
	"INSERT INTO gate VALUES('g', 1)",
	"INSERT INTO gate_wait VALUES('g', -5, 15)",
	"INSERT INTO attempt(job, number, started_at, ended_at, duration_ms, worker, reason, code, "
	"signal, error, output_bytes, left_out) VALUES(19, 1, 15, 16, 1, 'w1', 'exit', 1, -1, "
	"'e', 0, 0)",
};

static const struct past pasts[] = {
	{7,  version_7, sizeof(version_7) / sizeof(version_7[0])},
	{ 9, version_9, sizeof(version_9) / sizeof(version_9[0])},
};

static const struct {
	const char *jid;
	enum job_state state;
} jobs[] = {
	{"scheduled",    JOB_SCHEDULED},
	{ "ready-1",     JOB_READY    },
	{ "ready-2",     JOB_READY    },
	{ "ready-first", JOB_READY    },
	{ "blocked",     JOB_BLOCKED  },
	{ "running",     JOB_RUNNING  },
	{ "retry",       JOB_RETRY    },
	{ "done",        JOB_DONE     },
	{ "done-late",   JOB_DONE     },
	{ "dead",        JOB_DEAD     },
	{ "cancelled",   JOB_CANCELLED},
};
#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

static struct store *
open_past(void **state, const struct past *past)
{
	char error[STORE_ERROR_MAX] = "";
	struct store *store = *state;
	struct db *db;

	store->ops->close(store);
	unlink(stores_path);
	assert_non_null(db = db_open(stores_path, 100, store_migrations, past->version,
			    past->statements, past->count, error));
	assert_int_equal(db_begin(db), DB_DONE);
	for (size_t i = 0; i < past->count; i++)
		assert_int_equal(db_run(db, i, ""), DB_DONE);
	assert_int_equal(db_commit(db), DB_DONE);
	db_close(db);
	*state = store = store_sqlite_open(stores_path, 100, error);
	assert_string_equal(error, "");
	assert_non_null(store);
	return store;
}

static struct job
get(struct store *store, const char *jid)
{
	struct job job;

	DO(store->ops->job_get(store, jid, &job));
	return job;
}

static void
every_job_is_in_its_state(void **state, const struct past *past)
{
	struct store *store = open_past(state, past);
	int64_t counts[JOB_STATE_COUNT], wanted[JOB_STATE_COUNT] = { 0 };

	for (size_t i = 0; i < JOBS; i++) {
		struct job job = get(store, jobs[i].jid);

		assert_int_equal(job.state, jobs[i].state);
		assert_int_equal(job.created_at.us, 10);
		assert_string_equal(job.queue, "default");
		wanted[jobs[i].state]++;
		job_clear(&job);
	}
	DO(store->ops->job_count(store, NULL, counts));
	assert_memory_equal(counts, wanted, sizeof(counts));
	DO(store->ops->inspect(store));
}

static void
what_was_pushed_is_known(void **state, const struct past *past)
{
	struct store *store = open_past(state, past);
	struct job job = get(store, "ready-1");

	assert_string_equal(job.type, "A");
	assert_string_equal(job.args, "[1]");
	assert_string_equal(job.extra, ",\"x\":1");
	assert_int_equal(job.priority, 5);
	assert_int_equal(job.retries, 25);
	assert_int_equal(job.reserve_ms, 1800000);
	assert_int_equal(job.enqueued_at.us, 11);
	assert_int_equal(job.run_at.us, 11);
	assert_false(job.builtin);
	job_clear(&job);
	job = get(store, "ready-first");
	assert_string_equal(job.type, "B");
	assert_int_equal(job.priority, 9);
	assert_int_equal(job.enqueued_at.us, 11);
	assert_int_equal(job.run_at.us, 9);
	assert_int_equal(job.failures, 1);
	assert_string_equal(job.failure, "{\"message\":\"m\"}");
	job_clear(&job);
	job = get(store, "cancelled");
	assert_true(job.builtin);
	assert_int_equal(job.retries, 0);
	assert_string_equal(job.reason, "asked for");
	job_clear(&job);
	job = get(store, "blocked");
	assert_string_equal(job.gate, "g");
	assert_int_equal(job.block, JOB_BLOCK_GATE);
	job_clear(&job);
}

static void
what_befell_them_is_known(void **state, const struct past *past)
{
	struct store *store = open_past(state, past);
	struct job job = get(store, "done-late");

	assert_int_equal(job.attempts, 3);
	assert_int_equal(job.failures, 2);
	assert_int_equal(job.crashes, 1);
	assert_int_equal(job.run_at.us, 12);
	assert_int_equal(job.started_at.us, 21);
	assert_int_equal(job.finished_at.us, 31);
	assert_int_equal(job.due_at.us, 5);
	assert_true(job.recorded);
	assert_string_equal(job.last_worker, "w1");
	assert_string_equal(job.reason, "exit");
	assert_string_equal(job.failure, "{\"message\":\"m\"}");
	assert_string_equal(job.result, "{\"n\":7}");
	job_clear(&job);
	job = get(store, "done");
	assert_int_equal(job.attempts, 1);
	assert_int_equal(job.finished_at.us, 30);
	assert_string_equal(job.args, "[4]");
	assert_string_equal(job.reason, "done");
	job_clear(&job);
	job = get(store, "running");
	assert_string_equal(job.worker, "w2");
	assert_string_equal(job.order, "cancelled");
	assert_int_equal(job.wake_at.us, 99);
	job_clear(&job);
}

/* Takes the next one. */
static void
next_is(struct store *store, const char *jid)
{
	struct job job;

	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, jid);
	job_move(&job, JOB_EVENT_TAKE);
	job.worker = "w3";
	DO(store->ops->job_start(store, &job));
	job_clear(&job);
}

static void
they_go_on_from_there(void **state, const struct past *past)
{
	struct store *store = open_past(state, past);
	struct job job;

	next_is(store, "ready-first");
	next_is(store, "ready-1");
	next_is(store, "ready-2");
	assert_int_equal(store->ops->job_first(store, "default", false, &job), STORE_NONE);
	DO(store->ops->job_due(store, (struct walltime){ 80 }, &job));
	assert_string_equal(job.jid, "scheduled");
	job_clear(&job);
	job = get(store, "running");
	job_move(&job, JOB_EVENT_SUCCEED);
	job.worker = "";
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	job = get(store, "running");
	assert_int_equal(job.state, JOB_DONE);
	job_clear(&job);
	job = get(store, "retry");
	assert_int_equal(job.run_at.us, 88);
	job_move(&job, JOB_EVENT_DUE);
	job.wake_at.us = 0;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	next_is(store, "retry");
}

/* No table has a row of these jobs. */
static void
nothing_is_left(void **state, const char *ids)
{
	static const char *const tables[] = { "job", "course", "done", "detail" };
	char sql[4][100], error[STORE_ERROR_MAX] = "";
	const char *statements[4];
	struct store *store = *state;
	struct db *db;

	for (size_t i = 0; i < 4; i++) {
		snprintf(sql[i], sizeof(sql[i]), "SELECT count(*) FROM %s WHERE id IN %s",
		    tables[i], ids);
		statements[i] = sql[i];
	}
	store->ops->close(store);
	db = db_open(
	    stores_path, 100, store_migrations, store_migration_count, statements, 4, error);
	assert_string_equal(error, "");
	for (size_t i = 0; i < 4; i++) {
		struct db_query *query = db_query(db, i, "");

		assert_int_equal(db_step(db, query), DB_ROW);
		assert_int_equal(db_int(query, 0), 0);
		db_reset(query);
	}
	db_close(db);
	*state = store_sqlite_open(stores_path, 100, error);
}

static void
finished_ones_are_forgotten(void **state, const struct past *past)
{
	struct store *store = open_past(state, past);
	struct job_trim trim = { .type = "B", .state = JOB_DONE, .limit = 100 };
	int64_t removed;
	struct job job;

	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 1);
	trim.type = "A";
	DO(store->ops->job_trim(store, &trim, &removed));
	assert_int_equal(removed, 1);
	DO(store->ops->commit(store));
	assert_int_equal(store->ops->job_get(store, "done-late", &job), STORE_NONE);
	assert_int_equal(store->ops->job_get(store, "done", &job), STORE_NONE);
	job = get(store, "dead");
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	DO(store->ops->commit(store));
	assert_int_equal(store->ops->job_get(store, "dead", &job), STORE_NONE);
	nothing_is_left(state, "(18, 19, 20)");
}

#define ON_EACH(test)                                                                              \
	static void test##_since_7(void **state)                                                   \
	{                                                                                          \
		test(state, &pasts[0]);                                                            \
	}                                                                                          \
	static void test##_since_9(void **state)                                                   \
	{                                                                                          \
		test(state, &pasts[1]);                                                            \
	}

ON_EACH(every_job_is_in_its_state)
ON_EACH(what_was_pushed_is_known)
ON_EACH(what_befell_them_is_known)
ON_EACH(they_go_on_from_there)
ON_EACH(finished_ones_are_forgotten)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(every_job_is_in_its_state_since_7),
		ON_SQLITE(what_was_pushed_is_known_since_7),
		ON_SQLITE(what_befell_them_is_known_since_7),
		ON_SQLITE(they_go_on_from_there_since_7),
		ON_SQLITE(finished_ones_are_forgotten_since_7),
		ON_SQLITE(every_job_is_in_its_state_since_9),
		ON_SQLITE(what_was_pushed_is_known_since_9),
		ON_SQLITE(what_befell_them_is_known_since_9),
		ON_SQLITE(they_go_on_from_there_since_9),
		ON_SQLITE(finished_ones_are_forgotten_since_9),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
