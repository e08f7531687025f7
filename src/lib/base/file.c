#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

/* The bytes until the end; -1 with errno. */
static ssize_t
read_all(int fd, char *data, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size && (got = read(fd, data + len, size - len)) != 0) {
		if (got == -1 && errno != EINTR)
			return -1;
		if (got > 0)
			len += (size_t)got;
	}
	return (ssize_t)len;
}

char *
file_read(const char *path, size_t max_bytes, size_t *len, char *text, size_t text_size)
{
	/* Not blocking: a FIFO must not keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	const char *why = NULL;
	char *data = NULL;
	ssize_t got;

	if (fd == -1 || fstat(fd, &status) == -1)
		why = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		why = "not a regular file";
	else if ((size_t)status.st_size > max_bytes)
		why = "too big";
	else if ((data = malloc((size_t)status.st_size + 1)) == NULL)
		why = "out of memory";
	else if ((got = read_all(fd, data, (size_t)status.st_size)) == -1)
		why = strerror(errno);
	else {
		data[got] = '\0';
		*len = (size_t)got;
	}
	if (fd != -1)
		fd_close(fd);
	if (why == NULL)
		return data;
	free(data);
	snprintf(text, text_size, "%s: %s", path, why);
	return NULL;
}
