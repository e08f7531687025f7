#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "db_layer.h"

/*
 * Of a commit SQLite writes two pieces for each page, and a checkpoint writes every page alone.
 *
 * The pages that a checkpoint writes are on their way to the disk while the next ones are copied,
 * so that the sync at its end waits for few of them.  Only that sync says that they are there.
 */
#define LAYER         "jobd"
#define LOG_HELD_MAX  ((size_t)128 * 1024)
#define HOME_HELD_MAX ((size_t)64 * 1024)
#define BEGIN_BYTES   ((size_t)192 * 1024)

static sqlite3_vfs *below;

/* A checkpoint goes through the file from its front to its end. */
static void
begin_writing(struct layer_file *file, size_t len)
{
	sqlite3_int64 end = file->held_at + (sqlite3_int64)len;

	if (file->begun.len == 0)
		file->begun.at = file->held_at;
	file->begun.len += len;
	if (file->begun.len < BEGIN_BYTES)
		return;
	if (end > file->begun.at)
		sync_file_range(
		    file->begun.fd, file->begun.at, end - file->begun.at, SYNC_FILE_RANGE_WRITE);
	file->begun.len = 0;
}

int
layer_flush(struct layer_file *file)
{
	size_t len = file->held_len;
	int code;

	if (len == 0)
		return SQLITE_OK;
	file->held_len = 0;
	code = file->real->pMethods->xWrite(file->real, file->held, (int)len, file->held_at);
	if (code == SQLITE_OK && file->begun.fd != -1)
		begin_writing(file, len);
	return code;
}

/* Locks of the process go with any of its descriptors: the database's own is closed first. */
static int
layer_close(sqlite3_file *handle)
{
	struct layer_file *file = layer_of(handle);
	int held = layer_flush(file), closed = file->real->pMethods->xClose(file->real);

	fd_close(file->begun.fd);
	free(file->held);
	return held != SQLITE_OK ? held : closed;
}

static int
layer_read(sqlite3_file *handle, void *data, int len, sqlite3_int64 at)
{
	struct layer_file *file = layer_of(handle);
	int code = layer_flush(file);

	return code != SQLITE_OK ? code : file->real->pMethods->xRead(file->real, data, len, at);
}

static int
layer_write(sqlite3_file *handle, const void *data, int len, sqlite3_int64 at)
{
	struct layer_file *file = layer_of(handle);
	int code;

	if (at != file->held_at + (sqlite3_int64)file->held_len ||
	    file->held_len + (size_t)len > file->held_max) {
		if ((code = layer_flush(file)) != SQLITE_OK)
			return code;
		file->held_at = at;
	}
	if ((size_t)len > file->held_max)
		return file->real->pMethods->xWrite(file->real, data, len, at);
	memcpy(file->held + file->held_len, data, (size_t)len);
	file->held_len += (size_t)len;
	return SQLITE_OK;
}

static int
layer_truncate(sqlite3_file *handle, sqlite3_int64 size)
{
	struct layer_file *file = layer_of(handle);
	int code = layer_flush(file);

	return code != SQLITE_OK ? code : file->real->pMethods->xTruncate(file->real, size);
}

static int
layer_sync(sqlite3_file *handle, int flags)
{
	struct layer_file *file = layer_of(handle);
	int code = layer_flush(file);

	return code != SQLITE_OK ? code : file->real->pMethods->xSync(file->real, flags);
}

static int
layer_size(sqlite3_file *handle, sqlite3_int64 *size)
{
	struct layer_file *file = layer_of(handle);
	int code = layer_flush(file);

	return code != SQLITE_OK ? code : file->real->pMethods->xFileSize(file->real, size);
}

static int
layer_lock(sqlite3_file *handle, int kind)
{
	struct layer_file *file = layer_of(handle);
	int code = layer_flush(file);

	return code != SQLITE_OK ? code : file->real->pMethods->xLock(file->real, kind);
}

/* A lock is given back whatever can't be written. */
static int
layer_unlock(sqlite3_file *handle, int kind)
{
	struct layer_file *file = layer_of(handle);
	int held = layer_flush(file), code = file->real->pMethods->xUnlock(file->real, kind);

	return held != SQLITE_OK ? held : code;
}

