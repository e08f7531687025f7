/*
 * How the write-ahead log gets to the disk: the frames of a commit in one write, over bytes that
 * the file has already.  Knows nothing of what is in them; never decides when a sync is due.
 */
#ifndef SCHEDULER_DB_WAL_H
#define SCHEDULER_DB_WAL_H

/* The name of the layer below SQLite that does it; NULL if there is none to build it on. */
const char *db_wal_layer(void);

/*
 * Writes zeros behind what the log of this database has, up to the size that it reaches anyway: a
 * sync of a file that grows costs the file system's journal too, twice as much as one of bytes
 * that were there.  Without enough room on the disk nothing is done.
 */
void db_wal_extend(const char *database);

#endif
