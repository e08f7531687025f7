#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_private.h"
#include "db_wal.h"

/*
 * SQLite writes two pieces for each page of a commit, then syncs.  Here they are held until they
 * are synced or read, and written at once.  What can't be written is told by the sync then, which
 * loses the commit in the same way.
 *
 * A commit that need not wait is written like every other one; only its sync is left out, which
 * asks for SQLITE_SYNC_NORMAL.  With checkpoint_fullfsync all others ask for SQLITE_SYNC_FULL: of
 * the log's new head, and of log and database around a checkpoint, which may come in the midst of
 * such a commit.  So the files are in every order in which SQLite itself could leave them with
 * synchronous=NORMAL.
 *
 * The log's file is never cut to nothing, and stays when the database is closed: its first bytes
 * are made zero instead, which is a log without content too.
 */
#define LAYER      "jobd"
#define HELD_MAX   ((size_t)128 * 1024)
#define HEADER_LEN 32
/* The thousand pages after which SQLite begins again, and a large transaction. */
#define EXTENDED ((off_t)5 * 1024 * 1024)
/* So many times as much must be free. */
#define ROOM_FACTOR 16
/* The other bits of a sync's flags say how, not for what. */
#define SYNC_KIND 0x0f

struct log_file {
	sqlite3_file file; /* first: SQLite's handle is one of these */
	sqlite3_int64 held_at;
	size_t held_len;
	char *held;
	bool leaves_sync;    /* of commits */
	bool owes_sync;      /* one was left out, and none came since */
	sqlite3_file real[]; /* as large as the system's layer wants it */
};

static sqlite3_vfs *below;

static struct log_file *
log_of(sqlite3_file *file)
{
	return (struct log_file *)file;
}

static int
write_held(struct log_file *log)
{
	size_t len = log->held_len;

	log->held_len = 0;
	return len == 0 ? SQLITE_OK
			: log->real->pMethods->xWrite(log->real, log->held, (int)len, log->held_at);
}

static int
log_close(sqlite3_file *file)
{
	struct log_file *log = log_of(file);
	int held = write_held(log), closed = log->real->pMethods->xClose(log->real);

	free(log->held);
	return held != SQLITE_OK ? held : closed;
}

static int
log_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
	struct log_file *log = log_of(file);
	int code = write_held(log);

	return code != SQLITE_OK ? code : log->real->pMethods->xRead(log->real, data, len, at);
}

static int
log_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	struct log_file *log = log_of(file);
	int code;

	if (at != log->held_at + (sqlite3_int64)log->held_len ||
	    log->held_len + (size_t)len > HELD_MAX) {
		if ((code = write_held(log)) != SQLITE_OK)
			return code;
		log->held_at = at;
	}
	if ((size_t)len > HELD_MAX)
		return log->real->pMethods->xWrite(log->real, data, len, at);
	memcpy(log->held + log->held_len, data, (size_t)len);
	log->held_len += (size_t)len;
	return SQLITE_OK;
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	static const char zeros[HEADER_LEN];
	struct log_file *log = log_of(file);
	sqlite3_int64 is = 0;
	int code = write_held(log);

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

static int
log_sync(sqlite3_file *file, int flags)
{
	struct log_file *log = log_of(file);
	int code = write_held(log);

	if (code == SQLITE_OK && log->leaves_sync && (flags & SYNC_KIND) == SQLITE_SYNC_NORMAL) {
		log->owes_sync = true;
		return SQLITE_OK;
	}
	if (code == SQLITE_OK && (code = log->real->pMethods->xSync(log->real, flags)) == SQLITE_OK)
		log->owes_sync = false;
	return code;
}

static int
log_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct log_file *log = log_of(file);
	int code = write_held(log);

	return code != SQLITE_OK ? code : log->real->pMethods->xFileSize(log->real, size);
}

static int
log_lock(sqlite3_file *file, int kind)
{
	return log_of(file)->real->pMethods->xLock(log_of(file)->real, kind);
}

static int
log_unlock(sqlite3_file *file, int kind)
{
	return log_of(file)->real->pMethods->xUnlock(log_of(file)->real, kind);
}

static int
log_is_reserved(sqlite3_file *file, int *reserved)
{
	return log_of(file)->real->pMethods->xCheckReservedLock(log_of(file)->real, reserved);
}

static int
log_control(sqlite3_file *file, int what, void *arg)
{
	return log_of(file)->real->pMethods->xFileControl(log_of(file)->real, what, arg);
}

static int
log_sector(sqlite3_file *file)
{
	return log_of(file)->real->pMethods->xSectorSize(log_of(file)->real);
}

static int
log_device(sqlite3_file *file)
{
	return log_of(file)->real->pMethods->xDeviceCharacteristics(log_of(file)->real);
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xLock = log_lock,
	.xUnlock = log_unlock,
	.xCheckReservedLock = log_is_reserved,
	.xFileControl = log_control,
	.xSectorSize = log_sector,
	.xDeviceCharacteristics = log_device,
};

static bool
is_log(const sqlite3_file *file)
{
	return file != NULL && file->pMethods == &log_methods;
}

void
db_wal_leave_sync(sqlite3_file *file, bool leave)
{
	if (is_log(file))
		log_of(file)->leaves_sync = leave;
}

int
db_wal_sync(sqlite3_file *file)
{
	errno = 0;
	if (!is_log(file) || !log_of(file)->owes_sync ||
	    log_sync(file, SQLITE_SYNC_FULL) == SQLITE_OK)
		return 0;
	if (errno == 0)
		errno = EIO;
	return -1;
}

/* All other files are the system's own. */
static int
layer_open(sqlite3_vfs *layer, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
	struct log_file *log = log_of(file);
	int code;

	(void)layer;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return below->xOpen(below, path, file, flags, out_flags);
	*log = (struct log_file){ .held = malloc(HELD_MAX) };
	if (log->held == NULL)
		return SQLITE_NOMEM;
	if ((code = below->xOpen(below, path, log->real, flags, out_flags)) == SQLITE_OK)
		log->file.pMethods = &log_methods;
	else
		free(log->held);
	return code;
}

const char *
db_wal_layer(void)
{
	static sqlite3_vfs layer;

	if (below != NULL)
		return LAYER;
	if ((below = sqlite3_vfs_find(NULL)) == NULL)
		return NULL;
	layer = *below;
	layer.zName = LAYER;
	layer.szOsFile = (int)sizeof(struct log_file) + below->szOsFile;
	layer.xOpen = layer_open;
	layer.pNext = NULL;
	return sqlite3_vfs_register(&layer, 0) == SQLITE_OK ? LAYER : NULL;
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
