/*
 * One scheduler for one database: much of what is in it is also kept in memory, and a second one
 * would write over it.  Never waits, and never looks into the database.
 */
#ifndef SCHEDULER_DB_LOCK_H
#define SCHEDULER_DB_LOCK_H

#include <stddef.h>

/*
 * Locks the file beside the database until it is closed or the process ends, however it ends.
 * Returns the descriptor; -1 with errno, and with EAGAIN who holds it, in words, in `error`.
 */
int db_lock(const char *database, char *error, size_t size);

#endif
