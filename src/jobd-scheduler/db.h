/*
 * A thin layer over SQLite: one connection, prepared statements that are kept, errors as words.
 * Knows nothing about jobs.  db.c is the only file that includes <sqlite3.h>.
 */
#ifndef SCHEDULER_DB_H
#define SCHEDULER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_ERROR_MAX 300

enum db_result {
	DB_ROW,
	DB_DONE,
	DB_CONFLICT, /* a unique key is taken */
	DB_FAILED,   /* see db_error() */
};

struct db;
struct db_query;

/*
 * Opens or makes the file, in WAL mode with a sync at each commit, and brings its tables to the
 * newest version: migrations[n] is the SQL that makes version n + 1 of version n.  A file of a
 * newer version, of another program, or a damaged one is refused.  `statements` are the texts that
 * db_query() names by their index.  NULL with the reason in error (DB_ERROR_MAX bytes).
 */
struct db *db_open(const char *path, int64_t timeout_ms, const char *const *migrations,
    size_t migration_count, const char *const *statements, size_t statement_count, char *error);
void db_close(struct db *);
/* Gives the log its size, so that commits need not; some megabytes are written for that, once in
 * the life of a database, and not waited for. */
void db_make_room(struct db *);
/* How long db_begin() waits for another process. */
void db_set_timeout(struct db *, int64_t timeout_ms);

/* What went wrong last, for people; is_broken: the connection is of no use any more. */
const char *db_error(const struct db *);
bool db_is_broken(const struct db *);
/* True if the file is still where it was opened. */
bool db_is_in_place(struct db *);

/* Changes need a transaction; these do nothing if there is one already, or none. */
enum db_result db_begin(struct db *);
enum db_result db_commit(struct db *);
/* The same, but does not wait for the disk: a power loss forgets it, and nothing else does, until
 * the next db_commit() that has something to write, or db_sync(). */
enum db_result db_commit_soon(struct db *);
enum db_result db_sync(struct db *);
void db_rollback(struct db *);
/* A transaction has begun. */
bool db_is_changing(const struct db *);

/*
 * The statement with its parameters bound in order: i int64_t, t text (NULL is NULL), b blob
 * (pointer and size_t); I and T are the same with NULL in the place of 0 and "".  The values must
 * stay until db_reset().  NULL if it could not be prepared.
 */
struct db_query *db_query(struct db *, size_t statement, const char *types, ...);
/* A NULL query is DB_FAILED. */
enum db_result db_step(struct db *, struct db_query *);
void db_reset(struct db_query *);
/* Binds, runs to the end and resets. */
enum db_result db_run(struct db *, size_t statement, const char *types, ...);
/* The same with numbers only, for a statement that has nothing to do with rows which db_append()
 * holds: they stay where they are. */
enum db_result db_run_numbers(struct db *, size_t statement, const int64_t *numbers, size_t count);

/*
 * Adds a row; its texts are NULL if they are "".  Such rows are held until there are many of their
 * kind, and written before any other statement and before the end of the transaction: what can't be
 * written makes that fail.
 */
#define DB_APPEND_FEW  4
#define DB_APPEND_MANY 16
enum db_append_size {
	DB_APPEND_SIZE_ONE,
	DB_APPEND_SIZE_FEW,
	DB_APPEND_SIZE_MANY,
};
#define DB_APPEND_SIZES 3

struct db_append {
	/* For one, few and many rows.  Their parameters are of each row its numbers and its
	 * texts. */
	size_t statements[DB_APPEND_SIZES];
	size_t numbers, texts; /* at most eight and three */
	/* Rows come to the end of the table: their ids follow each other and are greater than all
	 * in it.  The first row's id is the first parameter, the other rows' ids are NULL.  Without
	 * it an id is one of the numbers. */
	bool at_end;
};
/* The id is 0 where rows don't come to the end. */
enum db_result db_append(struct db *, const struct db_append *, int64_t id, const int64_t *numbers,
    const char *const *texts);

int64_t db_int(struct db_query *, int column);
/* Never NULL; valid until the next step or reset. */
const char *db_text(struct db_query *, int column);
size_t db_len(struct db_query *, int column);
bool db_is_null(struct db_query *, int column);

/* Looks for damage; DB_FAILED with what was found.  Reads everything. */
enum db_result db_inspect(struct db *, char *found, size_t size);
/* The same with a connection of its own, for a process that has no other one. */
enum db_result db_inspect_file(const char *path, char *found, size_t size);
const char *db_path(const struct db *);
/* Bytes of the file, those of unused pages included; 0 if that is not known. */
int64_t db_size(struct db *);
/*
 * A copy of everything into a file that must not exist, some pages at a time: DB_ROW while there
 * is more, DB_DONE when the copy is complete and on disk.  Changes meanwhile get into it.
 */
struct db_backup;
struct db_backup *db_backup_begin(struct db *, const char *path);
enum db_result db_backup_step(struct db *, struct db_backup *, int pages);
void db_backup_end(struct db_backup *);
/* Gives unused pages back; not within a transaction. */
enum db_result db_vacuum(struct db *);

int64_t db_last_id(struct db *);
/* Rows that the last change touched. */
int64_t db_changes(struct db *);

#endif
