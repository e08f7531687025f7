#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "members/process.h"

/* PF_EXITING of the kernel's sched.h, in the flags of proc(5)'s stat. */
#define FLAG_EXITING   0x4
#define PATH_MAX_BYTES 64

struct file_search {
	char directory[PATH_MAX_BYTES]; /* /proc/PID/fd */
	const char *path;
	bool found;
};

struct child_walk {
	char directory[PATH_MAX_BYTES]; /* /proc/PID/task */
	process_visit visit;
	void *arg;
	bool listed; /* some thread's list could be read */
};

static ssize_t file_read(const char *path, char *buf, size_t size);
static bool each_number(const char *directory, int first, process_visit, void *arg);
static bool visit_link(pid_t number, void *search);
static bool each_child_of_thread(pid_t thread, void *walk);
static bool each_pid_of_list(int fd, process_visit, void *arg);

/* The beginning of a small file, NUL-ended; its length or -1. */
static ssize_t
file_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd == -1)
		return -1;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len >= 0)
		buf[len] = '\0';
	return len;
}

/* The name may hold anything, also ')', so what follows begins behind the last one. */
const char *
process_stat(pid_t pid, char *buf, size_t size)
{
	char path[PATH_MAX_BYTES];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read(path, buf, size) <= 0 || (end = strrchr(buf, ')')) == NULL)
		return NULL;
	return end + 1;
}

bool
process_read(pid_t pid, struct process *process)
{
	char text[PROCESS_STAT_MAX], state;
	const char *rest;
	int parent, group, session, threads;
	unsigned int flags;

	if ((rest = process_stat(pid, text, sizeof(text))) == NULL ||
	    sscanf(rest, " %c %d %d %d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d",
		&state, &parent, &group, &session, &flags, &threads) != 6)
		return false;
	*process = (struct process){ .pid = pid,
		.parent = parent,
		.group = group,
		.session = session,
		.exiting = (flags & FLAG_EXITING) != 0,
		/* A main thread that ended before the others looks like a zombie, too. */
		.zombie = (state == 'Z' || state == 'X') && threads <= 1 };
	return true;
}

bool
process_has_tag(pid_t pid, const char *tag)
{
	char path[PATH_MAX_BYTES], chunk[4096];
	size_t matched = 0;
	bool match = true, found = false;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	while (!found && (len = read(fd, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < len && !found; i++) {
			if (chunk[i] == '\0') {
				found = match && tag[matched] == '\0';
				match = true;
				matched = 0;
			} else if (match) {
				match = tag[matched++] == chunk[i];
			}
		}
	}
	close(fd);
	return found;
}

/* The entries of a directory that are numbers, from `first` on.  False if it can't be read. */
static bool
each_number(const char *directory, int first, process_visit visit, void *arg)
{
	union {
		struct dirent64 align;
		char bytes[8192];
	} buf;
	const char *errstr;
	int64_t number;
	bool more = true;
	ssize_t len;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return false;
	while (more && (len = getdents64(fd, buf.bytes, sizeof(buf))) > 0) {
		for (ssize_t at = 0; more && at < len;) {
			const struct dirent64 *entry = (const void *)(buf.bytes + at);

			at += entry->d_reclen;
			if (text_to_int(entry->d_name, first, INT32_MAX, &number, &errstr) == 0)
				more = visit((pid_t)number, arg);
		}
	}
	close(fd);
	return true;
}

static bool
visit_link(pid_t number, void *arg)
{
	struct file_search *search = arg;
	char link[PATH_MAX_BYTES * 2], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "%s/%d", search->directory, (int)number);
	len = readlink(link, path, sizeof(path));
	search->found = len > 0 && (size_t)len == strlen(search->path) &&
			memcmp(path, search->path, (size_t)len) == 0;
	return !search->found;
}

bool
process_has_file(pid_t pid, const char *path)
{
	struct file_search search = { .path = path };

	snprintf(search.directory, sizeof(search.directory), "/proc/%d/fd", (int)pid);
	return each_number(search.directory, 0, visit_link, &search) && search.found;
}

void
process_each(process_visit visit, void *arg)
{
	each_number("/proc", 1, visit, arg);
}

/* "12 34 56 ", in pieces of which each may end inside a number. */
static bool
each_pid_of_list(int fd, process_visit visit, void *arg)
{
	char chunk[4096];
	pid_t pid = 0;
	ssize_t len;

	while ((len = read(fd, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < len; i++) {
			if (chunk[i] >= '0' && chunk[i] <= '9') {
				pid = pid * 10 + (chunk[i] - '0');
				continue;
			}
			if (pid != 0 && !visit(pid, arg))
				return false;
			pid = 0;
		}
	}
	return true;
}

static bool
each_child_of_thread(pid_t thread, void *arg)
{
	struct child_walk *walk = arg;
	char path[PATH_MAX_BYTES * 2];
	bool more;
	int fd;

	snprintf(path, sizeof(path), "%s/%d/children", walk->directory, (int)thread);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return true;
	walk->listed = true;
	more = each_pid_of_list(fd, walk->visit, walk->arg);
	close(fd);
	return more;
}

bool
process_each_child(pid_t pid, process_visit visit, void *arg)
{
	struct child_walk walk = { .visit = visit, .arg = arg };

	if (pid == 0) {
		/* We have one thread: no need to look for others. */
		snprintf(walk.directory, sizeof(walk.directory), "/proc/self/task");
		each_child_of_thread(getpid(), &walk);
		return walk.listed;
	}
	snprintf(walk.directory, sizeof(walk.directory), "/proc/%d/task", (int)pid);
	/* A process that is gone has no children: that is an answer, too. */
	return !each_number(walk.directory, 1, each_child_of_thread, &walk) || walk.listed;
}
