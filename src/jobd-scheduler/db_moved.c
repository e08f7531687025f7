#include <sys/stat.h>

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "db_private.h"

static const char *const ends[DB_SIDE_FILES] = { "-wal", "-shm" };

/* False if there is none. */
static bool
look(const struct db *db, size_t which, struct stat *found)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s%s", db->path, ends[which]);
	return stat(path, found) == 0;
}

void
db_note_sides(struct db *db)
{
	struct stat found;

	for (size_t i = 0; i < DB_SIDE_FILES; i++)
		db->sides[i] = look(db, i, &found) ? found.st_ino : 0;
}

void
db_write_home(struct db *db)
{
	if (sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
	    SQLITE_OK)
		log_errx("%s was moved, and the last changes could not be written to it: %s",
		    db->path, sqlite3_errmsg(db->handle));
}

void
db_remove_sides(const struct db *db)
{
	char path[4096];
	struct stat found;

	for (size_t i = 0; i < DB_SIDE_FILES; i++) {
		if (db->sides[i] == 0 || !look(db, i, &found) || found.st_ino != db->sides[i])
			continue;
		snprintf(path, sizeof(path), "%s%s", db->path, ends[i]);
		if (unlink(path) == -1)
			log_warn(
			    "can't remove %s, which belongs to a database that was moved", path);
	}
}
