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

struct db {
	sqlite3 *handle;
	const char *const *statements;
	size_t statement_count;
	sqlite3_stmt *begin, *commit;
	sqlite3_stmt **prepared; /* one a statement, NULL until it is used */
	char *path;
	bool broken, moved;
	ino_t sides[DB_SIDE_FILES]; /* of its log and its shared memory, 0 if there is none */
	char error[DB_ERROR_MAX];
};

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
