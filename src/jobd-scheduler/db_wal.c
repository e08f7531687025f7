#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_layer.h"
#include "db_wal.h"

/*
 * A commit that need not wait is written like every other one; only its sync is left out, which
 * asks for SQLITE_SYNC_NORMAL.  With checkpoint_fullfsync all others ask for SQLITE_SYNC_FULL: of
 * the log's new head, and of log and database around a checkpoint, which may come in the midst of
 * such a commit.  So the files are in every order in which SQLite itself could leave them with
 * synchronous=NORMAL.
 *
 * The log's file is never cut to nothing, and stays when the database is closed: its first bytes
 * are made zero instead, which is a log without content too.
 */
#define HEADER_LEN 32
/* The thousand pages after which SQLite begins again, and a large transaction. */
#define EXTENDED ((off_t)5 * 1024 * 1024)
/* So many times as much must be free. */
#define ROOM_FACTOR 16
/* The other bits of a sync's flags say how, not for what. */
#define SYNC_KIND 0x0f

int
layer_log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	static const char zeros[HEADER_LEN];
	struct layer_file *log = layer_of(file);
	sqlite3_int64 is = 0;
	int code = layer_flush(log);

	if (code == SQLITE_OK)
		code = log->real->pMethods->xFileSize(log->real, &is);
	if (code != SQLITE_OK)
		return code;
	if (size == 0 && is > 0 &&
	    (code = log->real->pMethods->xWrite(log->real, zeros, HEADER_LEN, 0)) != SQLITE_OK)
		return code;
	if (size == 0)
		size = EXTENDED;
	return size < is ? log->real->pMethods->xTruncate(log->real, size) : SQLITE_OK;
}

int
layer_log_sync(sqlite3_file *file, int flags)
{
	struct layer_file *log = layer_of(file);
	int code = layer_flush(log);

	if (code == SQLITE_OK && log->leaves_sync && (flags & SYNC_KIND) == SQLITE_SYNC_NORMAL) {
		log->owes_sync = true;
		return SQLITE_OK;
	}
	if (code == SQLITE_OK && (code = log->real->pMethods->xSync(log->real, flags)) == SQLITE_OK)
		log->owes_sync = false;
	return code;
}

void
db_wal_leave_sync(sqlite3_file *file, bool leave)
{
	if (layer_is_log(file))
		layer_of(file)->leaves_sync = leave;
}

int
db_wal_sync(sqlite3_file *file)
{
	errno = 0;
	if (!layer_is_log(file) || !layer_of(file)->owes_sync ||
	    layer_log_sync(file, SQLITE_SYNC_FULL) == SQLITE_OK)
		return 0;
	if (errno == 0)
		errno = EIO;
	return -1;
}

static bool
has_room(int fd)
{
	struct statvfs disk;

	return fstatvfs(fd, &disk) == 0 &&
	       (off_t)disk.f_bavail > ROOM_FACTOR * EXTENDED / (off_t)disk.f_frsize;
}

/* What is on its way to the disk already is not waited for by the first commit. */
static void
write_zeros(int fd, off_t from)
{
	static const char zeros[65536];
	off_t at = from;
	ssize_t len;

	for (; at < EXTENDED; at += len) {
		size_t left = (size_t)(EXTENDED - at);

		len = pwrite(fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros), at);
		if (len <= 0)
			break;
	}
	if (at < EXTENDED && ftruncate(fd, from) == -1)
		return;
	sync_file_range(fd, from, 0, SYNC_FILE_RANGE_WRITE);
}

void
db_wal_extend(const char *database)
{
	char path[4096];
	struct stat is;
	int fd;

	snprintf(path, sizeof(path), "%s-wal", database);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return;
	if (fstat(fd, &is) == 0 && is.st_size < EXTENDED && has_room(fd))
		write_zeros(fd, is.st_size);
	close(fd);
}
