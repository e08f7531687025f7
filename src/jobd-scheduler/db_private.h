/*
 * What the files of the layer over SQLite share, and the only place that includes its header.
 */
#ifndef SCHEDULER_DB_PRIVATE_H
#define SCHEDULER_DB_PRIVATE_H

#include <sys/types.h>

#include <sqlite3.h>

#include "db.h"

/* The files beside the database. */
#define DB_SIDE_FILES 2

/* Rows that are to be added: db_append.c. */
#define DB_APPEND_NUMBERS 8
#define DB_APPEND_TEXTS   3
#define DB_APPEND_BYTES   ((size_t)16384)

struct db_held_row {
	int64_t numbers[DB_APPEND_NUMBERS];
	const char *texts[DB_APPEND_TEXTS]; /* in db_held.bytes */
	size_t lens[DB_APPEND_TEXTS];
};

/* The numbers that the parameters of a statement have, by position; 1 is the first. */
struct db_bound {
	sqlite3_stmt *statement; /* NULL: it has none yet */
	int64_t numbers[2 + DB_APPEND_MANY * (DB_APPEND_NUMBERS + DB_APPEND_TEXTS)];
};

struct db_held {
	const struct db_append *append;
	int64_t first_id;
	size_t rows, used;
	struct db_held_row row[DB_APPEND_MANY];
	struct db_bound bound[DB_APPEND_SIZES];
	char bytes[DB_APPEND_BYTES];
};

struct db {
	sqlite3 *handle;
	const char *const *statements;
	size_t statement_count;
	sqlite3_stmt *begin, *commit;
	sqlite3_stmt **prepared; /* one a statement, NULL until it is used */
	char *path;
	bool broken, moved;
	ino_t sides[DB_SIDE_FILES]; /* of its log and its shared memory, 0 if there is none */
	struct db_held held;
	char error[DB_ERROR_MAX];
};

/* Writes the rows that are held; or forgets them. */
enum db_result db_append_end(struct db *);
void db_append_forget(struct db *);
/* The statement, ready to be bound; NULL if it can't be prepared. */
sqlite3_stmt *db_prepared(struct db *, size_t statement);

/*
 * A database that was moved, removed or replaced while it was open: db_moved.c.  Its log must not
 * be taken for that of the file which is there now.  So what the log has is written to the moved
 * file, and the files beside it are removed unless they are others' by now.
 */
void db_note_sides(struct db *);
void db_write_home(struct db *);
void db_remove_sides(const struct db *);

/* Puts the handle's last error into words, and decides whether the connection is still of use. */
enum db_result db_fail(struct db *);

#endif
