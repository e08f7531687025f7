#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "exec/internal.h"
#include "exec/quick.h"

/* The address sanitizer knows only the stacks of its own process. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__SANITIZE_ADDRESS__)

/* Children that are on their way at a time.  The next one waits for a place, but not for long: on
 * a disk that hangs, or a machine that is busy, it is forked instead. */
#define SLOTS       8
#define WAIT_MS     5
#define STACK_BYTES 2048
#define ROOM_BYTES  14000
#define ENTRIES_MAX 500
#define PATHS_MAX   50
#define SIGNALS     64
#define PAGE        4096

/* As the kernel has it; all zero: the default. */
struct kernel_sigaction {
	uintptr_t handler, flags, restorer;
	uint64_t mask;
};

enum outcome {
	UNDECIDED,
	FAILED,
	REFUSED, /* by a kernel or sandbox that does not have the calls for it */
};

/*
 * All that one child reads and writes, but for our own environment, which does not change.  Mostly
 * it is the end of the stack and the beginning of the room that are used: one page.
 */
struct slot {
	_Alignas(PAGE) unsigned char stack[STACK_BYTES];
	int busy;    /* the kernel clears it when the child has left our memory */
	int outcome; /* of the child: written by it before it leaves */
	pid_t pid;
	uint64_t signals; /* bit n: signal n + 1 is not at its default */
	struct rlimit nofile;
	bool has_nofile;
	const char *directory;
	int64_t umask;
	int stdio[3], keep_fd;
	char **entries, **words, **paths; /* environment, command, where to look for it */
	size_t room_used;
	_Alignas(sizeof(char *)) char room[ROOM_BYTES];
};

static struct slot slots[SLOTS];
static bool refused; /* it was once: it always is */

static bool is_plain(const struct exec_request *);
static bool lay_out(struct slot *, const struct exec_request *);
static bool lay_environment(struct slot *, const struct exec_request *);
static bool lay_words(struct slot *, const struct exec_request *);
static bool lay_paths(struct slot *);
static size_t list_count(char *const *);
static void *reserve(struct slot *, size_t size, size_t alignment);
static void *keep(struct slot *, const void *, size_t size, size_t alignment);
static char *keep_text(struct slot *, const char *);
static char **keep_pointers(struct slot *, char *const *, size_t count);
static char **keep_list(struct slot *, char *const *);
static int null_fd(void);
static uint64_t changed_signals(void);
static int child_main(void *);
static long child_prepare(const struct slot *);
static long child_descriptors(const struct slot *);
static void child_execute(const struct slot *);
static bool is_free(const struct slot *);
static struct slot *first_free(unsigned int last);
static struct slot *find_slot(void);

/* Without errno, which is the parent's. */
static inline long
kernel_call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#endif
}

static bool
is_plain(const struct exec_request *request)
{
	const struct conf_identity *identity = request->identity;
	const struct conf_limits *limits = &identity->limits;
	const int64_t unset[] = { identity->nice, identity->oom_score_adj, limits->nofile,
		limits->core_bytes, limits->memory_bytes, limits->nproc, limits->stack_bytes,
		limits->cpu_sec, limits->file_bytes, limits->memlock_bytes };
	const int stdio[] = { request->stdin_fd, request->stdout_fd, request->stderr_fd };

	for (size_t i = 0; i < sizeof(unset) / sizeof(unset[0]); i++)
		if (unset[i] != CONF_UNSET)
			return false;
	/* What would be overwritten before it is placed. */
	for (int i = 0; i < 3; i++)
		if (stdio[i] != -1 && stdio[i] != i && stdio[i] <= STDERR_FILENO)
			return false;
	return identity->user[0] == '\0' && identity->group[0] == '\0' &&
	       identity->environment_file[0] == '\0' && identity->secrets[0] == NULL &&
	       request->arguments == NULL && request->listen_count == 0 &&
	       request->extra_fd == -1 &&
	       (request->keep_fd == -1 || request->keep_fd > STDERR_FILENO);
}

