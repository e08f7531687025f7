#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

static const struct store_ops sqlite_ops;

static enum store_result queue_row_add(struct store_sqlite *, const struct job *, int64_t queue);
static enum store_result queue_row_remove(struct store_sqlite *, const struct job *);
static enum store_result job_read_one(struct store_sqlite *, struct db_query *, struct job *);
static int job_read(struct db_query *, struct job *);
static void names_forget(struct store_sqlite *);

static struct store_sqlite *
self(struct store *store)
{
	return (struct store_sqlite *)store;
}

struct store *
store_sqlite_open(const char *path, int64_t timeout_ms, char *error)
{
	struct store_sqlite *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		snprintf(error, STORE_ERROR_MAX, "%s: out of memory", path);
		return NULL;
	}
	s->db = db_open(
	    path, timeout_ms, store_migrations, store_migration_count, store_sql, SQL_COUNT, error);
	if (s->db == NULL) {
		free(s);
		return NULL;
	}
	s->store.ops = &sqlite_ops;
	return &s->store;
}

static void
sqlite_close(struct store *store)
{
	names_forget(self(store));
	db_close(self(store)->db);
	free(store);
}

enum store_result
store_fail(struct store_sqlite *s)
{
	snprintf(s->store.error, sizeof(s->store.error), "%s", db_error(s->db));
	s->store.broken = db_is_broken(s->db);
	return STORE_FAILED;
}

static enum store_result
out_of_memory(struct store_sqlite *s)
{
	snprintf(s->store.error, sizeof(s->store.error), "out of memory");
	return STORE_FAILED;
}

static enum store_result
sqlite_commit(struct store *store)
{
	return db_commit(self(store)->db) == DB_DONE ? STORE_OK : store_fail(self(store));
}

static void
sqlite_rollback(struct store *store)
{
	db_rollback(self(store)->db);
	names_forget(self(store));
}

static enum store_result
sqlite_check(struct store *store)
{
	return db_is_in_place(self(store)->db) ? STORE_OK : store_fail(self(store));
}

static void
sqlite_patience(struct store *store, int64_t timeout_ms)
{
	db_set_timeout(self(store)->db, timeout_ms);
}

static enum store_result
result_of(struct store_sqlite *s, enum db_result result)
{
	if (result == DB_CONFLICT)
		return STORE_EXISTS;
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

/* The parameters are handed on one by one: a va_list can't be made anew. */
enum store_result
store_change(struct store_sqlite *s, enum sql sql, const char *types, ...)
{
	int64_t numbers[4] = { 0 };
	va_list ap;

	va_start(ap, types);
	for (size_t i = 0; types[i] != '\0'; i++)
		numbers[i] = va_arg(ap, int64_t);
	va_end(ap);
	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	return result_of(
	    s, db_run(s->db, sql, types, numbers[0], numbers[1], numbers[2], numbers[3]));
}

static void
names_forget(struct store_sqlite *s)
{
	for (size_t i = 0; i < s->name_count; i++)
		free(s->names[i].text);
	s->name_count = 0;
}

static void
name_remember(struct store_sqlite *s, const char *text, int64_t id)
{
	if (s->name_count == NAME_CACHE_MAX)
		names_forget(s);
	if ((s->names[s->name_count].text = strdup(text)) != NULL)
		s->names[s->name_count++].id = id;
}

static enum store_result
name_find(struct store_sqlite *s, const char *text, int64_t *id)
{
	struct db_query *query = db_query(s->db, SQL_NAME_GET, "t", text);
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW)
		*id = db_int(query, 0);
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	return result == DB_ROW ? STORE_OK : STORE_NONE;
}

enum store_result
store_name_id(struct store_sqlite *s, const char *text, bool add, int64_t *id)
{
	enum store_result result;

	for (size_t i = 0; i < s->name_count; i++) {
		if (strcmp(s->names[i].text, text) == 0) {
			*id = s->names[i].id;
			return STORE_OK;
		}
	}
	if ((result = name_find(s, text, id)) == STORE_NONE && add) {
		if (db_begin(s->db) == DB_FAILED ||
		    db_run(s->db, SQL_NAME_ADD, "t", text) != DB_DONE)
			return store_fail(s);
		*id = db_last_id(s->db);
		result = STORE_OK;
	}
	if (result == STORE_OK)
		name_remember(s, text, *id);
	return result;
}

