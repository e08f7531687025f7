/*
 * How the write-ahead log gets to the disk: over bytes that the file has already; and which of its
 * syncs are left out.  Knows nothing of what is in them;
 * never decides when a sync is due.
 */
#ifndef SCHEDULER_DB_WAL_H
#define SCHEDULER_DB_WAL_H

#include <stdbool.h>

struct sqlite3_file;

/*
 * From now on a commit is not waited for, or is again.  Nothing else is ever left out: not the sync
 * of the log's head when it begins anew, nor those of a checkpoint.  `log` must be a file of the
 * layer, else nothing is left out.
 */
void db_wal_leave_sync(struct sqlite3_file *log, bool leave);
/* The sync that was left out last, unless another one came since; -1 with errno. */
int db_wal_sync(struct sqlite3_file *log);

/*
 * Writes zeros behind what the log of this database has, up to the size that it reaches anyway: a
 * sync of a file that grows costs the file system's journal too, twice as much as one of bytes
 * that were there.  Without enough room on the disk nothing is done.
 */
void db_wal_extend(const char *database);

#endif
