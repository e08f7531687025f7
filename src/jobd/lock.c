#include <sys/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "lock.h"
#include "members.h"
#include "output.h"
#include "supervisor.h"
#include "timer.h"

/* How often a lock that an old copy holds is tried again while that copy is being ended. */
#define RETRY_MS 20
/* Every record has this length, so that a new one covers the old one whole. */
#define RECORD_BYTES 128

/* What stands in a lock's file: the leader of the copy that holds it. */
struct holder {
	pid_t pid;
	uint64_t since, until; /* when it was started, in clock ticks, against reused pids */
	char start_id[64];
};

static struct {
	int dir_fd;
	int own_fd; /* of jobd.lock */
	char own_path[200];
} locks = { .dir_fd = -1, .own_fd = -1 };

static int try_lock(int fd);
static void on_retry(evutil_socket_t, short, void *);
static bool name_file(int fd, char *path, size_t size);
static int open_file(const struct program *);
static void write_holder(struct program *, pid_t, uint64_t since, uint64_t until);
static bool read_holder(int fd, struct holder *);
static bool holder_is_alive(const struct holder *);
static bool adopt(struct program *, const struct holder *);
static void end_old_copy(struct program *, const struct holder *);
static bool signal_old_copy(struct program *, const struct holder *, int signum);
static void signal_old(const struct program *, pid_t, int signum);
static void retry_later(struct program *);
static void on_adopted_gone(evutil_socket_t, short, void *);

static int
try_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

int
lock_open_dir(const char *run_dir)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/lock", run_dir);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return -1;
	locks.dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return locks.dir_fd == -1 ? -1 : 0;
}

int
lock_run_dir(const char *run_dir, pid_t *holder)
{
	/*
	 * A lock of the process, not of the open file as the programs' are: a child that is not yet
	 * past its exec() when jobd is killed would hold that one for a moment, and the next jobd
	 * would refuse.
	 */
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char text[32];
	ssize_t len;

	*holder = 0;
	snprintf(locks.own_path, sizeof(locks.own_path), "%s/jobd.pid", run_dir);
	if ((locks.own_fd = open(locks.own_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644)) == -1)
		return -1;
	if (fcntl(locks.own_fd, F_SETLK, &lock) == -1) {
		int error = errno;

		if ((len = pread(locks.own_fd, text, sizeof(text) - 1, 0)) > 0) {
			text[len] = '\0';
			*holder = (pid_t)strtol(text, NULL, 10);
		}
		fd_clear(&locks.own_fd);
		errno = error;
		return -1;
	}
	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(locks.own_fd, 0) == -1 || pwrite(locks.own_fd, text, (size_t)len, 0) != len)
		log_warn("%s", locks.own_path);
	return 0;
}

void
lock_unlock_run_dir(void)
{
	if (locks.own_fd == -1)
		return;
	unlink(locks.own_path);
	fd_clear(&locks.own_fd);
}

void
lock_init(struct program *program)
{
	evtimer_assign(&program->pid_event, supervisor_base(), on_retry, program);
}

