#include <string.h>

#include "store_sqlite.h"

/* Gates. */

enum store_result
gate_change(struct store_sqlite *s, const char *gate, int64_t add)
{
	if (db_run(s->db, SQL_GATE_ADD, "ti", gate, add) != DB_DONE ||
	    (add < 0 && db_run(s->db, SQL_GATE_CLEAN, "t", gate) != DB_DONE))
		return store_fail(s);
	return STORE_OK;
}

enum store_result
sqlite_gate_active(struct store *store, const char *gate, int64_t limit, int64_t *active)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_GATE_GET, "t", gate);
	enum db_result result = db_step(s->db, query);

	*active = result == DB_ROW ? db_int(query, 0) : 0;
	if (*active > limit)
		*active = limit;
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
sqlite_gate_next(struct store *store, const char *gate, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);

	return store_job_one(s, db_query(s->db, SQL_GATE_NEXT, "t", gate), job);
}

/* Unique keys. */

enum store_result
sqlite_unique_get(struct store *store, const char *key, int64_t *id, struct walltime *until)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_UNIQUE_GET, "t", key);
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW) {
		*id = db_int(query, 0);
		until->us = db_int(query, 1);
	}
	return store_row_end(s, query, result);
}

enum store_result
sqlite_unique_put(struct store *store, const char *key, int64_t id, struct walltime until)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s, db_run(s->db, SQL_UNIQUE_PUT, "tii", key, id, until.us));
}

enum store_result
sqlite_unique_drop(struct store *store, const char *key, int64_t id)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s, db_run(s->db, SQL_UNIQUE_DROP, "ti", key, id));
}

enum store_result
sqlite_unique_trim(struct store *store, struct walltime now, int64_t limit)
{
	return store_change(sqlite_self(store), SQL_UNIQUE_TRIM, "ii", now.us, limit);
}

/* Jobs that wait for others.  Where nobody waits nothing is looked up. */

enum store_result
after_load(struct store_sqlite *s)
{
	struct db_query *query = db_query(s->db, SQL_AFTER_COUNT, "");
	enum db_result result = db_step(s->db, query);

	s->after_rows = result == DB_ROW && db_int(query, 0) > 0;
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
sqlite_after_add(struct store *store, int64_t id, int64_t awaited)
{
	struct store_sqlite *s = sqlite_self(store);

	s->after_rows = true;
	return store_change(s, SQL_AFTER_ADD, "ii", awaited, id);
}

enum store_result
sqlite_after_next(struct store *store, int64_t awaited, int64_t *id)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query;
	enum db_result result;

	if (!s->after_rows)
		return STORE_NONE;
	query = db_query(s->db, SQL_AFTER_NEXT, "i", awaited);
	if ((result = db_step(s->db, query)) == DB_ROW)
		*id = db_int(query, 0);
	return store_row_end(s, query, result);
}

enum store_result
sqlite_after_drop(struct store *store, int64_t id, int64_t awaited, int64_t *left)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query;
	enum db_result result;

	if (store_change(s, SQL_AFTER_DROP, "ii", awaited, id) != STORE_OK)
		return STORE_FAILED;
	query = db_query(s->db, SQL_AFTER_LEFT, "i", id);
	if ((result = db_step(s->db, query)) == DB_ROW)
		*left = db_int(query, 0);
	return store_row_end(s, query, result);
}

enum store_result
sqlite_after_first(struct store *store, int64_t id, int64_t *awaited)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_AFTER_FIRST, "i", id);
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW)
		*awaited = db_int(query, 0);
	return store_row_end(s, query, result);
}

/* Batches. */

enum store_result
sqlite_batch_put(struct store *store, const struct batch *batch)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_BATCH_PUT, "tTTTTiiiiiiiiiiT", batch->bid, batch->parent,
		   batch->description, batch->complete, batch->success, batch->created_at.us,
		   batch->total, batch->pending, batch->failed, batch->children_open,
		   batch->children_unfinished, (int64_t)batch->committed, batch->complete_state,
		   batch->success_state, batch->finished_at.us, batch->tag));
}

static int
batch_read(struct db_query *query, struct batch *batch)
{
	const char **const fields[] = { &batch->bid, &batch->parent, &batch->description,
		&batch->complete, &batch->success, &batch->tag };

	batch_init(batch);
	for (int i = 0; i < 6; i++)
		if (text_keep(&batch->memory, fields[i], db_text(query, i), db_len(query, i)) == -1)
			return -1;
	batch->created_at.us = db_int(query, 6);
	batch->total = db_int(query, 7);
	batch->pending = db_int(query, 8);
	batch->failed = db_int(query, 9);
	batch->children_open = db_int(query, 10);
	batch->children_unfinished = db_int(query, 11);
	batch->committed = db_int(query, 12) != 0;
	batch->complete_state = db_int(query, 13);
	batch->success_state = db_int(query, 14);
	batch->finished_at.us = db_int(query, 15);
	return 0;
}

static enum store_result
batch_one(struct store_sqlite *s, struct db_query *query, struct batch *batch)
{
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW && batch_read(query, batch) == -1) {
		db_reset(query);
		batch_clear(batch);
		return store_no_memory(s);
	}
	return store_row_end(s, query, result);
}

enum store_result
sqlite_batch_get(struct store *store, const char *bid, struct batch *batch)
{
	struct store_sqlite *s = sqlite_self(store);

	return batch_one(s, db_query(s->db, SQL_BATCH_GET, "t", bid), batch);
}

enum store_result
sqlite_batch_stale(struct store *store, struct walltime older_than, struct batch *batch)
{
	struct store_sqlite *s = sqlite_self(store);

	return batch_one(s, db_query(s->db, SQL_BATCH_STALE, "i", older_than.us), batch);
}

enum store_result
sqlite_batch_delete(struct store *store, const char *bid)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s, db_run(s->db, SQL_BATCH_DELETE, "t", bid));
}

enum store_result
sqlite_batch_list(
    struct store *store, const struct batch_filter *filter, store_batch_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query =
	    db_query(s->db, SQL_BATCH_LIST, "tti", filter->before, filter->tag, filter->limit);
	enum db_result result = DB_DONE;
	struct batch batch;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		if (batch_read(query, &batch) == -1) {
			db_reset(query);
			batch_clear(&batch);
			return store_no_memory(s);
		}
		more = fn(arg, &batch);
		batch_clear(&batch);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_batch_trim(struct store *store, struct walltime older_than, int64_t limit)
{
	return store_change(sqlite_self(store), SQL_BATCH_TRIM, "ii", older_than.us, limit);
}
