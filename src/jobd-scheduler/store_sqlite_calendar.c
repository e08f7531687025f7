#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

enum store_result
sqlite_attempt_add(struct store *store, struct job *job, const struct attempt *attempt)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin_end(s) != STORE_OK)
		return STORE_FAILED;
	job->recorded = true;
	return store_result_of(
	    s, db_run(s->db, SQL_ATTEMPT_ADD, "iiiiittiitiibb", job->id, attempt->number,
		   attempt->started_at.us, attempt->ended_at.us, attempt->duration_ms,
		   attempt->worker, attempt->reason, attempt->code, attempt->signal, attempt->error,
		   attempt->output_bytes, attempt->left_out, attempt->output_head,
		   attempt->head_len, attempt->output_tail, attempt->tail_len));
}

static void
attempt_read(struct db_query *query, struct attempt *attempt)
{
	attempt_init(attempt);
	attempt->number = db_int(query, 0);
	attempt->started_at.us = db_int(query, 1);
	attempt->ended_at.us = db_int(query, 2);
	attempt->duration_ms = db_int(query, 3);
	attempt->code = db_int(query, 6);
	attempt->signal = db_int(query, 7);
	attempt->output_bytes = db_int(query, 9);
	attempt->left_out = db_int(query, 10);
	attempt->head_len = db_len(query, 11);
	attempt->tail_len = db_len(query, 12);
	attempt->worker = db_text(query, 4);
	attempt->reason = db_text(query, 5);
	attempt->error = db_text(query, 8);
	attempt->output_head = db_text(query, 11);
	attempt->output_tail = db_text(query, 12);
}

enum store_result
sqlite_attempt_list(struct store *store, const struct job *job, store_attempt_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_ATTEMPT_LIST, "i", job->id);
	struct attempt attempt;
	enum db_result result;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		attempt_read(query, &attempt);
		more = fn(arg, &attempt);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_schedule_get(struct store *store, const char *name, struct schedule_state *state)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_SCHEDULE_GET, "t", name);
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW) {
		state->since.us = db_int(query, 0);
		state->cursor.us = db_int(query, 1);
		state->paused = db_int(query, 2) != 0;
		snprintf(state->fingerprint, sizeof(state->fingerprint), "%s", db_text(query, 3));
	}
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	return result == DB_ROW ? STORE_OK : STORE_NONE;
}

enum store_result
sqlite_schedule_put(struct store *store, const char *name, const struct schedule_state *state)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_SCHEDULE_PUT, "tiiit", name, state->since.us, state->cursor.us,
		   (int64_t)state->paused, state->fingerprint));
}

static bool
is_named(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* One at a time: a list must not be read while it is changed. */
enum store_result
sqlite_schedule_retire(struct store *store, const char *const *keep, size_t count)
{
	struct store_sqlite *s = sqlite_self(store);
	enum db_result result;
	char name[JOB_NAME_MAX + 1];

	for (;;) {
		struct db_query *query = db_query(s->db, SQL_SCHEDULE_LIVE, "");
		bool found = false;

		while (!found && (result = db_step(s->db, query)) == DB_ROW) {
			snprintf(name, sizeof(name), "%s", db_text(query, 0));
			found = !is_named(keep, count, name);
		}
		db_reset(query);
		if (!found)
			return result == DB_FAILED ? store_fail(s) : STORE_OK;
		if (store_begin(s) != STORE_OK ||
		    db_run(s->db, SQL_SCHEDULE_RETIRE, "t", name) != DB_DONE)
			return store_fail(s);
	}
}

enum store_result
sqlite_tick_add(struct store *store, const char *schedule, const struct tick_record *tick)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *found;

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	if (name_of(s, schedule, true, &found) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s,
	    db_run(s->db, SQL_TICK_ADD, "iiiiitit", found->id, tick->due_at.us, tick->decided_at.us,
		tick->until.us, (int64_t)tick->ran, tick->reason, tick->late_us, tick->jid));
}

enum store_result
sqlite_tick_skip(struct store *store, const char *schedule, struct walltime due_at, const char *jid,
    const char *reason)
{
	struct store_sqlite *s = sqlite_self(store);
	enum store_result result = store_begin(s);
	struct name *found;

	if (result == STORE_OK)
		result = name_of(s, schedule, false, &found);
	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	return store_result_of(
	    s, db_run(s->db, SQL_TICK_SKIP, "tiit", reason, found->id, due_at.us, jid));
}

enum store_result
store_tick_list(struct store_sqlite *s, struct db_query *query, store_tick_fn fn, void *arg)
{
	struct tick_record tick;
	enum db_result result;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		memset(&tick, 0, sizeof(tick));
		tick.due_at.us = db_int(query, 0);
		tick.decided_at.us = db_int(query, 1);
		tick.until.us = db_int(query, 2);
		tick.ran = db_int(query, 3) != 0;
		snprintf(tick.reason, sizeof(tick.reason), "%s", db_text(query, 4));
		tick.late_us = db_int(query, 5);
		snprintf(tick.jid, sizeof(tick.jid), "%s", db_text(query, 6));
		more = fn(arg, &tick);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_tick_list(
    struct store *store, const char *schedule, int64_t limit, store_tick_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *found;
	enum store_result known = name_of(s, schedule, false, &found);

	if (known != STORE_OK)
		return known == STORE_NONE ? STORE_OK : known;
	return store_tick_list(s, db_query(s->db, SQL_TICK_LIST, "ii", found->id, limit), fn, arg);
}

enum store_result
sqlite_tick_trim(struct store *store, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit)
{
	struct store_sqlite *s = sqlite_self(store);
	enum store_result result;
	struct name *found;

	if ((result = name_of(s, schedule, false, &found)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	result = store_change(s, SQL_TICK_TRIM_COUNT, "iiii", found->id, cursor.us, keep, limit);
	if (result == STORE_OK && walltime_is_set(older_than))
		result = store_change(
		    s, SQL_TICK_TRIM_AGE, "iiii", found->id, cursor.us, older_than.us, limit);
	return result;
}

enum store_result
sqlite_exit_add(struct store *store, const struct exit_record *record)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *found;

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	if (name_of(s, record->name, true, &found) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s, db_run(s->db, SQL_EXIT_ADD, "iiitiiii", found->id, record->at.us,
				      record->pid, record->reason, record->code, record->signal,
				      (int64_t)record->core, record->uptime_ms));
}

enum store_result
sqlite_exit_list(struct store *store, const char *name, int64_t limit, store_exit_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct exit_record record;
	struct db_query *query;
	enum db_result result;
	struct name *found;
	bool more = true;
	enum store_result known = name_of(s, name, false, &found);

	if (known != STORE_OK)
		return known == STORE_NONE ? STORE_OK : known;
	query = db_query(s->db, SQL_EXIT_LIST, "ii", found->id, limit);
	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		memset(&record, 0, sizeof(record));
		snprintf(record.name, sizeof(record.name), "%s", name);
		record.at.us = db_int(query, 0);
		record.pid = db_int(query, 1);
		snprintf(record.reason, sizeof(record.reason), "%s", db_text(query, 2));
		record.code = db_int(query, 3);
		record.signal = db_int(query, 4);
		record.core = db_int(query, 5) != 0;
		record.uptime_ms = db_int(query, 6);
		more = fn(arg, &record);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_exit_trim(struct store *store, const char *name, int64_t keep)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *found;
	enum store_result result = name_of(s, name, false, &found);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	return store_change(s, SQL_EXIT_TRIM, "ii", found->id, keep);
}
