#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "members/process.h"
#include "usage.h"

#define TEXT_BYTES 4096

static bool
read_text(pid_t pid, const char *name, char *text)
{
	char path[64];
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		len = read(fd, text, TEXT_BYTES - 1);
		fd_close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* Its part of what it shares with others; all of it where we may not see that. */
static int64_t
memory_of(pid_t pid)
{
	char text[TEXT_BYTES];
	int64_t kib = 0, pages = 0;
	const char *line;

	if (read_text(pid, "smaps_rollup", text) && (line = strstr(text, "\nPss:")) != NULL &&
	    sscanf(line, "\nPss: %" SCNd64, &kib) == 1)
		return kib * 1024;
	if (read_text(pid, "statm", text) && sscanf(text, "%*d %" SCNd64, &pages) == 1)
		return pages * sysconf(_SC_PAGESIZE);
	return 0;
}

static int64_t
cpu_of(pid_t pid)
{
	char text[PROCESS_STAT_MAX];
	int64_t own_user, own_system, user, system;
	const char *rest;

	if ((rest = process_stat(pid, text, sizeof(text))) == NULL ||
	    sscanf(rest,
		" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNd64 " %" SCNd64 " %" SCNd64
		" %" SCNd64,
		&own_user, &own_system, &user, &system) != 4)
		return 0;
	return (own_user + own_system + user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static bool
is_earlier(const pid_t *pids, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (pids[i] == pids[at])
			return true;
	return false;
}

struct usage
usage_of(const pid_t *pids, size_t count)
{
	struct usage usage = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (is_earlier(pids, i))
			continue;
		usage.memory_bytes += memory_of(pids[i]);
		usage.cpu_ms += cpu_of(pids[i]);
	}
	return usage;
}
