#include "store_sqlite.h"

/*
 * Jobs that must be looked at later.  When the first of them is due is asked in every turn: it is
 * remembered until that one goes.
 */

enum store_result
later_add(struct store_sqlite *s, const struct job *job)
{
	int64_t at = job->wake_at.us;

	if (!walltime_is_set(job->wake_at))
		return STORE_OK;
	if (s->later_known && (s->later_at == 0 || at < s->later_at))
		s->later_at = at;
	return store_result_of(s, db_run(s->db, SQL_LATER_ADD, "ii", at, job->id));
}

enum store_result
later_remove(struct store_sqlite *s, const struct job *job)
{
	int64_t at = job->stored.wake_at;

	if (at == 0)
		return STORE_OK;
	if (at == s->later_at)
		s->later_known = false;
	return store_result_of(s, db_run(s->db, SQL_LATER_DELETE, "ii", at, job->id));
}

void
later_forget(struct store_sqlite *s)
{
	s->later_known = false;
}

/* 0: there is none. */
static enum store_result
later_first(struct store_sqlite *s, int64_t *at)
{
	struct db_query *query;
	enum db_result result;

	if (!s->later_known) {
		query = db_query(s->db, SQL_LATER_NEXT, "");
		result = db_step(s->db, query);
		s->later_at = result == DB_ROW ? db_int(query, 0) : 0;
		db_reset(query);
		if (result == DB_FAILED)
			return store_fail(s);
		s->later_known = true;
	}
	*at = s->later_at;
	return STORE_OK;
}

enum store_result
sqlite_job_due(struct store *store, struct walltime now, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	struct running *running = running_first(s);
	enum store_result result = STORE_NONE;
	int64_t at;

	if (later_first(s, &at) != STORE_OK)
		return STORE_FAILED;
	if (at != 0 && at <= now.us)
		result = store_job_one(s, db_query(s->db, SQL_LATER_FIRST, "i", now.us), job);
	if (result != STORE_NONE || running == NULL || running->job.wake_at.us > now.us)
		return result;
	return job_copy(job, &running->job) == -1 ? store_no_memory(s) : STORE_OK;
}

enum store_result
sqlite_job_next_wake(struct store *store, struct walltime *when)
{
	struct store_sqlite *s = sqlite_self(store);
	struct running *running = running_first(s);

	if (later_first(s, &when->us) != STORE_OK)
		return STORE_FAILED;
	if (running != NULL && (when->us == 0 || running->job.wake_at.us < when->us))
		*when = running->job.wake_at;
	return walltime_is_set(*when) ? STORE_OK : STORE_NONE;
}