static int
open_file(const struct program *program)
{
	char name[PROGRAM_NAME_MAX];

	snprintf(name, sizeof(name), "%s.%d", program->conf->name, program->instance);
	return openat(locks.dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* As every process that has it open shows it in /proc/PID/fd. */
static bool
name_file(int fd, char *path, size_t size)
{
	char link[40];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	if (len <= 0)
		return false;
	path[len] = '\0';
	return true;
}

bool
lock_is_held(const struct program *program, char *path, size_t size)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	bool held = false;
	int fd;

	if (locks.dir_fd == -1 || (fd = open_file(program)) == -1)
		return false;
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		held = name_file(fd, path, size);
	fd_close(fd);
	return held;
}

void
lock_acquire(struct program *program)
{
	struct holder holder;
	bool locked, known;

	lock_release(program);
	if (locks.dir_fd == -1) {
		program_locked(program);
		return;
	}
	if ((program->lock_fd = open_file(program)) == -1) {
		log_warn("%s: its lock can't be opened, starting without", program->name);
		program_locked(program);
		return;
	}
	locked = try_lock(program->lock_fd) == 0;
	/* Of our own last copy we saw the end. */
	known = !(locked && program->swept) && read_holder(program->lock_fd, &holder);
	/* A copy that closed all its descriptors has let go of the lock, but its leader is known.
	 */
	if (locked && !(known && holder_is_alive(&holder))) {
		/* Already before the fork: should we die behind it, the new copy is found by this.
		 */
		write_holder(program, 0, 0, 0);
		program->kills = 0;
		program->old_told = OLD_NOBODY;
		program_locked(program);
		return;
	}
	if (program->kills == 0 && known && program->conf->leftover == CONF_LEFTOVER_ADOPT &&
	    program->conf->role == CONF_ROLE_USER && adopt(program, &holder)) {
		lock_release(program);
		return;
	}
	end_old_copy(program, known ? &holder : NULL);
	lock_release(program);
	retry_later(program);
}

/* Until they have ended they write to the old logger: it goes last.  At its first try they were not
 * looked at yet. */
static bool
is_still_needed(const struct program *program)
{
	const struct program *other;

	if (program->conf->role != CONF_ROLE_LOGGER)
		return false;
	TAILQ_FOREACH (other, supervisor_programs(), entry)
		if (other != program && other->state == STATE_PREPARING && other->kills > 0)
			return true;
	return program->kills == 0;
}

/*
 * In the order of a stop: the stop signal to the leader alone, so that a runner's jobs may finish,
 * and when it is gone to what it left behind; KILL to all when one of them has taken stop_timeout.
 * program->kills counts the tries.
 */
static void
end_old_copy(struct program *program, const struct holder *holder)
{
	bool is_over = program->kills >= program->conf->stop_timeout_ms / RETRY_MS;
	bool has_leader = holder != NULL && holder_is_alive(holder);

	if (is_still_needed(program)) {
		program->kills = 1;
		return;
	}
	if (program->kills++ == 0)
		log_warnx("%s: an old copy (process %d) is still there, ending it first",
		    program->name, holder != NULL ? (int)holder->pid : 0);
	snprintf(program->reason, sizeof(program->reason), "waiting for an old copy to end");
	if (is_over) {
		signal_old_copy(program, holder, SIGKILL);
	} else if (has_leader && program->conf->stop_mode == CONF_STOP_LEADER) {
		if (program->old_told == OLD_NOBODY)
			signal_old(program, holder->pid, (int)program->conf->stop_signal);
		program->old_told = OLD_LEADER;
	} else if (program->old_told != OLD_ALL &&
		   signal_old_copy(program, holder, (int)program->conf->stop_signal)) {
		program->old_told = OLD_ALL;
		program->kills = 1;
	}
}

/* True if anybody of it was found.  One that has not come to exec yet bears no mark: it is found at
 * a later try. */
static bool
signal_old_copy(struct program *program, const struct holder *holder, int signum)
{
	pid_t pids[MEMBERS_MAX];
	char path[PATH_MAX];
	int count = 0;

	if (holder != NULL)
		count = members_of_old(
		    holder->pid, holder->start_id, holder_is_alive(holder), pids, MEMBERS_MAX);
	if (count == 0 && name_file(program->lock_fd, path, sizeof(path)))
		count = members_of_file(path, pids, MEMBERS_MAX);
	for (int i = 0; i < count; i++)
		signal_old(program, pids[i], signum);
	return count > 0;
}

static void
signal_old(const struct program *program, pid_t pid, int signum)
{
	if (kill(pid, signum) == -1 && errno != ESRCH)
		log_warn("%s: old process %d", program->name, (int)pid);
	/* A stopped process can't end before it goes on. */
	kill(pid, SIGCONT);
}

static void
retry_later(struct program *program)
{
	event_del(&program->pid_event);
	evtimer_assign(&program->pid_event, supervisor_base(), on_retry, program);
	timer_start_ms(&program->pid_event, RETRY_MS);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;

	(void)fd;
	(void)what;
	if (program->state == STATE_PREPARING)
		lock_acquire(program);
}

static bool
read_holder(int fd, struct holder *holder)
{
	char text[RECORD_BYTES + 1];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	int pid;

	if (len <= 0)
		return false;
	text[len] = '\0';
	if (sscanf(text, "%d %" SCNu64 " %" SCNu64 " %63s", &pid, &holder->since, &holder->until,
		holder->start_id) != 4)
		return false;
	holder->pid = pid;
	return true;
}

static bool
holder_is_alive(const struct holder *holder)
{
	uint64_t ticks;

	if (holder->pid <= 1 || holder->until == 0)
		return false;
	ticks = members_start_ticks(holder->pid);
	return ticks >= holder->since && ticks <= holder->until && ticks != 0;
}

static void
write_holder(struct program *program, pid_t pid, uint64_t since, uint64_t until)
{
	char text[RECORD_BYTES + 1];
	int len = snprintf(text, sizeof(text), "%d %" PRIu64 " %" PRIu64 " %s", (int)pid, since,
	    until, program->start_id);

	memset(text + len, ' ', (size_t)(RECORD_BYTES - len));
	text[RECORD_BYTES - 1] = '\n';
	if (pwrite(program->lock_fd, text, RECORD_BYTES, 0) != RECORD_BYTES)
		log_warn("%s: lock file", program->name);
}

void
lock_hand_over(struct program *program, uint64_t since)
{
	if (program->lock_fd == -1)
		return;
	write_holder(program, program->pid, since, members_ticks_now());
	/* From here on only the members hold it. */
	fd_clear(&program->lock_fd);
}

bool
lock_again(struct program *program)
{
	lock_release(program);
	if (locks.dir_fd == -1 || (program->lock_fd = open_file(program)) == -1)
		return true;
	if (try_lock(program->lock_fd) == 0)
		return true;
	lock_release(program);
	return false;
}

void
lock_release(struct program *program)
{
	fd_clear(&program->lock_fd);
}

/* The old leader is not our child: its end is seen through a pidfd, its exit code by nobody. */
static bool
adopt(struct program *program, const struct holder *holder)
{
	int fd;

	if (!holder_is_alive(holder) || (fd = (int)syscall(SYS_pidfd_open, holder->pid, 0)) == -1)
		return false;
	fd_set_cloexec(fd, true);
	program->pid_fd = fd;
	program->pid = program->session = holder->pid;
	strlcpy(program->start_id, holder->start_id, sizeof(program->start_id));
	output_adopt(program);
	event_del(&program->pid_event);
	event_assign(&program->pid_event, supervisor_base(), fd, EV_READ, on_adopted_gone, program);
	event_add(&program->pid_event, NULL);
	program->reason[0] = '\0';
	program_adopted(program);
	return true;
}

static void
on_adopted_gone(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	program_lost(arg);
}
