#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

static const struct store_ops sqlite_ops;

static enum store_result memory_load(struct store_sqlite *);
static void sqlite_close(struct store *);

struct store *
store_sqlite_open(const char *path, int64_t timeout_ms, char *error)
{
	struct store_sqlite *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		snprintf(error, STORE_ERROR_MAX, "%s: out of memory", path);
		return NULL;
	}
	RB_INIT(&s->running);
	RB_INIT(&s->wakes);
	TAILQ_INIT(&s->fresh);
	s->store.ops = &sqlite_ops;
	s->db = db_open(
	    path, timeout_ms, store_migrations, store_migration_count, store_sql, SQL_COUNT, error);
	if (s->db == NULL) {
		free(s);
		return NULL;
	}
	if (names_load(s) != STORE_OK || memory_load(s) != STORE_OK) {
		snprintf(error, STORE_ERROR_MAX, "%s", s->store.error);
		sqlite_close(&s->store);
		return NULL;
	}
	return &s->store;
}

static void
sqlite_close(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store->owes && !store->broken) {
		db_rollback(s->db);
		stat_rollback(s);
		if (sqlite_settle(store) == STORE_OK)
			db_commit(s->db);
	}
	sqlite_backup_end(store);
	running_clear(s);
	jid_clear(s);
	names_clear(s);
	db_close(s->db);
	free(store);
}

