#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/listen_fds.h"
#include "base/text.h"

#define FIRST_FD 3

int
listen_fds_find(const char *name)
{
	return listen_fds_nth(name, 0);
}

int
listen_fds_nth(const char *name, size_t n)
{
	const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES"), *errstr;
	int64_t pid, count;

	if (pid_text == NULL || count_text == NULL || names == NULL ||
	    text_to_int(pid_text, 1, INT32_MAX, &pid, &errstr) == -1 || pid != getpid() ||
	    text_to_int(count_text, 0, 1024, &count, &errstr) == -1)
		return -1;
	for (int fd = FIRST_FD; fd < FIRST_FD + count; fd++) {
		size_t len = strcspn(names, ":");

		if (strlen(name) == len && strncmp(name, names, len) == 0 && n-- == 0)
			return fd_set_cloexec(fd, true) == 0 ? fd : -1;
		names += len;
		if (*names == ':')
			names++;
	}
	return -1;
}