static size_t
list_count(char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

static void *
reserve(struct slot *slot, size_t size, size_t alignment)
{
	size_t start = (slot->room_used + alignment - 1) / alignment * alignment;

	if (start > sizeof(slot->room) || size > sizeof(slot->room) - start)
		return NULL;
	slot->room_used = start + size;
	return slot->room + start;
}

static void *
keep(struct slot *slot, const void *data, size_t size, size_t alignment)
{
	void *place = reserve(slot, size, alignment);

	return place == NULL ? NULL : memcpy(place, data, size);
}

static char *
keep_text(struct slot *slot, const char *text)
{
	return keep(slot, text, strlen(text) + 1, 1);
}

/* With a NULL behind them; NULL if there is no room. */
static char **
keep_pointers(struct slot *slot, char *const *pointers, size_t count)
{
	char *const end = NULL;
	char **kept = keep(slot, pointers, count * sizeof(*pointers), sizeof(*pointers));

	return keep(slot, &end, sizeof(end), sizeof(end)) == NULL ? NULL : kept;
}

static char **
keep_list(struct slot *slot, char *const *list)
{
	char **kept = keep_pointers(slot, list, list_count(list));

	for (char **entry = kept; entry != NULL && *entry != NULL; entry++)
		if ((*entry = keep_text(slot, *entry)) == NULL)
			return NULL;
	return kept;
}

/* In the order of exec_child(). */
static bool
lay_environment(struct slot *slot, const struct exec_request *request)
{
	char *const *const lists[] = { request->global_environment, request->extra_environment,
		request->identity->environment };
	char *entries[ENTRIES_MAX], *entry;
	struct environment environment = { .entries = entries, .size = ENTRIES_MAX };

	if (list_count(environ) + list_count(lists[0]) + list_count(lists[1]) +
		list_count(lists[2]) + 2 >
	    ENTRIES_MAX)
		return false;
	environment_inherit(&environment);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (char *const *next = lists[i]; next != NULL && *next != NULL; next++) {
			if ((entry = keep_text(slot, *next)) == NULL)
				return false;
			environment_set(&environment, entry);
		}
	}
	slot->entries = keep_pointers(slot, entries, environment.count);
	return slot->entries != NULL;
}

static bool
lay_words(struct slot *slot, const struct exec_request *request)
{
	static char shell[] = "/bin/sh", option[] = "-c";
	char *const shell_words[] = { shell, option, (char *)(uintptr_t)request->command, shell,
		NULL };
	const char *errstr;
	char *text;
	int count;

	if (request->shell)
		return (slot->words = keep_list(slot, shell_words)) != NULL;
	if ((text = reserve(slot, strlen(request->command) + 1, 1)) == NULL ||
	    (count = text_split_words(request->command, text, &errstr)) == -1 ||
	    (slot->words = reserve(
		 slot, ((size_t)count + 1) * sizeof(*slot->words), sizeof(*slot->words))) == NULL)
		return false;
	text_point_at_words(text, count, slot->words);
	return true;
}

/* The command in each directory of the PATH of its own environment. */
static bool
lay_paths(struct slot *slot)
{
	const struct environment environment = { .entries = slot->entries,
		.count = list_count(slot->entries) };
	const char *path = environment_get(&environment, "PATH");
	char candidate[PATH_MAX], *paths[PATHS_MAX];
	size_t count = 0;

	if (strchr(slot->words[0], '/') != NULL)
		return (slot->paths = keep_pointers(slot, slot->words, 1)) != NULL;
	for (path = path == NULL ? DEFAULT_PATH : path;; path++) {
		size_t len = strcspn(path, ":");
		int written = snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)len, path,
		    len == 0 ? "" : "/", slot->words[0]);

		if (count == PATHS_MAX || written >= (int)sizeof(candidate) ||
		    (paths[count++] = keep_text(slot, candidate)) == NULL)
			return false;
		path += len;
		if (*path == '\0')
			return (slot->paths = keep_pointers(slot, paths, count)) != NULL;
	}
}

/* Kept open for all: every second program has no use for its input. */
static int
null_fd(void)
{
	static int fd = -1;

	if (fd == -1)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return fd;
}

