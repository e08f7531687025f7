#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_private.h"

struct db_backup {
	sqlite3 *handle;
	sqlite3_backup *backup;
	char path[DB_ERROR_MAX - 100];
	bool complete;
};

static enum db_result
inspect(sqlite3 *handle, const char *path, char *found, size_t size)
{
	sqlite3_stmt *statement;
	enum db_result result = DB_DONE;

	if (sqlite3_prepare_v2(handle, "PRAGMA integrity_check(1)", -1, &statement, NULL) !=
	    SQLITE_OK) {
		snprintf(found, size, "database %s: %s", path, sqlite3_errmsg(handle));
		return DB_FAILED;
	}
	if (sqlite3_step(statement) != SQLITE_ROW) {
		snprintf(found, size, "database %s: %s", path, sqlite3_errmsg(handle));
		result = DB_FAILED;
	} else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0) {
		snprintf(found, size, "database %s is damaged: %s", path,
		    (const char *)sqlite3_column_text(statement, 0));
		result = DB_FAILED;
	}
	sqlite3_finalize(statement);
	return result;
}

enum db_result
db_inspect(struct db *db, char *found, size_t size)
{
	return inspect(db->handle, db->path, found, size);
}

enum db_result
db_inspect_file(const char *path, char *found, size_t size)
{
	sqlite3 *handle;
	enum db_result result = DB_FAILED;

	if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, NULL) ==
	    SQLITE_OK)
		result = inspect(handle, path, found, size);
	else
		snprintf(found, size, "database %s: %s", path, sqlite3_errmsg(handle));
	sqlite3_close(handle);
	return result;
}

const char *
db_path(const struct db *db)
{
	return db->path;
}

int64_t
db_size(struct db *db)
{
	static const char sql[] = "SELECT page_count * page_size FROM pragma_page_count, "
				  "pragma_page_size";
	sqlite3_stmt *statement;
	int64_t size = 0;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		size = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return size;
}

struct db_backup *
db_backup_begin(struct db *db, const char *path)
{
	struct db_backup *copy = calloc(1, sizeof(*copy));

	if (copy == NULL) {
		snprintf(db->error, sizeof(db->error), "out of memory");
		return NULL;
	}
	if (strlen(path) >= sizeof(copy->path) || path[0] != '/' || access(path, F_OK) == 0) {
		snprintf(db->error, sizeof(db->error), "%s: %s", path,
		    path[0] != '/' ? "a backup needs a full path" : strerror(EEXIST));
		free(copy);
		return NULL;
	}
	snprintf(copy->path, sizeof(copy->path), "%s", path);
	if (sqlite3_open_v2(path, &copy->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
		NULL) != SQLITE_OK ||
	    (copy->backup = sqlite3_backup_init(copy->handle, "main", db->handle, "main")) ==
		NULL) {
		snprintf(
		    db->error, sizeof(db->error), "%s: %s", path, sqlite3_errmsg(copy->handle));
		db_backup_end(copy);
		return NULL;
	}
	return copy;
}

/* Our own connection does the changes, so they go into the copy as they come. */
enum db_result
db_backup_step(struct db *db, struct db_backup *copy, int pages)
{
	int code = sqlite3_backup_step(copy->backup, pages);

	if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return DB_ROW;
	if (code == SQLITE_DONE) {
		code = sqlite3_backup_finish(copy->backup);
		copy->backup = NULL;
		copy->complete = code == SQLITE_OK;
	}
	if (copy->complete)
		return DB_DONE;
	snprintf(db->error, sizeof(db->error), "%s: %s", copy->path, sqlite3_errstr(code));
	return DB_FAILED;
}

void
db_backup_end(struct db_backup *copy)
{
	if (copy == NULL)
		return;
	if (copy->backup != NULL)
		sqlite3_backup_finish(copy->backup);
	sqlite3_close(copy->handle);
	if (!copy->complete)
		unlink(copy->path);
	free(copy);
}

enum db_result
db_vacuum(struct db *db)
{
	if (sqlite3_exec(db->handle, "VACUUM", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
		SQLITE_OK)
		return DB_DONE;
	return db_fail(db);
}
