#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/oom.h"

#define V1_MARK ":memory:"

static int open_either(const char *directory, const char *path, const char *file);
static int open_for_line(char *line);

/* In a container the path may be the host's, while only the own cgroup is mounted. */
static int
open_either(const char *directory, const char *path, const char *file)
{
	char name[600];
	int fd;

	snprintf(name, sizeof(name), "%s%s/%s", directory, path, file);
	if ((fd = open(name, O_RDONLY | O_CLOEXEC)) != -1)
		return fd;
	snprintf(name, sizeof(name), "%s/%s", directory, file);
	return open(name, O_RDONLY | O_CLOEXEC);
}

/* A line of /proc/self/cgroup: "0::/path" (v2) or "9:memory:/path" (v1). */
static int
open_for_line(char *line)
{
	const char *v1 = strstr(line, V1_MARK);

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "0::", 3) == 0)
		return open_either("/sys/fs/cgroup", line + 3, "memory.events");
	if (v1 != NULL)
		return open_either(
		    "/sys/fs/cgroup/memory", v1 + strlen(V1_MARK), "memory.oom_control");
	return -1;
}

int
oom_open(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[400];
	int fd = -1;

	while (file != NULL && fd == -1 && fgets(line, sizeof(line), file) != NULL)
		fd = open_for_line(line);
	if (file != NULL)
		fclose(file);
	return fd;
}

int64_t
oom_kills(int fd)
{
	char text[1024];
	const char *found;
	ssize_t len;

	if (fd == -1 || (len = pread(fd, text, sizeof(text) - 1, 0)) <= 0)
		return 0;
	text[len] = '\0';
	found = strstr(text, "oom_kill ");
	return found == NULL ? 0 : strtoll(found + strlen("oom_kill "), NULL, 10);
}
