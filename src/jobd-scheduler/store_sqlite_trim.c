/* Finished jobs that are forgotten. */
#include <stdio.h>
#include <string.h>

#include "store_sqlite.h"

#define TRIM_BATCH 128

/* What must be known of a plain job to forget it. */
struct trimmed {
	int64_t id, queue;
	bool plain; /* nothing but its row is there */
	char jid[JOB_JID_MAX + 1];
};

static enum store_result
trim_one(struct store *store, const struct trimmed *trimmed)
{
	struct job job;
	enum store_result result = sqlite_job_get_id(store, trimmed->id, &job);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	result = sqlite_job_delete(store, &job);
	job_clear(&job);
	return result;
}

static enum store_result
forget_plain(
    struct store_sqlite *s, const struct trimmed *trimmed, struct name *type, enum job_state state)
{
	struct job job = { .jid = trimmed->jid, .id = trimmed->id };

	tally_change(s, name_by_id(s, trimmed->queue), type, false, state, -1);
	return jid_remove(s, &job);
}

/* They are the oldest of their kind without a gap: the rows of the plain ones go at once. */
static enum store_result
trim_all(struct store_sqlite *s, const struct trimmed *rows, size_t count, struct name *type,
    enum job_state state)
{
	for (size_t i = 0; i < count; i++)
		if (!rows[i].plain && trim_one(&s->store, &rows[i]) != STORE_OK)
			return STORE_FAILED;
	if (db_run(s->db, SQL_TRIM_DELETE, "iii", (int64_t)state, type->id, rows[count - 1].id) !=
	    DB_DONE)
		return store_fail(s);
	for (size_t i = 0; i < count; i++)
		if (rows[i].plain && forget_plain(s, &rows[i], type, state) != STORE_OK)
			return STORE_FAILED;
	return STORE_OK;
}

/* The oldest of them, up to `limit`; if `before` is set, up to the first that ended after it: what
 * is behind one that took long is found in passing, see queue_sweep(). */
static enum store_result
trim_oldest(struct store *store, const struct job_trim *trim, struct name *type, int64_t limit,
    struct walltime before, int64_t *removed)
{
	struct store_sqlite *s = sqlite_self(store);
	struct trimmed rows[TRIM_BATCH];
	struct db_query *query;
	enum db_result result;
	size_t count = 0;

	if (limit > TRIM_BATCH)
		limit = TRIM_BATCH;
	query = db_query(s->db, SQL_TRIM, "iii", (int64_t)trim->state, type->id, limit);
	while ((result = db_step(s->db, query)) == DB_ROW && count < TRIM_BATCH) {
		struct trimmed *row = &rows[count];

		if (walltime_is_set(before) && db_int(query, 1) >= before.us) {
			result = DB_DONE;
			break;
		}
		*row = (struct trimmed){ .id = db_int(query, 0),
			.queue = db_int(query, 2),
			.plain = db_int(query, 3) <= 1 && db_is_null(query, 5) };
		snprintf(row->jid, sizeof(row->jid), "%s", db_text(query, 4));
		count++;
	}
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	*removed += (int64_t)count;
	if (count == 0)
		return STORE_OK;
	if (store_begin_end(s) != STORE_OK)
		return STORE_FAILED;
	return trim_all(s, rows, count, type, trim->state);
}

enum store_result
sqlite_job_trim(struct store *store, const struct job_trim *trim, int64_t *removed)
{
	struct store_sqlite *s = sqlite_self(store);
	const struct walltime any = { 0 };
	enum store_result result = STORE_OK;
	struct name *type;
	int64_t excess;

	*removed = 0;
	if (name_of(s, trim->type, false, &type) != STORE_OK)
		return STORE_OK;
	excess = type->type_states[trim->state] - trim->keep;
	if (excess > 0)
		result = trim_oldest(
		    store, trim, type, excess < trim->limit ? excess : trim->limit, any, removed);
	if (result == STORE_OK && *removed < trim->limit && walltime_is_set(trim->older_than) &&
	    type->type_states[trim->state] > 0)
		result = trim_oldest(
		    store, trim, type, trim->limit - *removed, trim->older_than, removed);
	return result;
}
