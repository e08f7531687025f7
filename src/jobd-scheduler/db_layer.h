/*
 * The layer between SQLite and its files: what is written to the log and to the database, piece
 * after piece, is held and written at once.  Knows nothing of what is in it; never decides when
 * something must be on disk.
 */
#ifndef SCHEDULER_DB_LAYER_H
#define SCHEDULER_DB_LAYER_H

#include <stdbool.h>

#include "db_private.h"

/*
 * The name of the layer; NULL if there is none to build it on.  A process opens a database with it
 * once at a time: when the file is closed, all locks go that the process has on it.
 */
const char *db_layer(void);

/* What the files of the layer share. */

/*
 * A file that SQLite has opened.  What is held is written before anything else is done with the
 * file: who syncs it, reads it or asks for its size meets it as if nothing had been held.  What
 * can't be written is told by that call.
 */
struct layer_file {
	sqlite3_file file; /* first: SQLite's handle is one of these */
	sqlite3_int64 held_at;
	size_t held_len, held_max;
	char *held;
	/* Of the database: what was written, but the system was not told to begin with. */
	struct {
		int fd; /* of the same file; -1 if it is never told */
		sqlite3_int64 at;
		size_t len;
	} begun;
	/* Of the log: its syncs of commits are left out; one was, and none came since. */
	bool leaves_sync, owes_sync;
	sqlite3_file real[]; /* as large as the system's layer wants it */
};

static inline struct layer_file *
layer_of(sqlite3_file *file)
{
	return (struct layer_file *)file;
}

int layer_flush(struct layer_file *);

bool layer_is_log(const sqlite3_file *);

/* db_wal.c: what is done otherwise with a log than with the database. */
int layer_log_truncate(sqlite3_file *, sqlite3_int64 size);
int layer_log_sync(sqlite3_file *, int flags);

#endif
