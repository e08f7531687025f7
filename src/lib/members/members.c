#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "members/members.h"
#include "members/process.h"

/* How far a process is followed to its ancestors; nobody nests deeper, and a chain that changes
 * under us must end. */
#define ANCESTORS_MAX 1000
/* How often our children are walked while they keep changing; whoever asks asks again. */
#define WALKS_MAX 20

struct search {
	const struct members_query *query;
	pid_t *out;
	size_t count, max;
	bool lists; /* the kernel lists children */
};

struct orphans {
	members_is_other is_known;
	void *arg;
	pid_t *out;
	size_t count, max;
};

static bool is_other(const struct members_query *, pid_t);
static bool is_own(const struct members_query *, const struct process *);
static bool has_member(const struct search *, pid_t);
static bool add(struct search *, pid_t);
static bool add_living(pid_t, void *search);
static void add_below(struct search *, size_t first);
static bool visit_child(pid_t, void *search);
static bool visit_signature(pid_t, void *signature);
static bool find_below_us(struct search *);
static bool visit_any(pid_t, void *search);
static bool is_member(const struct members_query *, pid_t);
static bool visit_orphan(pid_t, void *orphans);
static bool visit_if_child(pid_t, void *orphans);

static bool
is_other(const struct members_query *query, pid_t pid)
{
	return pid != query->leader && query->is_other != NULL && query->is_other(pid, query->arg);
}

/* A member by what it has itself, not by its ancestors. */
static bool
is_own(const struct members_query *query, const struct process *process)
{
	return (query->leader != 0 && process->pid == query->leader) ||
	       (query->session != 0 && process->session == query->session) ||
	       (query->group != 0 && process->group == query->group) ||
	       (query->tag != NULL && process_has_tag(process->pid, query->tag)) ||
	       (query->file != NULL && process_has_file(process->pid, query->file));
}

static bool
has_member(const struct search *search, pid_t pid)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->out[i] == pid)
			return true;
	return false;
}

static bool
add(struct search *search, pid_t pid)
{
	if (search->count < search->max && !has_member(search, pid))
		search->out[search->count++] = pid;
	return search->count < search->max;
}

static bool
add_living(pid_t pid, void *arg)
{
	struct process process;

	return process_read(pid, &process) && !process.zombie ? add(arg, pid) : true;
}

/* Everybody below those found from `first` on; they line up behind them while it goes. */
static void
add_below(struct search *search, size_t first)
{
	for (size_t i = first; i < search->count; i++)
		process_each_child(search->out[i], add_living, search);
}

/*
 * One child of ours: the leader, or an orphan.  An orphan counts with all that is below it if it or
 * any of them bears a mark: they have one origin.  One that is exiting bears none any more; whose
 * it was can't be told, so everybody who asks has to wait for it.
 */
static bool
visit_child(pid_t pid, void *arg)
{
	struct search *search = arg;
	size_t first = search->count;
	struct process process;
	bool ours = false;

	if (is_other(search->query, pid) || has_member(search, pid))
		return true;
	add_living(pid, search);
	add_below(search, first);
	for (size_t i = first; i < search->count && !ours; i++)
		ours = process_read(search->out[i], &process) &&
		       (process.exiting || is_own(search->query, &process));
	if (!ours)
		search->count = first;
	return search->count < search->max;
}

/* One of all processes, for as many rounds as find somebody. */
static bool
visit_any(pid_t pid, void *arg)
{
	struct search *search = arg;
	struct process process;

	if (pid == getpid() || is_other(search->query, pid) || has_member(search, pid) ||
	    !process_read(pid, &process) || process.zombie)
		return true;
	if (has_member(search, process.parent) || is_own(search->query, &process))
		return add(search, pid);
	return true;
}

/* Tells two lists of our children apart. */
static bool
visit_signature(pid_t pid, void *arg)
{
	uint64_t *signature = arg;

	*signature = *signature * UINT64_C(6364136223846793005) + (uint64_t)pid;
	return true;
}

/*
 * Everybody below our children.  Who ends while we walk hands its own children over to us, behind
 * our back: so the walk counts only if our children are the same before and after it.  False if the
 * kernel lists none.
 */
static bool
find_below_us(struct search *search)
{
	uint64_t before, after = 0;

	if (!process_each_child(0, visit_signature, &after))
		return false;
	for (int i = 0; i < WALKS_MAX; i++) {
		before = after;
		after = 0;
		process_each_child(0, visit_child, search);
		process_each_child(0, visit_signature, &after);
		if (after == before)
			break;
	}
	return true;
}

size_t
members_find(const struct members_query *query, pid_t *out, size_t max)
{
	struct search search = { .query = query, .out = out, .max = max };
	size_t before;

	if (max == 0)
		return 0;
	if (query->leader != 0)
		add_living(query->leader, &search);
	if (!query->everywhere) {
		add_below(&search, 0);
		if (find_below_us(&search))
			return search.count;
	}
	do {
		before = search.count;
		process_each(visit_any, &search);
	} while (search.count > before && search.count < max);
	return search.count;
}

/* Asked about one process, it is followed upwards instead. */
static bool
is_member(const struct members_query *query, pid_t pid)
{
	pid_t self = getpid();
	struct process process;

	for (int i = 0; i < ANCESTORS_MAX && pid > 1 && pid != self; i++, pid = process.parent) {
		if (is_other(query, pid) || !process_read(pid, &process))
			return false;
		/* Our children keep their number until we reap them. */
		if (process.parent == self || is_own(query, &process))
			return true;
	}
	return false;
}

/* A pidfd stands for one process: if the pid is a member's now, the signal can't hit a later one.
 */
int
members_signal(const struct members_query *query, pid_t pid, int signum)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), result, saved;

	if (fd == -1 && errno == ESRCH)
		return -1;
	if (!is_member(query, pid)) {
		if (fd != -1)
			close(fd);
		errno = ESRCH;
		return -1;
	}
	if (fd == -1)
		return kill(pid, signum); /* a kernel or sandbox without pidfds */
	result = (int)syscall(SYS_pidfd_send_signal, fd, signum, NULL, 0);
	saved = errno;
	close(fd);
	if (result == -1 && (saved == ENOSYS || saved == EINVAL))
		return kill(pid, signum);
	errno = saved;
	return result;
}

static bool
visit_orphan(pid_t pid, void *arg)
{
	struct orphans *orphans = arg;

	if (orphans->count < orphans->max && !orphans->is_known(pid, orphans->arg))
		orphans->out[orphans->count++] = pid;
	return orphans->count < orphans->max;
}

static bool
visit_if_child(pid_t pid, void *arg)
{
	struct process process;

	return process_read(pid, &process) && process.parent == getpid() ? visit_orphan(pid, arg)
									 : true;
}

size_t
members_orphans(members_is_other is_known, void *arg, pid_t *out, size_t max)
{
	struct orphans orphans = { .is_known = is_known, .arg = arg, .out = out, .max = max };

	if (!process_each_child(0, visit_orphan, &orphans))
		process_each(visit_if_child, &orphans);
	return orphans.count;
}

const char *
members_describe(pid_t pid, char *buf, size_t size)
{
	char path[64], name[64] = "?";
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		if ((len = read(fd, name, sizeof(name) - 1)) > 0)
			name[len] = '\0';
		name[strcspn(name, "\n")] = '\0';
		close(fd);
	}
	snprintf(buf, size, "%d (%s)", (int)pid, name);
	return buf;
}
