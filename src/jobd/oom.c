#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oom.h"

static struct {
	int fd;
	long long kills;
} counter = { .fd = -1 };

static int open_counter(const char *cgroup_line);
static long long read_kills(void);

/* A line of /proc/self/cgroup: "0::/path" (v2) or "9:memory:/path" (v1). */
static int
open_counter(const char *cgroup_line)
{
	char path[512];
	const char *file;
	int fd;

	if (strncmp(cgroup_line, "0::", 3) == 0) {
		cgroup_line += 3;
		file = "memory.events";
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", cgroup_line, file);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
			fd = open("/sys/fs/cgroup/memory.events", O_RDONLY | O_CLOEXEC);
		return fd;
	}
	if ((cgroup_line = strstr(cgroup_line, ":memory:")) == NULL)
		return -1;
	snprintf(path, sizeof(path), "/sys/fs/cgroup/memory%s/memory.oom_control", cgroup_line + 8);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		fd = open("/sys/fs/cgroup/memory/memory.oom_control", O_RDONLY | O_CLOEXEC);
	return fd;
}

void
oom_open(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[400];

	while (file != NULL && counter.fd == -1 && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		counter.fd = open_counter(line);
	}
	if (file != NULL)
		fclose(file);
	counter.kills = read_kills();
}

static long long
read_kills(void)
{
	char text[1024];
	const char *found;
	ssize_t len;

	if (counter.fd == -1 || (len = pread(counter.fd, text, sizeof(text) - 1, 0)) <= 0)
		return 0;
	text[len] = '\0';
	found = strstr(text, "oom_kill ");
	return found != NULL ? strtoll(found + strlen("oom_kill "), NULL, 10) : 0;
}

bool
oom_happened(void)
{
	long long kills = read_kills();
	bool happened = kills > counter.kills;

	counter.kills = kills;
	return happened;
}
