/*
 * What the files of the SQLite store share: its struct, its statements by name, and the table of
 * names.  Nobody else includes this.
 */
#ifndef SCHEDULER_STORE_SQLITE_H
#define SCHEDULER_STORE_SQLITE_H

#include "db.h"
#include "store.h"

/* Queue and type names are numbers in the database; so many are remembered. */
#define NAME_CACHE_MAX 64

struct store_sqlite {
	struct store store; /* first: a struct store * is one of these */
	struct db *db;
	struct {
		char *text;
		int64_t id;
	} names[NAME_CACHE_MAX];
	size_t name_count;
};

enum sql {
	SQL_NAME_GET,
	SQL_NAME_ADD,
	SQL_JOB_ADD,
	SQL_JOB_GET,
	SQL_JOB_OLD,
	SQL_JOB_SAVE,
	SQL_JOB_DELETE,
	SQL_READY_ADD,
	SQL_READY_DELETE,
	SQL_READY_FIRST,
	SQL_LATER_ADD,
	SQL_LATER_DELETE,
	SQL_LATER_FIRST,
	SQL_LATER_NEXT,
	SQL_LIST_NEW,
	SQL_LIST_OLD,
	SQL_LIST_STATE_NEW,
	SQL_LIST_STATE_OLD,
	SQL_LIST_TYPE_NEW,
	SQL_LIST_TYPE_OLD,
	SQL_LIST_WORKER,
	SQL_JOB_COUNT,
	SQL_JOB_ACTIVE,
	SQL_TRIM_COUNT,
	SQL_TRIM_AGE,
	SQL_ATTEMPT_ADD,
	SQL_ATTEMPT_LIST,
	SQL_ATTEMPT_DELETE,
	SQL_SCHEDULE_GET,
	SQL_SCHEDULE_PUT,
	SQL_SCHEDULE_LIVE,
	SQL_SCHEDULE_RETIRE,
	SQL_TICK_ADD,
	SQL_TICK_LIST,
	SQL_TICK_TRIM_COUNT,
	SQL_TICK_TRIM_AGE,
	SQL_EXIT_ADD,
	SQL_EXIT_LIST,
	SQL_EXIT_TRIM,
	SQL_QUEUE_PAUSE,
	SQL_QUEUE_RESUME,
	SQL_QUEUE_LIST,
	SQL_COUNTER_ADD,
	SQL_COUNTER_LIST,
	SQL_COUNT,
};

/* In the order of the enum; and the tables, one text a version. */
extern const char *const store_sql[SQL_COUNT];
extern const char *const store_migrations[];
extern const size_t store_migration_count;

/* STORE_FAILED with the database's error taken over. */
enum store_result store_fail(struct store_sqlite *);
/* Of a statement that only changes: begins a transaction before. */
enum store_result store_change(struct store_sqlite *, enum sql, const char *types, ...);
/* STORE_NONE if the name was never stored and `add` is false. */
enum store_result store_name_id(struct store_sqlite *, const char *text, bool add, int64_t *id);
/* The other half of the functions of struct store_ops. */
enum store_result sqlite_attempt_add(struct store *, const struct job *, const struct attempt *);
enum store_result sqlite_attempt_list(
    struct store *, const struct job *, store_attempt_fn, void *arg);
enum store_result sqlite_schedule_get(struct store *, const char *name, struct schedule_state *);
enum store_result sqlite_schedule_put(
    struct store *, const char *name, const struct schedule_state *);
enum store_result sqlite_schedule_retire(struct store *, const char *const *keep, size_t count);
enum store_result sqlite_tick_add(struct store *, const char *schedule, const struct tick_record *);
enum store_result sqlite_tick_list(
    struct store *, const char *schedule, int64_t limit, store_tick_fn, void *arg);
enum store_result sqlite_tick_trim(struct store *, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit);
enum store_result sqlite_exit_add(struct store *, const struct exit_record *);
enum store_result sqlite_exit_list(
    struct store *, const char *name, int64_t limit, store_exit_fn, void *arg);
enum store_result sqlite_exit_trim(struct store *, const char *name, int64_t keep);
enum store_result sqlite_queue_pause(struct store *, const char *queue, bool paused);
enum store_result sqlite_queue_list(struct store *, store_queue_fn, void *arg);
enum store_result sqlite_counter_add(struct store *, enum store_counter, int64_t add);
enum store_result sqlite_counter_get(struct store *, int64_t counters[STORE_COUNTER_COUNT]);

#endif
