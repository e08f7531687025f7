#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db_layer.h"
#include "db_private.h"

/* "jobd", so that file(1) and we know our own. */
#define APPLICATION_ID 0x6a6f6264
/* Cache of the whole process, in KiB; the file system's cache does the rest. */
#define CACHE_KIB 16384

static int db_setup(struct db *, int64_t timeout_ms, const char *const *, size_t);
static int migrate(struct db *, const char *const *, size_t);
static int pragma_get(struct db *, const char *sql, int64_t *value);
static const char *explain(int code);
static bool bind_all(struct db *, sqlite3_stmt *, const char *types, va_list);
static struct db_query *query_va(struct db *, size_t statement, const char *types, va_list);

/* Called once, before the library is used: we have one thread, and memory counts. */
static void
library_setup(void)
{
	static bool done;

	if (done)
		return;
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 512, 64);
	done = true;
}

struct db *
db_open(const char *path, int64_t timeout_ms, const char *const *migrations, size_t migration_count,
    const char *const *statements, size_t statement_count, char *error)
{
	struct db *db = calloc(1, sizeof(*db));

	library_setup();
	if (db == NULL || (db->path = strdup(path)) == NULL ||
	    (db->prepared = calloc(statement_count, sizeof(*db->prepared))) == NULL) {
		snprintf(error, DB_ERROR_MAX, "%s: %s", path, strerror(ENOMEM));
		db_close(db);
		return NULL;
	}
	db->statements = statements;
	db->statement_count = statement_count;
	if (sqlite3_open_v2(path, &db->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
		db_layer()) != SQLITE_OK ||
	    db_setup(db, timeout_ms, migrations, migration_count) == -1) {
		if (db->error[0] == '\0')
			db_fail(db);
		memcpy(error, db->error, DB_ERROR_MAX);
		db_close(db);
		return NULL;
	}
	return db;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	if (db->prepared != NULL)
		for (size_t i = 0; i < db->statement_count; i++)
			sqlite3_finalize(db->prepared[i]);
	sqlite3_finalize(db->begin);
	sqlite3_finalize(db->commit);
	if (db->moved)
		db_write_home(db);
	sqlite3_close(db->handle);
	if (db->moved)
		db_remove_sides(db);
	free(db->prepared);
	free(db->path);
	free(db);
}

void
db_set_timeout(struct db *db, int64_t timeout_ms)
{
	sqlite3_busy_timeout(db->handle, (int)timeout_ms);
}

/* synchronous=FULL: with NORMAL a power loss takes commits that were acknowledged.
 * checkpoint_fullfsync: by it the log's layer tells a commit's sync from all others. */
static int
db_setup(struct db *db, int64_t timeout_ms, const char *const *migrations, size_t migration_count)
{
	char pragmas[512];
	int persist = 1;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, (int)timeout_ms);
	snprintf(pragmas, sizeof(pragmas),
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA checkpoint_fullfsync = ON; PRAGMA cache_size = -%d;"
	    "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 8388608;"
	    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
	    "PRAGMA cell_size_check = ON;",
	    CACHE_KIB);
	if (sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	/* SQLite opens a file that it may not write without a word. */
	if (sqlite3_db_readonly(db->handle, "main") == 1) {
		snprintf(db->error, sizeof(db->error),
		    "database %s is read-only (check the file's and the directory's owner and "
		    "mode)",
		    db->path);
		return -1;
	}
	if (migrate(db, migrations, migration_count) == -1)
		return -1;
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	db_note_sides(db);
	return 0;
}