static uint64_t
changed_signals(void)
{
	static bool known;
	static uint64_t changed;
	struct sigaction action;

	for (int signum = 1; !known && signum <= SIGNALS; signum++)
		if (sigaction(signum, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			changed |= UINT64_C(1) << (signum - 1);
	known = true;
	return changed;
}

static bool
lay_out(struct slot *slot, const struct exec_request *request)
{
	const struct conf_identity *identity = request->identity;
	const int stdio[] = { request->stdin_fd, request->stdout_fd, request->stderr_fd };

	slot->room_used = 0;
	if (!lay_environment(slot, request) || !lay_words(slot, request) || !lay_paths(slot))
		return false;
	slot->directory = NULL;
	if (identity->directory[0] != '\0' &&
	    (slot->directory = keep_text(slot, identity->directory)) == NULL)
		return false;
	for (int i = 0; i < 3; i++)
		if ((slot->stdio[i] = stdio[i] == -1 ? null_fd() : stdio[i]) == -1)
			return false;
	slot->keep_fd = request->keep_fd;
	slot->umask = identity->umask;
	slot->signals = changed_signals();
	slot->has_nofile = request->nofile != NULL;
	if (slot->has_nofile)
		slot->nofile = *request->nofile;
	return true;
}

/* From here to child_main() in the child: nothing but system calls. */

static long
child_prepare(const struct slot *slot)
{
	static const struct kernel_sigaction standard;
	static const uint64_t none;
	long result = 0;

	for (int n = 0; n < SIGNALS; n++)
		if (slot->signals >> n & 1)
			kernel_call(SYS_rt_sigaction, n + 1, (long)&standard, 0, sizeof(none));
	kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, sizeof(none));
	kernel_call(SYS_setsid, 0, 0, 0, 0);
	if (slot->has_nofile)
		result = kernel_call(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&slot->nofile, 0);
	if (result == 0 && slot->umask != CONF_UNSET)
		kernel_call(SYS_umask, (long)slot->umask, 0, 0, 0);
	if (result == 0 && slot->directory != NULL)
		result = kernel_call(SYS_chdir, (long)slot->directory, 0, 0, 0);
	return result;
}

/* All but the four that the program gets close when it executes. */
static long
child_descriptors(const struct slot *slot)
{
	unsigned int first = STDERR_FILENO + 1;
	long result = 0;

	for (int i = 0; i < 3 && result >= 0; i++)
		result = slot->stdio[i] == i ? kernel_call(SYS_fcntl, i, F_SETFD, 0, 0)
					     : kernel_call(SYS_dup3, slot->stdio[i], i, 0, 0);
	if (result >= 0 && slot->keep_fd != -1) {
		if (slot->keep_fd > (int)first)
			result = kernel_call(
			    SYS_close_range, first, slot->keep_fd - 1, CLOSE_RANGE_CLOEXEC, 0);
		if (result >= 0)
			result = kernel_call(SYS_fcntl, slot->keep_fd, F_SETFD, 0, 0);
		first = (unsigned int)slot->keep_fd + 1;
	}
	return result < 0 ? result
			  : kernel_call(SYS_close_range, first, INT_MAX, CLOSE_RANGE_CLOEXEC, 0);
}

static void
child_execute(const struct slot *slot)
{
	long error = -ENOENT;

	for (char **path = slot->paths; *path != NULL; path++) {
		error =
		    kernel_call(SYS_execve, (long)*path, (long)slot->words, (long)slot->entries, 0);
		if (error != -ENOENT && error != -ENOTDIR && error != -EACCES)
			return;
	}
}

static int
child_main(void *arg)
{
	struct slot *slot = arg;
	long error = child_prepare(slot);

	if (error >= 0)
		error = child_descriptors(slot);
	if (error >= 0)
		child_execute(slot);
	__atomic_store_n(&slot->outcome,
	    error == -ENOSYS || error == -EINVAL || error == -EPERM ? REFUSED : FAILED,
	    __ATOMIC_SEQ_CST);
	/* What clone(2) does with it is _exit(2). */
	return 127;
}

/* Until its failure was asked for, a slot belongs to the child that failed. */
static bool
is_free(const struct slot *slot)
{
	return __atomic_load_n(&slot->busy, __ATOMIC_SEQ_CST) == 0 && slot->outcome == UNDECIDED;
}

/* In the order in which they were taken, so that the first one is the oldest. */
static struct slot *
first_free(unsigned int last)
{
	for (unsigned int i = 1; i <= SLOTS; i++)
		if (is_free(&slots[(last + i) % SLOTS]))
			return &slots[(last + i) % SLOTS];
	return NULL;
}

/* NULL if none becomes free in time; then nobody waits any more until one is. */
static struct slot *
find_slot(void)
{
	const struct timespec limit = { .tv_nsec = WAIT_MS * 1000000L };
	static unsigned int last;
	static bool hangs;
	struct slot *slot = first_free(last);

	if (slot == NULL && !hangs) {
		syscall(SYS_futex, &slots[(last + 1) % SLOTS].busy, FUTEX_WAIT, 1, &limit, NULL, 0);
		slot = first_free(last);
	}
	hangs = slot == NULL;
	if (slot != NULL)
		last = (unsigned int)(slot - slots);
	return slot;
}

pid_t
exec_quick(const struct exec_request *request)
{
	struct slot *slot;

	if (refused || !is_plain(request) || (slot = find_slot()) == NULL ||
	    !lay_out(slot, request))
		return 0;
	slot->outcome = UNDECIDED;
	slot->busy = 1;
	/* The stack grows downwards on both. */
	slot->pid = clone(child_main, slot->stack + STACK_BYTES,
	    CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, slot, NULL, NULL, &slot->busy);
	if (slot->pid != -1)
		return slot->pid;
	slot->busy = 0;
	return 0;
}

bool
exec_quick_failed(pid_t pid)
{
	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].pid != pid || slots[i].outcome == UNDECIDED)
			continue;
		refused |= slots[i].outcome == REFUSED;
		slots[i].outcome = UNDECIDED;
		return true;
	}
	return false;
}

#else

pid_t
exec_quick(const struct exec_request *request)
{
	(void)request;
	return 0;
}

bool
exec_quick_failed(pid_t pid)
{
	(void)pid;
	return false;
}

#endif
