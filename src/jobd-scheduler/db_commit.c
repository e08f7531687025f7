/* Transactions, and when they are on disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db_private.h"
#include "db_wal.h"

void
db_make_room(struct db *db)
{
	db_wal_extend(db->path);
}

/* A statement without parameters and rows. */
static enum db_result
run_simple(struct db *db, sqlite3_stmt **statement, const char *sql)
{
	int code;

	if (*statement == NULL && sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
				      statement, NULL) != SQLITE_OK)
		return db_fail(db);
	code = sqlite3_step(*statement);
	if (code != SQLITE_DONE)
		db_fail(db);
	sqlite3_reset(*statement);
	return code == SQLITE_DONE ? DB_DONE : DB_FAILED;
}

bool
db_is_changing(const struct db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

enum db_result
db_begin(struct db *db)
{
	if (db_is_changing(db))
		return DB_DONE;
	return run_simple(db, &db->begin, "BEGIN IMMEDIATE");
}

enum db_result
db_commit(struct db *db)
{
	if (!db_is_changing(db))
		return DB_DONE;
	if (db_append_end(db) != DB_DONE)
		return DB_FAILED;
	return run_simple(db, &db->commit, "COMMIT");
}

static sqlite3_file *
log_file(struct db *db)
{
	sqlite3_file *file = NULL;

	return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) ==
		       SQLITE_OK
		   ? file
		   : NULL;
}

enum db_result
db_commit_soon(struct db *db)
{
	sqlite3_file *log = log_file(db);
	enum db_result result;

	db_wal_leave_sync(log, true);
	result = db_commit(db);
	db_wal_leave_sync(log, false);
	return result;
}

enum db_result
db_sync(struct db *db)
{
	if (db_wal_sync(log_file(db)) == 0)
		return DB_DONE;
	snprintf(db->error, sizeof(db->error), "database %s can't be written to disk: %s", db->path,
	    strerror(errno));
	db->broken = true;
	return DB_FAILED;
}

void
db_rollback(struct db *db)
{
	db_append_forget(db);
	for (size_t i = 0; i < db->statement_count; i++)
		if (db->prepared[i] != NULL)
			sqlite3_reset(db->prepared[i]);
	if (db_is_changing(db))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}
