/* Finished jobs that are forgotten. */
#include <string.h>

#include "store_sqlite.h"

#define TRIM_BATCH 128

/* What must be known of a job to forget it. */
struct trimmed {
	int64_t id, queue, hash; /* of its jid */
	bool simple; /* nothing but its row is there, and those in `course` and `done` */
	bool course; /* it has one there */
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
forget_simple(
    struct store_sqlite *s, const struct trimmed *trimmed, struct name *type, enum job_state state)
{
	tally_change(s, name_by_id(s, trimmed->queue), type, false, state, -1);
	return jid_remove(s, trimmed->hash, trimmed->id);
}

/* Jobs whose ids follow each other go with one statement. */
static enum store_result
delete_jobs(struct store_sqlite *s, const struct trimmed *rows, size_t count)
{
	for (size_t first = 0, next; first < count; first = next) {
		int64_t from = rows[first].id;
		bool course = rows[first].course;

		for (next = first + 1; next < count && rows[next].id == rows[next - 1].id + 1;
		     next++)
			course |= rows[next].course;
		if (db_run(s->db, SQL_TRIM_JOB_DELETE, "ii", from, rows[next - 1].id) != DB_DONE ||
		    (course && db_run(s->db, SQL_TRIM_COURSE_DELETE, "ii", from,
				   rows[next - 1].id) != DB_DONE))
			return store_fail(s);
	}
	return STORE_OK;
}

/* They are the oldest of their kind without a gap. */
static enum store_result
delete_rows(struct store_sqlite *s, const struct trimmed *rows, size_t count, int64_t type,
    enum job_state state)
{
	int64_t last = rows[count - 1].id;
	enum db_result result;

	if (state == JOB_DONE)
		result = db_run(s->db, SQL_TRIM_DONE_DELETE, "ii", type, last);
	else
		result = db_run(s->db, SQL_TRIM_DELETE, "iii", (int64_t)state, type, last);
	return result == DB_DONE ? delete_jobs(s, rows, count) : store_fail(s);
}

static enum store_result
trim_all(struct store_sqlite *s, const struct trimmed *rows, size_t count, struct name *type,
    enum job_state state)
{
	for (size_t i = 0; i < count; i++)
		if (!rows[i].simple && trim_one(&s->store, &rows[i]) != STORE_OK)
			return STORE_FAILED;
	if (delete_rows(s, rows, count, type->id, state) != STORE_OK)
		return STORE_FAILED;
	for (size_t i = 0; i < count; i++)
		if (rows[i].simple && forget_simple(s, &rows[i], type, state) != STORE_OK)
			return STORE_FAILED;
	return STORE_OK;
}

static struct db_query *
oldest(struct store_sqlite *s, enum job_state state, int64_t type, int64_t limit)
{
	if (state == JOB_DONE)
		return db_query(s->db, SQL_TRIM_DONE, "ii", type, limit);
	return db_query(s->db, SQL_TRIM, "iii", (int64_t)state, type, limit);
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

	query = oldest(s, trim->state, type->id, limit < TRIM_BATCH ? limit : TRIM_BATCH);
	while ((result = db_step(s->db, query)) == DB_ROW && count < TRIM_BATCH) {
		if (walltime_is_set(before) && db_int(query, 1) >= before.us) {
			result = DB_DONE;
			break;
		}
		rows[count++] = (struct trimmed){ .id = db_int(query, 0),
			.queue = db_int(query, 2),
			.hash = jid_table_hash(db_text(query, 4)),
			.simple = !job_flags_have_more(db_int(query, 3)) && db_is_null(query, 5),
			.course =
			    trim->state == JOB_DONE && job_flags_have_course(db_int(query, 3)) };
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
