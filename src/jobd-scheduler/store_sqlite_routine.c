#include <stdio.h>
#include <string.h>

#include "store_sqlite.h"

static int
routine_read(struct db_query *query, struct routine *routine)
{
	const char **const fields[] = { &routine->name, &routine->job, &routine->args,
		&routine->queue, &routine->tags, &routine->schedule, &routine->timezone,
		&routine->frequency, &routine->time, &routine->month_end };

	routine_init(routine);
	for (int i = 0; i < 10; i++)
		if (text_keep(&routine->memory, fields[i], db_text(query, i), db_len(query, i)) ==
		    -1)
			return -1;
	routine->day = db_int(query, 10);
	routine->enabled = db_int(query, 11) != 0;
	routine->catch_up = db_int(query, 12);
	routine->created_at.us = db_int(query, 13);
	routine->cursor.us = db_int(query, 14);
	routine->next_at.us = db_int(query, 15);
	return 0;
}

static enum store_result
read_one(struct store_sqlite *s, struct db_query *query, struct routine *routine)
{
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW && routine_read(query, routine) == -1) {
		db_reset(query);
		routine_clear(routine);
		return store_no_memory(s);
	}
	return store_row_end(s, query, result);
}

enum store_result
sqlite_routine_put(struct store *store, const struct routine *routine)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_ROUTINE_PUT, "ttTTTtTTTTIiiiii", routine->name, routine->job,
		   routine->args, routine->queue, routine->tags, routine->schedule,
		   routine->timezone, routine->frequency, routine->time, routine->month_end,
		   routine->day, (int64_t)routine->enabled, routine->catch_up,
		   routine->created_at.us, routine->cursor.us, routine->next_at.us));
}

enum store_result
sqlite_routine_get(struct store *store, const char *name, struct routine *routine)
{
	struct store_sqlite *s = sqlite_self(store);

	return read_one(s, db_query(s->db, SQL_ROUTINE_GET, "t", name), routine);
}

enum store_result
sqlite_routine_delete(struct store *store, const char *name)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK ||
	    db_run(s->db, SQL_ROUTINE_TICK_DELETE, "t", name) != DB_DONE ||
	    db_run(s->db, SQL_ROUTINE_DELETE, "t", name) != DB_DONE)
		return store_fail(s);
	return db_changes(s->db) > 0 ? STORE_OK : STORE_NONE;
}

enum store_result
sqlite_routine_next(struct store *store, struct routine *routine)
{
	struct store_sqlite *s = sqlite_self(store);

	return read_one(s, db_query(s->db, SQL_ROUTINE_NEXT, ""), routine);
}

enum store_result
sqlite_routine_list(
    struct store *store, const struct routine_filter *filter, store_routine_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct routine routine;
	struct db_query *query;
	enum db_result result;
	char tag[JOB_NAME_MAX + 3], scope[JOB_NAME_MAX + 3];
	bool more = true;

	if (filter->tag != NULL)
		snprintf(tag, sizeof(tag), "\"%s\"", filter->tag);
	if (filter->scope != NULL)
		snprintf(scope, sizeof(scope), "\"%s\"", filter->scope);
	query = db_query(s->db, SQL_ROUTINE_LIST, "ttitti",
	    filter->after != NULL ? filter->after : "", filter->job, filter->enabled,
	    filter->tag != NULL ? tag : NULL, filter->scope != NULL ? scope : NULL, filter->limit);
	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		if (routine_read(query, &routine) == -1) {
			db_reset(query);
			routine_clear(&routine);
			return store_no_memory(s);
		}
		more = fn(arg, &routine);
		routine_clear(&routine);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_routine_rewind(struct store *store, struct walltime now)
{
	return store_change(sqlite_self(store), SQL_ROUTINE_REWIND, "i", now.us);
}

/* Their names are users' and many: they do not stand in the table of names, which is kept in
 * memory. */
enum store_result
sqlite_routine_tick_add(struct store *store, const char *routine, const struct tick_record *tick)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(s, db_run(s->db, SQL_ROUTINE_TICK_ADD, "tiiiitit", routine,
				      tick->due_at.us, tick->decided_at.us, tick->until.us,
				      (int64_t)tick->ran, tick->reason, tick->late_us, tick->jid));
}

enum store_result
sqlite_routine_tick_skip(struct store *store, const char *routine, struct walltime due_at,
    const char *jid, const char *reason)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_ROUTINE_TICK_SKIP, "ttit", reason, routine, due_at.us, jid));
}

enum store_result
sqlite_routine_tick_list(
    struct store *store, const char *routine, int64_t limit, store_tick_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);

	return store_tick_list(
	    s, db_query(s->db, SQL_ROUTINE_TICK_LIST, "ti", routine, limit), fn, arg);
}

enum store_result
sqlite_routine_tick_trim(
    struct store *store, const char *routine, int64_t keep, struct walltime cursor)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_ROUTINE_TICK_TRIM, "tii", routine, cursor.us, keep));
}