/* One number; 0 if there is none. */
static enum store_result
number_get(struct store_sqlite *s, struct db_query *query, int64_t *value)
{
	enum db_result result = db_step(s->db, query);

	*value = result == DB_ROW ? db_int(query, 0) : 0;
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

static enum store_result
meta_get(struct store_sqlite *s, const char *key, int64_t *value)
{
	return number_get(s, db_query(s->db, SQL_META_GET, "t", key), value);
}

/* Everything that is held in memory, as it stands in the database. */
static enum store_result
memory_load(struct store_sqlite *s)
{
	int64_t reserved, merged, last;

	if (meta_get(s, "last_id", &reserved) != STORE_OK ||
	    number_get(s, db_query(s->db, SQL_JOB_LAST, ""), &last) != STORE_OK ||
	    meta_get(s, "merged_id", &merged) != STORE_OK || jid_load(s, merged) != STORE_OK ||
	    running_load(s) != STORE_OK || tally_load(s) != STORE_OK || stat_load(s) != STORE_OK ||
	    after_load(s) != STORE_OK)
		return STORE_FAILED;
	/* Of what is left of the block nothing may have been committed, or all of it.  Jobs beyond
	 * it are somebody else's work: new ones must come behind them all the same. */
	s->last_id = s->reserved_id = reserved > last ? reserved : last;
	s->changing = false;
	return STORE_OK;
}

enum store_result
store_fail(struct store_sqlite *s)
{
	snprintf(s->store.error, sizeof(s->store.error), "%s", db_error(s->db));
	s->store.broken = db_is_broken(s->db);
	return STORE_FAILED;
}

enum store_result
store_no_memory(struct store_sqlite *s)
{
	snprintf(s->store.error, sizeof(s->store.error), "out of memory");
	return STORE_FAILED;
}

enum store_result
store_result_of(struct store_sqlite *s, enum db_result result)
{
	if (result == DB_CONFLICT)
		return STORE_EXISTS;
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
store_begin(struct store_sqlite *s)
{
	durability_change(&s->store.durability);
	return db_begin(s->db) == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
store_begin_end(struct store_sqlite *s)
{
	durability_end(&s->store.durability);
	return db_begin(s->db) == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
store_begin_push(struct store_sqlite *s)
{
	durability_push(&s->store.durability);
	return db_begin(s->db) == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
store_begin_claim(struct store_sqlite *s)
{
	durability_claim(&s->store.durability);
	return db_begin(s->db) == DB_FAILED ? store_fail(s) : STORE_OK;
}

/* The parameters are handed on one by one: a va_list can't be made anew. */
enum store_result
store_change(struct store_sqlite *s, enum sql sql, const char *types, ...)
{
	int64_t numbers[6] = { 0 };
	va_list ap;

	va_start(ap, types);
	for (size_t i = 0; types[i] != '\0'; i++)
		numbers[i] = va_arg(ap, int64_t);
	va_end(ap);
	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s, db_run(s->db, sql, types, numbers[0], numbers[1], numbers[2],
				      numbers[3], numbers[4], numbers[5]));
}

enum store_result
store_row_end(struct store_sqlite *s, struct db_query *query, enum db_result result)
{
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	return result == DB_ROW ? STORE_OK : STORE_NONE;
}

enum store_result
store_list_end(struct store_sqlite *s, struct db_query *query, enum db_result result)
{
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

static enum store_result
sqlite_commit(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);
	enum db_result result;

	if (ready_write(s) != STORE_OK || running_write(s) != STORE_OK)
		return STORE_FAILED;
	result = durability_waits(&store->durability) ? db_commit(s->db) : db_commit_soon(s->db);
	if (result != DB_DONE)
		return store_fail(s);
	durability_commit(&store->durability);
	names_commit(s);
	stat_commit(s);
	s->changing = false;
	return STORE_OK;
}

static enum store_result
sqlite_sync(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	if (db_sync(s->db) != DB_DONE)
		return store_fail(s);
	durability_sync(&store->durability);
	return STORE_OK;
}

/* What can't be read anew makes the store useless: it is opened again. */
static void
sqlite_rollback(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	durability_rollback(&store->durability);
	db_rollback(s->db);
	names_rollback(s);
	stat_rollback(s);
	s->ready_held = 0;
	head_forget(s);
	later_forget(s);
	if (s->changing && !store->broken && memory_load(s) != STORE_OK)
		store->broken = true;
}

static enum store_result
sqlite_check(struct store *store)
{
	return db_is_in_place(sqlite_self(store)->db) ? STORE_OK : store_fail(sqlite_self(store));
}

static enum store_result
sqlite_probe(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_META_PUT, "ti", "probe", (int64_t)arc4random()));
}

static void
sqlite_patience(struct store *store, int64_t timeout_ms)
{
	db_set_timeout(sqlite_self(store)->db, timeout_ms);
}

static const struct store_ops sqlite_ops = {
	.commit = sqlite_commit,
	.sync = sqlite_sync,
	.rollback = sqlite_rollback,
	.close = sqlite_close,
	.settle = sqlite_settle,
	.check = sqlite_check,
	.probe = sqlite_probe,
	.patience = sqlite_patience,
	.flush = sqlite_flush,
	.names_fit = sqlite_names_fit,
	.job_add = sqlite_job_add,
	.job_get = sqlite_job_get,
	.job_get_id = sqlite_job_get_id,
	.job_get_brief = sqlite_job_get_brief,
	.job_save = sqlite_job_save,
	.job_start = sqlite_job_start,
	.job_delete = sqlite_job_delete,
	.job_first = sqlite_job_first,
	.job_due = sqlite_job_due,
	.job_next_wake = sqlite_job_next_wake,
	.job_list = sqlite_job_list,
	.job_count = sqlite_job_count,
	.job_active = sqlite_job_active,
	.job_trim = sqlite_job_trim,
	.gate_active = sqlite_gate_active,
	.gate_next = sqlite_gate_next,
	.unique_get = sqlite_unique_get,
	.unique_put = sqlite_unique_put,
	.unique_drop = sqlite_unique_drop,
	.unique_trim = sqlite_unique_trim,
	.after_add = sqlite_after_add,
	.after_next = sqlite_after_next,
	.after_drop = sqlite_after_drop,
	.after_first = sqlite_after_first,
	.batch_put = sqlite_batch_put,
	.batch_get = sqlite_batch_get,
	.batch_list = sqlite_batch_list,
	.batch_trim = sqlite_batch_trim,
	.batch_stale = sqlite_batch_stale,
	.batch_delete = sqlite_batch_delete,
	.attempt_add = sqlite_attempt_add,
	.attempt_list = sqlite_attempt_list,
	.schedule_get = sqlite_schedule_get,
	.schedule_put = sqlite_schedule_put,
	.schedule_retire = sqlite_schedule_retire,
	.tick_add = sqlite_tick_add,
	.tick_skip = sqlite_tick_skip,
	.tick_list = sqlite_tick_list,
	.tick_trim = sqlite_tick_trim,
	.routine_put = sqlite_routine_put,
	.routine_get = sqlite_routine_get,
	.routine_delete = sqlite_routine_delete,
	.routine_next = sqlite_routine_next,
	.routine_list = sqlite_routine_list,
	.routine_rewind = sqlite_routine_rewind,
	.routine_tick_add = sqlite_routine_tick_add,
	.routine_tick_skip = sqlite_routine_tick_skip,
	.routine_tick_list = sqlite_routine_tick_list,
	.routine_tick_trim = sqlite_routine_tick_trim,
	.exit_add = sqlite_exit_add,
	.exit_list = sqlite_exit_list,
	.exit_trim = sqlite_exit_trim,
	.note_put = sqlite_note_put,
	.note_list = sqlite_note_list,
	.figure_put = sqlite_figure_put,
	.figure_get = sqlite_figure_get,
	.figure_list = sqlite_figure_list,
	.figure_trim = sqlite_figure_trim,
	.audit_add = sqlite_audit_add,
	.audit_save = sqlite_audit_save,
	.audit_list = sqlite_audit_list,
	.audit_trim = sqlite_audit_trim,
	.queue_put = sqlite_queue_put,
	.queue_list = sqlite_queue_list,
	.queue_size = sqlite_queue_size,
	.stat_add = sqlite_stat_add,
	.stat_list = sqlite_stat_list,
	.stat_total = sqlite_stat_total,
	.inspect = sqlite_inspect,
	.path = sqlite_path,
	.bytes = sqlite_bytes,
	.backup_begin = sqlite_backup_begin,
	.backup_step = sqlite_backup_step,
	.backup_end = sqlite_backup_end,
	.vacuum = sqlite_vacuum,
};
