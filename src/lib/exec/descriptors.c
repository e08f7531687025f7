#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "exec/internal.h"

#define FIRST_LISTEN_FD 3
/* stdin, stdout, stderr, the readiness descriptor, the lock and the report. */
#define OTHERS_MAX 6

/* One descriptor on its way; target -1: any number, -2: any number and close-on-exec. */
struct move {
	int source, target;
	const char *name;
};

enum { TARGET_ANY = -1, TARGET_REPORT = -2 };

static void moves_collect(const struct exec_request *, struct move *, size_t *count);
static int moves_floor(const struct move *, size_t count);
static void lift(struct move *, int floor);
static void place(const struct move *);
static void close_others(const struct move *, size_t count);
static void close_between(unsigned int first, unsigned int last);
static void close_listed(unsigned int first, unsigned int last);

static void
moves_collect(const struct exec_request *request, struct move *moves, size_t *count)
{
	const int stdio[] = { request->stdin_fd, request->stdout_fd, request->stderr_fd };
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	int null = -1;

	for (int i = 0; i < 3; i++) {
		int source = stdio[i];

		if (source == -1 && null == -1 &&
		    (null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
			exec_fail(errno, "can't open /dev/null");
		moves[(*count)++] = (struct move){ source == -1 ? null : source, i, names[i] };
	}
	for (size_t i = 0; i < request->listen_count; i++)
		moves[(*count)++] = (struct move){ request->listen[i].fd, FIRST_LISTEN_FD + (int)i,
			request->listen[i].name };
	if (request->extra_fd != -1)
		moves[(*count)++] =
		    (struct move){ request->extra_fd, request->extra_fd_target, "readiness" };
	if (request->keep_fd != -1)
		moves[(*count)++] = (struct move){ request->keep_fd, TARGET_ANY, "lock" };
	moves[(*count)++] = (struct move){ exec_report_fd(), TARGET_REPORT, "report" };
}

/* The first number above all targets. */
static int
moves_floor(const struct move *moves, size_t count)
{
	int floor = FIRST_LISTEN_FD;

	for (size_t i = 0; i < count; i++)
		if (moves[i].target >= floor)
			floor = moves[i].target + 1;
	return floor;
}

/* Sources among the targets would be overwritten before they are placed: they go above them. */
static void
lift(struct move *move, int floor)
{
	int lifted;

	if (move->source >= floor || move->source == move->target)
		return;
	if ((lifted = fcntl(move->source, F_DUPFD_CLOEXEC, floor)) == -1)
		exec_fail(errno, "can't move descriptor %d (%s)", move->source, move->name);
	move->source = lifted;
	if (move->target == TARGET_REPORT)
		exec_report_to(lifted);
}

/* dup2() on itself would keep close-on-exec, so that case only clears the flag. */
static void
place(const struct move *move)
{
	if (move->target == TARGET_REPORT)
		return;
	if (move->target == TARGET_ANY || move->target == move->source) {
		if (fcntl(move->source, F_SETFD, 0) == -1)
			exec_fail(
			    errno, "can't pass on descriptor %d (%s)", move->source, move->name);
	} else if (dup2(move->source, move->target) == -1) {
		exec_fail(errno, "can't pass on %s as descriptor %d", move->name, move->target);
	}
}

/* For kernels without close_range(2) and sandboxes that forbid it. */
static void
close_listed(unsigned int first, unsigned int last)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	const char *errstr;
	int64_t fd;

	if (dir == NULL)
		exec_fail(errno, "can't close the other descriptors: /proc/self/fd");
	while ((entry = readdir(dir)) != NULL)
		if (text_to_int(entry->d_name, first, last, &fd, &errstr) == 0 && fd != dirfd(dir))
			close((int)fd);
	closedir(dir);
}

static void
close_between(unsigned int first, unsigned int last)
{
	if (first <= last && close_range(first, last, 0) == -1)
		close_listed(first, last);
}

/* Closes the gaps between the numbers that stay. */
static void
close_others(const struct move *moves, size_t count)
{
	unsigned int first = 0;

	for (;;) {
		unsigned int next = UINT_MAX;

		for (size_t i = 0; i < count; i++) {
			unsigned int fd = (unsigned int)(moves[i].target >= 0 ? moves[i].target
									      : moves[i].source);

			if (fd >= first && fd < next)
				next = fd;
		}
		if (next == UINT_MAX)
			break;
		if (next > first)
			close_between(first, next - 1);
		first = next + 1;
	}
	close_between(first, INT_MAX);
}

void
descriptors_place(const struct exec_request *request)
{
	struct move *moves = calloc(request->listen_count + OTHERS_MAX, sizeof(*moves));
	size_t count = 0;
	int floor;

	if (moves == NULL)
		exec_fail(ENOMEM, "can't place the descriptors");
	if (request->extra_fd != -1 &&
	    request->extra_fd_target < FIRST_LISTEN_FD + (int)request->listen_count)
		exec_fail(0, "descriptor %d can't be the one for readiness: it is taken",
		    request->extra_fd_target);
	moves_collect(request, moves, &count);
	floor = moves_floor(moves, count);
	for (size_t i = 0; i < count; i++)
		lift(&moves[i], floor);
	for (size_t i = 0; i < count; i++)
		place(&moves[i]);
	close_others(moves, count);
	free(moves);
}