static enum store_result
sqlite_job_add(struct store *store, struct job *job)
{
	struct store_sqlite *s = self(store);
	int64_t type, queue;
	enum db_result result;

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	if (store_name_id(s, job->type, true, &type) != STORE_OK ||
	    store_name_id(s, job->queue, true, &queue) != STORE_OK)
		return STORE_FAILED;
	result = db_run(s->db, SQL_JOB_ADD, "tiiiiiiiiiiiiiiiiitttttt", job->jid, type, queue,
	    (int64_t)job->builtin, (int64_t)job->state, job->priority, job->retries, job->attempts,
	    job->failures, job->crashes, job->reserve_ms, job->created_at.us, job->enqueued_at.us,
	    job->run_at.us, job->started_at.us, job->finished_at.us, job->due_at.us,
	    job->wake_at.us, job->worker, job->order, job->reason, job->args, job->extra,
	    job->failure);
	if (result != DB_DONE)
		return result_of(s, result);
	job->id = db_last_id(s->db);
	return queue_row_add(s, job, queue);
}

/* The rows in the small tables that belong to the job's state. */
static enum store_result
queue_row_add(struct store_sqlite *s, const struct job *job, int64_t queue)
{
	enum db_result result = DB_DONE;

	if (job->state == JOB_READY)
		result = db_run(s->db, SQL_READY_ADD, "iiii", queue, (int64_t)job->builtin,
		    job->priority, job->id);
	if (result == DB_DONE && walltime_is_set(job->wake_at))
		result = db_run(s->db, SQL_LATER_ADD, "ii", job->wake_at.us, job->id);
	return result_of(s, result);
}

/* Takes them away again, as they stand in the database. */
static enum store_result
queue_row_remove(struct store_sqlite *s, const struct job *job)
{
	struct db_query *query = db_query(s->db, SQL_JOB_OLD, "i", job->id);
	enum db_result result = db_step(s->db, query);
	int64_t state, queue, builtin, priority, wake_at;

	if (result == DB_ROW) {
		state = db_int(query, 0);
		queue = db_int(query, 1);
		builtin = db_int(query, 2);
		priority = db_int(query, 3);
		wake_at = db_int(query, 4);
	}
	db_reset(query);
	if (result != DB_ROW)
		return result == DB_FAILED ? store_fail(s) : STORE_NONE;
	result = DB_DONE;
	if (state == JOB_READY)
		result = db_run(s->db, SQL_READY_DELETE, "iiii", queue, builtin, priority, job->id);
	if (result == DB_DONE && wake_at != 0)
		result = db_run(s->db, SQL_LATER_DELETE, "ii", wake_at, job->id);
	return result_of(s, result);
}

static enum store_result
sqlite_job_save(struct store *store, struct job *job)
{
	struct store_sqlite *s = self(store);
	enum store_result result;
	int64_t queue;

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	if (store_name_id(s, job->queue, true, &queue) != STORE_OK)
		return STORE_FAILED;
	if ((result = queue_row_remove(s, job)) != STORE_OK)
		return result;
	if (db_run(s->db, SQL_JOB_SAVE, "iiiiiiiiiiiiiitttti", queue, (int64_t)job->state,
		job->priority, job->retries, job->attempts, job->failures, job->crashes,
		job->reserve_ms, job->enqueued_at.us, job->run_at.us, job->started_at.us,
		job->finished_at.us, job->due_at.us, job->wake_at.us, job->worker, job->order,
		job->reason, job->failure, job->id) != DB_DONE)
		return store_fail(s);
	return queue_row_add(s, job, queue);
}

static enum store_result
sqlite_job_delete(struct store *store, const struct job *job)
{
	struct store_sqlite *s = self(store);
	enum store_result result;

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	if ((result = queue_row_remove(s, job)) != STORE_OK)
		return result;
	if (db_run(s->db, SQL_ATTEMPT_DELETE, "i", job->id) != DB_DONE ||
	    db_run(s->db, SQL_JOB_DELETE, "i", job->id) != DB_DONE)
		return store_fail(s);
	return STORE_OK;
}

static enum store_result
sqlite_job_get(struct store *store, const char *jid, struct job *job)
{
	struct store_sqlite *s = self(store);

	return job_read_one(s, db_query(s->db, SQL_JOB_GET, "t", jid), job);
}

static enum store_result
sqlite_job_first(struct store *store, const char *queue_name, bool builtin, struct job *job)
{
	struct store_sqlite *s = self(store);
	int64_t queue;
	enum store_result result = store_name_id(s, queue_name, false, &queue);

	if (result != STORE_OK)
		return result;
	return job_read_one(
	    s, db_query(s->db, SQL_READY_FIRST, "ii", queue, (int64_t)builtin), job);
}

