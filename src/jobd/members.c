#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "members/members.h"
#include "members/process.h"

#include "lock.h"
#include "members.h"
#include "supervisor.h"

/* Room for "JOBD_START_ID=" and a start id. */
#define TAG_MAX 100

static bool has_orphans(void);
static bool is_known(pid_t, void *);
static bool is_other(pid_t, void *);
static bool is_loader(pid_t);
static struct members_query query_of(const struct program *, char *tag);

static struct {
	bool shared, done, found;
} look;

/* Leaders, hooks and our own helpers: everybody whose end somebody waits for. */
static bool
is_known(pid_t pid, void *arg)
{
	(void)arg;
	return is_loader(pid) || supervisor_find_pid(pid) != NULL;
}

static bool
is_other(pid_t pid, void *arg)
{
	struct program *found = supervisor_find_pid(pid);

	return is_loader(pid) || (found != NULL && found != arg);
}

static bool
is_loader(pid_t pid)
{
	return pid == supervisor_worker_pid();
}

void
members_look_begin(void)
{
	look.shared = true;
	look.done = false;
}

void
members_look_end(void)
{
	look.shared = false;
}

static bool
has_orphans(void)
{
	pid_t pid;

	if (look.shared && look.done)
		return look.found;
	look.found = members_orphans(is_known, NULL, &pid, 1) > 0;
	look.done = true;
	return look.found;
}

bool
members_left(const struct program *program)
{
	if (program->pid != 0)
		return true;
	/* An adopted leader's children are not ours. */
	if (program->adopted)
		return true;
	return has_orphans();
}

/* `tag` must hold TAG_MAX bytes and live as long as the query. */
static struct members_query
query_of(const struct program *program, char *tag)
{
	snprintf(tag, TAG_MAX, "JOBD_START_ID=%s", program->start_id);
	return (struct members_query){ .leader = program->pid,
		.session = program->session,
		.group = program->session,
		.tag = tag,
		.everywhere = program->adopted,
		.is_other = is_other,
		.arg = (void *)(uintptr_t)program };
}

int
members_list(const struct program *program, pid_t *pids, int max)
{
	char tag[TAG_MAX];
	struct members_query query = query_of(program, tag);

	size_t count = members_find(&query, pids, (size_t)max);
	char path[PATH_MAX];

	if (count == 0 && program->pid == 0 && lock_is_held(program, path, sizeof(path))) {
		query.file = path;
		count = members_find(&query, pids, (size_t)max);
	}
	return (int)count;
}

int
members_of_file(const char *path, pid_t *pids, int max)
{
	struct members_query query = { .file = path, .everywhere = true };

	return (int)members_find(&query, pids, (size_t)max);
}

int
members_kill(const struct program *program, pid_t pid, int signum)
{
	char tag[TAG_MAX];
	struct members_query query = query_of(program, tag);

	return members_signal(&query, pid, signum);
}

int
members_of_old(pid_t leader, const char *start_id, bool leader_alive, pid_t *pids, int max)
{
	char tag[TAG_MAX];
	struct members_query query = { .leader = leader_alive ? leader : 0,
		.session = leader_alive ? leader : 0,
		.group = leader_alive ? leader : 0,
		.tag = tag,
		.everywhere = true };

	snprintf(tag, sizeof(tag), "JOBD_START_ID=%s", start_id);
	return (int)members_find(&query, pids, (size_t)max);
}

bool
members_has(const struct program *program, pid_t pid)
{
	char text[PROCESS_STAT_MAX];
	const char *rest;
	int parent;

	if (program->session == 0)
		return false;
	for (int depth = 0; depth < 64 && pid > 1; depth++) {
		if (pid == program->pid || getsid(pid) == program->session)
			return true;
		if ((rest = process_stat(pid, text, sizeof(text))) == NULL ||
		    sscanf(rest, " %*c %d", &parent) != 1)
			return false;
		pid = parent;
	}
	return false;
}

/* Field 22 of proc(5)'s stat; the 20th behind the name. */
uint64_t
members_start_ticks(pid_t pid)
{
	char text[PROCESS_STAT_MAX];
	const char *rest = process_stat(pid, text, sizeof(text));
	uint64_t ticks = 0;

	if (rest == NULL || rest[1] == 'Z' ||
	    sscanf(rest,
		" %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		"%" SCNu64,
		&ticks) != 1)
		return 0;
	return ticks;
}

uint64_t
members_ticks_now(void)
{
	struct timespec now;
	uint64_t per_sec = (uint64_t)sysconf(_SC_CLK_TCK);

	if (clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return 0;
	return (uint64_t)now.tv_sec * per_sec +
	       (uint64_t)now.tv_nsec / (UINT64_C(1000000000) / per_sec);
}
