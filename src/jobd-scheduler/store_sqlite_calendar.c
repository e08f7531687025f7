#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

static struct store_sqlite *
self(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* Ends a list; `result` is what the last step gave. */
static enum store_result
list_end(struct store_sqlite *s, struct db_query *query, enum db_result result)
{
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

static enum store_result
change_end(struct store_sqlite *s, enum db_result result)
{
	if (result == DB_CONFLICT)
		return STORE_EXISTS;
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

enum store_result
sqlite_attempt_add(struct store *store, const struct job *job, const struct attempt *attempt)
{
	struct store_sqlite *s = self(store);

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	return change_end(
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
	struct store_sqlite *s = self(store);
	struct db_query *query = db_query(s->db, SQL_ATTEMPT_LIST, "i", job->id);
	struct attempt attempt;
	enum db_result result;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		attempt_read(query, &attempt);
		more = fn(arg, &attempt);
	}
	return list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_schedule_get(struct store *store, const char *name, struct schedule_state *state)
{
	struct store_sqlite *s = self(store);
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
	struct store_sqlite *s = self(store);

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	return change_end(s, db_run(s->db, SQL_SCHEDULE_PUT, "tiiit", name, state->since.us,
				 state->cursor.us, (int64_t)state->paused, state->fingerprint));
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
	struct store_sqlite *s = self(store);
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
		if (db_begin(s->db) == DB_FAILED ||
		    db_run(s->db, SQL_SCHEDULE_RETIRE, "t", name) != DB_DONE)
			return store_fail(s);
	}
}

enum store_result
sqlite_tick_add(struct store *store, const char *schedule, const struct tick_record *tick)
{
	struct store_sqlite *s = self(store);
	int64_t id;

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	if (store_name_id(s, schedule, true, &id) != STORE_OK)
		return STORE_FAILED;
	return change_end(
	    s, db_run(s->db, SQL_TICK_ADD, "iiiiitit", id, tick->due_at.us, tick->decided_at.us,
		   tick->until.us, (int64_t)tick->ran, tick->reason, tick->late_us, tick->jid));
}

enum store_result
sqlite_tick_list(
    struct store *store, const char *schedule, int64_t limit, store_tick_fn fn, void *arg)
{
	struct store_sqlite *s = self(store);
	struct tick_record tick;
	struct db_query *query;
	enum db_result result;
	int64_t id;
	bool more = true;
	enum store_result known = store_name_id(s, schedule, false, &id);

	if (known != STORE_OK)
		return known == STORE_NONE ? STORE_OK : known;
	query = db_query(s->db, SQL_TICK_LIST, "ii", id, limit);
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
	return list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_tick_trim(struct store *store, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit)
{
	struct store_sqlite *s = self(store);
	enum store_result result;
	int64_t id;

	if ((result = store_name_id(s, schedule, false, &id)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	result = store_change(s, SQL_TICK_TRIM_COUNT, "iiii", id, cursor.us, keep, limit);
	if (result == STORE_OK && walltime_is_set(older_than))
		result =
		    store_change(s, SQL_TICK_TRIM_AGE, "iiii", id, cursor.us, older_than.us, limit);
	return result;
}

enum store_result
sqlite_exit_add(struct store *store, const struct exit_record *record)
{
	struct store_sqlite *s = self(store);
	int64_t id;

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	if (store_name_id(s, record->name, true, &id) != STORE_OK)
		return STORE_FAILED;
	return change_end(s,
	    db_run(s->db, SQL_EXIT_ADD, "iiitiiii", id, record->at.us, record->pid, record->reason,
		record->code, record->signal, (int64_t)record->core, record->uptime_ms));
}

enum store_result
sqlite_exit_list(struct store *store, const char *name, int64_t limit, store_exit_fn fn, void *arg)
{
	struct store_sqlite *s = self(store);
	struct exit_record record;
	struct db_query *query;
	enum db_result result;
	int64_t id;
	bool more = true;
	enum store_result known = store_name_id(s, name, false, &id);

	if (known != STORE_OK)
		return known == STORE_NONE ? STORE_OK : known;
	query = db_query(s->db, SQL_EXIT_LIST, "ii", id, limit);
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
	return list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_exit_trim(struct store *store, const char *name, int64_t keep)
{
	struct store_sqlite *s = self(store);
	int64_t id;
	enum store_result result = store_name_id(s, name, false, &id);

	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	return store_change(s, SQL_EXIT_TRIM, "ii", id, keep);
}

enum store_result
sqlite_queue_pause(struct store *store, const char *queue, bool paused)
{
	struct store_sqlite *s = self(store);
	enum store_result result;
	int64_t id;

	if (db_begin(s->db) == DB_FAILED)
		return store_fail(s);
	if ((result = store_name_id(s, queue, true, &id)) != STORE_OK)
		return result;
	return store_change(s, paused ? SQL_QUEUE_PAUSE : SQL_QUEUE_RESUME, "i", id);
}

enum store_result
sqlite_queue_list(struct store *store, store_queue_fn fn, void *arg)
{
	struct store_sqlite *s = self(store);
	struct db_query *query = db_query(s->db, SQL_QUEUE_LIST, "");
	struct queue_record record;
	enum db_result result;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		memset(&record, 0, sizeof(record));
		snprintf(record.name, sizeof(record.name), "%s", db_text(query, 0));
		record.paused = db_int(query, 1) != 0;
		record.size = db_int(query, 2);
		record.oldest.us = db_int(query, 3);
		more = fn(arg, &record);
	}
	return list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_counter_add(struct store *store, enum store_counter counter, int64_t add)
{
	return store_change(self(store), SQL_COUNTER_ADD, "ii", (int64_t)counter, add);
}

enum store_result
sqlite_counter_get(struct store *store, int64_t counters[STORE_COUNTER_COUNT])
{
	struct store_sqlite *s = self(store);
	struct db_query *query = db_query(s->db, SQL_COUNTER_LIST, "");
	enum db_result result;

	memset(counters, 0, STORE_COUNTER_COUNT * sizeof(*counters));
	while ((result = db_step(s->db, query)) == DB_ROW) {
		int64_t id = db_int(query, 0);

		if (id >= 0 && id < STORE_COUNTER_COUNT)
			counters[id] = db_int(query, 1);
	}
	return list_end(s, query, result);
}