static int
migrate(struct db *db, const char *const *migrations, size_t count)
{
	int64_t version, application;
	char sql[96];

	if (pragma_get(db, "PRAGMA user_version", &version) == -1 ||
	    pragma_get(db, "PRAGMA application_id", &application) == -1)
		return -1;
	if (application != APPLICATION_ID && (application != 0 || version != 0)) {
		snprintf(db->error, sizeof(db->error), "database %s belongs to another program",
		    db->path);
		return -1;
	}
	if (version < 0 || (uint64_t)version > count) {
		snprintf(db->error, sizeof(db->error),
		    "database %s is of version %lld, made by a newer jobd; this one knows up to "
		    "version %zu",
		    db->path, (long long)version, count);
		return -1;
	}
	if ((uint64_t)version == count)
		return 0;
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu; PRAGMA application_id = %d", count,
	    APPLICATION_ID);
	/* All of them or none: a sync for each would hold up every first start. */
	if (db_begin(db) != DB_DONE)
		return -1;
	for (; (uint64_t)version < count; version++)
		if (sqlite3_exec(db->handle, migrations[version], NULL, NULL, NULL) != SQLITE_OK)
			return -1;
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK &&
		       db_commit(db) == DB_DONE
		   ? 0
		   : -1;
}

static int
pragma_get(struct db *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *statement;
	int result = -1;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		*value = sqlite3_column_int64(statement, 0);
		result = 0;
	}
	sqlite3_finalize(statement);
	return result;
}

/* Puts the handle's last error into words, and decides whether the connection is still of use. */
enum db_result
db_fail(struct db *db)
{
	int code = sqlite3_extended_errcode(db->handle), os_error;
	const char *words = explain(code & 0xff);

	if (code == SQLITE_OK)
		code = SQLITE_ERROR;
	os_error = sqlite3_system_errno(db->handle);
	snprintf(db->error, sizeof(db->error), "database %s %s%s%s%s", db->path,
	    words != NULL ? words : "failed: ", words != NULL ? "" : sqlite3_errmsg(db->handle),
	    os_error != 0 ? ": " : "", os_error != 0 ? strerror(os_error) : "");
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_FULL:
	case SQLITE_NOMEM:
	case SQLITE_TOOBIG:
		break;
	default:
		db->broken = true;
	}
	return DB_FAILED;
}

