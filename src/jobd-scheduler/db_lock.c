#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "db_lock.h"

int
db_lock(const char *database, char *error, size_t size)
{
	/*
	 * A lock of the process: one of the open file would be held on by the child that looks for
	 * damage when the scheduler is killed.  The file stays: a lock on one that was removed is
	 * nobody's.
	 */
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s-lock", database);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return -1;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return fd;
	if (errno != EACCES && errno != EAGAIN) {
		fd_close(fd);
		return -1;
	}
	snprintf(error, size, "database %s is in use by another scheduler", database);
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		snprintf(error, size, "database %s is in use by another scheduler, pid %d",
		    database, (int)lock.l_pid);
	errno = EAGAIN;
	fd_close(fd);
	return -1;
}
