/*
 * What the files of the layer over SQLite share, and the only place that includes its header.
 */
#ifndef SCHEDULER_DB_PRIVATE_H
#define SCHEDULER_DB_PRIVATE_H

#include <sqlite3.h>

#include "db.h"

struct db {
	sqlite3 *handle;
	const char *const *statements;
	size_t statement_count;
	sqlite3_stmt *begin, *commit;
	sqlite3_stmt **prepared; /* one a statement, NULL until it is used */
	char *path;
	bool broken;
	char error[DB_ERROR_MAX];
};

/* Puts the handle's last error into words, and decides whether the connection is still of use. */
enum db_result db_fail(struct db *);

#endif