static int
layer_is_reserved(sqlite3_file *handle, int *reserved)
{
	struct layer_file *file = layer_of(handle);

	return file->real->pMethods->xCheckReservedLock(file->real, reserved);
}

static int
layer_control(sqlite3_file *handle, int what, void *arg)
{
	struct layer_file *file = layer_of(handle);
	int code = layer_flush(file);

	return code != SQLITE_OK ? code : file->real->pMethods->xFileControl(file->real, what, arg);
}

static int
layer_sector(sqlite3_file *handle)
{
	return layer_of(handle)->real->pMethods->xSectorSize(layer_of(handle)->real);
}

static int
layer_device(sqlite3_file *handle)
{
	return layer_of(handle)->real->pMethods->xDeviceCharacteristics(layer_of(handle)->real);
}

/* The memory that processes share is the database's. */

static int
home_map(sqlite3_file *handle, int page, int size, int extend, void volatile **map)
{
	struct layer_file *file = layer_of(handle);

	return file->real->pMethods->xShmMap(file->real, page, size, extend, map);
}

/* Others may read the database from here on. */
static int
home_share(sqlite3_file *handle, int from, int count, int flags)
{
	struct layer_file *file = layer_of(handle);
	int held = layer_flush(file);
	int code = file->real->pMethods->xShmLock(file->real, from, count, flags);

	return held != SQLITE_OK && code == SQLITE_OK ? held : code;
}

static void
home_barrier(sqlite3_file *handle)
{
	layer_of(handle)->real->pMethods->xShmBarrier(layer_of(handle)->real);
}

static int
home_unmap(sqlite3_file *handle, int delete)
{
	return layer_of(handle)->real->pMethods->xShmUnmap(layer_of(handle)->real, delete);
}

/* clang-format off */
#define METHODS_OF_BOTH                                                                            \
	.xClose = layer_close, .xRead = layer_read, .xWrite = layer_write,                         \
	.xFileSize = layer_size, .xLock = layer_lock, .xUnlock = layer_unlock,                     \
	.xCheckReservedLock = layer_is_reserved, .xFileControl = layer_control,                    \
	.xSectorSize = layer_sector, .xDeviceCharacteristics = layer_device

static const sqlite3_io_methods home = {
	METHODS_OF_BOTH,
	.iVersion = 2,
	.xTruncate = layer_truncate,
	.xSync = layer_sync,
	.xShmMap = home_map,
	.xShmLock = home_share,
	.xShmBarrier = home_barrier,
	.xShmUnmap = home_unmap,
};
static const sqlite3_io_methods log_file = {
	METHODS_OF_BOTH,
	.iVersion = 1,
	.xTruncate = layer_log_truncate,
	.xSync = layer_log_sync,
};
/* clang-format on */

bool
layer_is_log(const sqlite3_file *file)
{
	return file != NULL && file->pMethods == &log_file;
}

/* All other files are the system's own. */
static int
layer_open(sqlite3_vfs *layer, const char *path, sqlite3_file *handle, int flags, int *out_flags)
{
	struct layer_file *file = layer_of(handle);
	bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
	int code;

	(void)layer;
	if (!is_log && (flags & SQLITE_OPEN_MAIN_DB) == 0)
		return below->xOpen(below, path, handle, flags, out_flags);
	*file = (struct layer_file){ .held_max = is_log ? LOG_HELD_MAX : HOME_HELD_MAX,
		.begun.fd = -1 };
	if ((file->held = malloc(file->held_max)) == NULL)
		return SQLITE_NOMEM;
	if ((code = below->xOpen(below, path, file->real, flags, out_flags)) != SQLITE_OK) {
		free(file->held);
		return code;
	}
	file->file.pMethods = is_log ? &log_file : &home;
	if (!is_log)
		file->begun.fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return code;
}

const char *
db_layer(void)
{
	static sqlite3_vfs layer;

	if (below != NULL)
		return LAYER;
	if ((below = sqlite3_vfs_find(NULL)) == NULL)
		return NULL;
	layer = *below;
	layer.zName = LAYER;
	layer.szOsFile = (int)sizeof(struct layer_file) + below->szOsFile;
	layer.xOpen = layer_open;
	layer.pNext = NULL;
	return sqlite3_vfs_register(&layer, 0) == SQLITE_OK ? LAYER : NULL;
}