static enum store_result
sqlite_job_due(struct store *store, struct walltime now, struct job *job)
{
	struct store_sqlite *s = self(store);

	return job_read_one(s, db_query(s->db, SQL_LATER_FIRST, "i", now.us), job);
}

static enum store_result
job_read_one(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	enum db_result result = db_step(s->db, query);
	int done = 0;

	if (result == DB_ROW)
		done = job_read(query, job);
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	if (done == -1)
		return out_of_memory(s);
	return result == DB_ROW ? STORE_OK : STORE_NONE;
}

static int
job_read(struct db_query *query, struct job *job)
{
	const char **const texts[] = { &job->worker, &job->order, &job->reason, &job->args,
		&job->extra, &job->failure };

	job_init(job);
	job->id = db_int(query, 0);
	job->state = (enum job_state)db_int(query, 4);
	job->priority = db_int(query, 5);
	job->retries = db_int(query, 6);
	job->attempts = db_int(query, 7);
	job->failures = db_int(query, 8);
	job->crashes = db_int(query, 9);
	job->reserve_ms = db_int(query, 10);
	job->created_at.us = db_int(query, 11);
	job->enqueued_at.us = db_int(query, 12);
	job->run_at.us = db_int(query, 13);
	job->started_at.us = db_int(query, 14);
	job->finished_at.us = db_int(query, 15);
	job->due_at.us = db_int(query, 16);
	job->wake_at.us = db_int(query, 17);
	job->builtin = db_int(query, 24) != 0;
	if (job_set(job, &job->jid, db_text(query, 1)) == -1 ||
	    job_set(job, &job->type, db_text(query, 2)) == -1 ||
	    job_set(job, &job->queue, db_text(query, 3)) == -1)
		goto fail;
	for (int i = 0; i < 6; i++)
		if (job_set(job, texts[i], db_text(query, 18 + i)) == -1)
			goto fail;
	return 0;

fail:
	job_clear(job);
	return -1;
}

static enum store_result
sqlite_job_next_wake(struct store *store, struct walltime *when)
{
	struct store_sqlite *s = self(store);
	struct db_query *query = db_query(s->db, SQL_LATER_NEXT, "");
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW)
		when->us = db_int(query, 0);
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	return result == DB_ROW ? STORE_OK : STORE_NONE;
}

/* The statement that fits the filter best, with its parameters bound. */
static struct db_query *
list_query(struct store_sqlite *s, const struct job_filter *filter, int64_t type, int64_t queue)
{
	static const enum sql statements[2][3] = {
		{SQL_LIST_NEW,  SQL_LIST_STATE_NEW, SQL_LIST_TYPE_NEW},
		{ SQL_LIST_OLD, SQL_LIST_STATE_OLD, SQL_LIST_TYPE_OLD},
	};
	size_t kind = filter->type != NULL ? 2 : filter->states != 0 ? 1 : 0;
	const char *types = kind == 2 ? "iiiiiiiiiii" : "iiiiiiiiii";
	unsigned mask = filter->states != 0 ? filter->states : ~0u;
	int64_t states[JOB_STATE_COUNT];
	struct db_query *query;

	for (int i = 0; i < JOB_STATE_COUNT; i++)
		states[i] = mask & 1u << i ? i : -1;
	query = db_query(s->db, statements[filter->oldest_first][kind], types, states[0], states[1],
	    states[2], states[3], states[4], states[5], states[6], states[7], queue, filter->limit,
	    type);
	return query;
}

static enum store_result
list_rows(struct store_sqlite *s, struct db_query *query, store_job_fn fn, void *arg)
{
	enum store_result done = STORE_OK;
	enum db_result result;
	struct job job;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		if (job_read(query, &job) == -1) {
			done = out_of_memory(s);
			break;
		}
		more = fn(arg, &job);
		job_clear(&job);
	}
	if (more && done == STORE_OK && result == DB_FAILED)
		done = store_fail(s);
	db_reset(query);
	return done;
}

static enum store_result
sqlite_job_list(struct store *store, const struct job_filter *filter, store_job_fn fn, void *arg)
{
	struct store_sqlite *s = self(store);
	int64_t type = 0, queue = 0;
	enum store_result result = STORE_OK;

	if (filter->worker != NULL)
		return list_rows(s,
		    db_query(s->db, SQL_LIST_WORKER, "ti", filter->worker, filter->limit), fn, arg);
	if (filter->type != NULL)
		result = store_name_id(s, filter->type, false, &type);
	if (result == STORE_OK && filter->queue != NULL)
		result = store_name_id(s, filter->queue, false, &queue);
	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	return list_rows(s, list_query(s, filter, type, queue), fn, arg);
}