static const char *
explain(int code)
{
	/* clang-format off */
	static const struct {
		int code;
		const char *words;
	} table[] = {
		{ SQLITE_BUSY,     "is locked by another process" },
		{ SQLITE_LOCKED,   "is locked by another process" },
		{ SQLITE_FULL,     "can't grow: the disk is full" },
		{ SQLITE_READONLY, "is read-only (check the file's and the directory's owner and mode)" },
		{ SQLITE_PERM,     "may not be used (check its owner and mode)" },
		{ SQLITE_CANTOPEN, "can't be opened" },
		{ SQLITE_CORRUPT,  "is damaged; move it away, or go back to a backup as jobctl(1) says" },
		{ SQLITE_NOTADB,   "is no database; move it away, or go back to a backup as jobctl(1) says" },
		{ SQLITE_IOERR,    "can't be read or written" },
		{ SQLITE_NOMEM,    "needs more memory than there is" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return table[i].words;
	return NULL;
}

const char *
db_error(const struct db *db)
{
	return db->error;
}

bool
db_is_broken(const struct db *db)
{
	return db->broken;
}

bool
db_is_in_place(struct db *db)
{
	int moved = 0;

	if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	    moved == 0)
		return true;
	snprintf(db->error, sizeof(db->error), "database %s was moved or removed", db->path);
	db->broken = db->moved = true;
	return false;
}

struct db_query *
db_query(struct db *db, size_t statement, const char *types, ...)
{
	struct db_query *query;
	va_list ap;

	va_start(ap, types);
	query = query_va(db, statement, types, ap);
	va_end(ap);
	return query;
}

sqlite3_stmt *
db_prepared(struct db *db, size_t statement)
{
	sqlite3_stmt **prepared = &db->prepared[statement];

	if (*prepared == NULL && sqlite3_prepare_v3(db->handle, db->statements[statement], -1,
				     SQLITE_PREPARE_PERSISTENT, prepared, NULL) != SQLITE_OK) {
		db_fail(db);
		return NULL;
	}
	sqlite3_reset(*prepared);
	return *prepared;
}

static struct db_query *
query_va(struct db *db, size_t statement, const char *types, va_list ap)
{
	sqlite3_stmt *prepared;

	if (db->held.rows > 0 && db_append_end(db) != DB_DONE)
		return NULL;
	prepared = db_prepared(db, statement);
	return prepared != NULL && bind_all(db, prepared, types, ap) ? (struct db_query *)prepared
								     : NULL;
}

static bool
bind_all(struct db *db, sqlite3_stmt *statement, const char *types, va_list ap)
{
	int code = SQLITE_OK, position = 1;

	for (; *types != '\0' && code == SQLITE_OK; types++, position++) {
		if (*types == 'i' || *types == 'I') {
			int64_t value = va_arg(ap, int64_t);

			code = *types == 'I' && value == 0
				   ? sqlite3_bind_null(statement, position)
				   : sqlite3_bind_int64(statement, position, value);
		} else if (*types == 't' || *types == 'T') {
			const char *text = va_arg(ap, const char *);

			if (*types == 'T' && text[0] == '\0')
				text = NULL;
			code = sqlite3_bind_text(statement, position, text, -1, SQLITE_STATIC);
		} else {
			const void *data = va_arg(ap, const void *);
			size_t len = va_arg(ap, size_t);

			code = sqlite3_bind_blob64(
			    statement, position, data, (sqlite3_uint64)len, SQLITE_STATIC);
		}
	}
	if (code != SQLITE_OK)
		db_fail(db);
	return code == SQLITE_OK;
}

enum db_result
db_step(struct db *db, struct db_query *query)
{
	sqlite3_stmt *statement = (sqlite3_stmt *)query;
	int code;

	if (query == NULL)
		return DB_FAILED;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return DB_ROW;
	if (code == SQLITE_DONE)
		return DB_DONE;
	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
		return DB_CONFLICT;
	return db_fail(db);
}

/* Values of the caller's are unbound: they are not copied, and may be gone soon. */
void
db_reset(struct db_query *query)
{
	if (query == NULL)
		return;
	sqlite3_reset((sqlite3_stmt *)query);
	sqlite3_clear_bindings((sqlite3_stmt *)query);
}

/* What was bound may be gone now, but is bound anew before the statement is used again. */
static enum db_result
run_to_end(struct db *db, struct db_query *query)
{
	enum db_result result = db_step(db, query);

	if (query != NULL)
		sqlite3_reset((sqlite3_stmt *)query);
	return result;
}

enum db_result
db_run(struct db *db, size_t statement, const char *types, ...)
{
	struct db_query *query;
	va_list ap;

	va_start(ap, types);
	query = query_va(db, statement, types, ap);
	va_end(ap);
	return run_to_end(db, query);
}

enum db_result
db_run_numbers(struct db *db, size_t statement, const int64_t *numbers, size_t count)
{
	sqlite3_stmt *prepared = db_prepared(db, statement);

	for (size_t i = 0; prepared != NULL && i < count; i++)
		if (sqlite3_bind_int64(prepared, (int)i + 1, numbers[i]) != SQLITE_OK)
			return db_fail(db);
	return run_to_end(db, (struct db_query *)prepared);
}

int64_t
db_int(struct db_query *query, int column)
{
	return sqlite3_column_int64((sqlite3_stmt *)query, column);
}

const char *
db_text(struct db_query *query, int column)
{
	const unsigned char *text = sqlite3_column_text((sqlite3_stmt *)query, column);

	return text != NULL ? (const char *)text : "";
}

size_t
db_len(struct db_query *query, int column)
{
	return (size_t)sqlite3_column_bytes((sqlite3_stmt *)query, column);
}

bool
db_is_null(struct db_query *query, int column)
{
	return sqlite3_column_type((sqlite3_stmt *)query, column) == SQLITE_NULL;
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes(db->handle);
}