static enum store_result
sqlite_job_count(
    struct store *store, const struct job_filter *filter, int64_t counts[JOB_STATE_COUNT])
{
	struct store_sqlite *s = self(store);
	struct db_query *query = db_query(s->db, SQL_JOB_COUNT, "");
	enum db_result result;

	(void)filter;
	memset(counts, 0, JOB_STATE_COUNT * sizeof(*counts));
	while ((result = db_step(s->db, query)) == DB_ROW) {
		int64_t state = db_int(query, 0);

		if (state >= 0 && state < JOB_STATE_COUNT)
			counts[state] = db_int(query, 1);
	}
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

static enum store_result
sqlite_job_active(struct store *store, const char *type_name, int64_t *active, int64_t *waiting)
{
	struct store_sqlite *s = self(store);
	struct db_query *query;
	enum db_result result;
	int64_t type;
	enum store_result known = store_name_id(s, type_name, false, &type);

	*active = *waiting = 0;
	if (known != STORE_OK)
		return known == STORE_NONE ? STORE_OK : known;
	query = db_query(s->db, SQL_JOB_ACTIVE, "ii", type, (int64_t)100);
	if ((result = db_step(s->db, query)) == DB_ROW) {
		*active = db_int(query, 0);
		*waiting = db_int(query, 1);
	}
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

#define TRIM_BATCH 64

/* Removes what one statement names, a batch at most. */
static enum store_result
trim_by(struct store_sqlite *s, enum sql sql, const struct job_trim *trim, int64_t type,
    int64_t bound, int64_t *removed)
{
	int64_t ids[TRIM_BATCH], limit = trim->limit < TRIM_BATCH ? trim->limit : TRIM_BATCH;
	struct db_query *query =
	    db_query(s->db, sql, "iiii", (int64_t)trim->state, type, bound, limit);
	enum db_result result;
	size_t count = 0;

	while ((result = db_step(s->db, query)) == DB_ROW && count < TRIM_BATCH)
		ids[count++] = db_int(query, 0);
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	if (count > 0 && db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	for (size_t i = 0; i < count; i++)
		if (db_run(s->db, SQL_ATTEMPT_DELETE, "i", ids[i]) != DB_DONE ||
		    db_run(s->db, SQL_JOB_DELETE, "i", ids[i]) != DB_DONE)
			return store_fail(s);
	*removed += (int64_t)count;
	return STORE_OK;
}

static enum store_result
sqlite_job_trim(struct store *store, const struct job_trim *trim, int64_t *removed)
{
	struct store_sqlite *s = self(store);
	int64_t type;
	enum store_result result = store_name_id(s, trim->type, false, &type);

	*removed = 0;
	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	result = trim_by(s, SQL_TRIM_COUNT, trim, type, trim->keep, removed);
	if (result == STORE_OK && *removed < trim->limit && walltime_is_set(trim->older_than))
		result = trim_by(s, SQL_TRIM_AGE, trim, type, trim->older_than.us, removed);
	return result;
}

static const struct store_ops sqlite_ops = {
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.close = sqlite_close,
	.check = sqlite_check,
	.patience = sqlite_patience,
	.job_add = sqlite_job_add,
	.job_get = sqlite_job_get,
	.job_save = sqlite_job_save,
	.job_delete = sqlite_job_delete,
	.job_first = sqlite_job_first,
	.job_due = sqlite_job_due,
	.job_next_wake = sqlite_job_next_wake,
	.job_list = sqlite_job_list,
	.job_count = sqlite_job_count,
	.job_active = sqlite_job_active,
	.job_trim = sqlite_job_trim,
	.attempt_add = sqlite_attempt_add,
	.attempt_list = sqlite_attempt_list,
	.schedule_get = sqlite_schedule_get,
	.schedule_put = sqlite_schedule_put,
	.schedule_retire = sqlite_schedule_retire,
	.tick_add = sqlite_tick_add,
	.tick_list = sqlite_tick_list,
	.tick_trim = sqlite_tick_trim,
	.exit_add = sqlite_exit_add,
	.exit_list = sqlite_exit_list,
	.exit_trim = sqlite_exit_trim,
	.queue_pause = sqlite_queue_pause,
	.queue_list = sqlite_queue_list,
	.counter_add = sqlite_counter_add,
	.counter_get = sqlite_counter_get,
};
