#include <sys/types.h>
#include <sys/resource.h>
#include <sys/wait.h>

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
#include "exec/exec.h"
#include "exec/quick.h"

#include "builtin.h"
#include "listen.h"
#include "lock.h"
#include "members.h"
#include "output.h"
#include "ready.h"
#include "spawn.h"
#include "supervisor.h"

#define LISTEN_MAX 32
#define EXTRA_MAX  10

static struct {
	struct rlimit nofile;
	int64_t starts; /* counted for start ids */
	int64_t boot;   /* start of this jobd, for start ids */
	int detach_fd;
} own = { .detach_fd = -1 };

/* A request with what it points to. */
struct launch {
	struct exec_request request;
	struct exec_listen listen[LISTEN_MAX];
	char command[PATH_MAX + 2];
	char text[EXTRA_MAX][200], *extra[EXTRA_MAX + 1];
	bool tells_pid; /* the environment has the child's pid in it */
};

static void on_report(evutil_socket_t, short, void *);
static pid_t fork_child(void);
static void block_signals(sigset_t *saved);
static void unblock_signals(const sigset_t *saved);
static pid_t start_quickly(const struct program *, const struct launch *);
static pid_t start_by_fork(struct program *, struct launch *, int ready_fd);
static void lay_out(const struct program *, int ready_fd, struct launch *);
static void make_extra(const struct program *, struct launch *);
static bool read_report(struct program *, struct exec_failure *);
static size_t collect_listen(const struct program *, struct exec_listen *, size_t max);
static void fill_request(const struct program *, struct exec_request *);

void
spawn_prepare(void)
{
	static const char *const ours[] = { "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
		"WATCHDOG_USEC", "WATCHDOG_PID", "JOBD_START_ID", "JOBD_PROGRAM", "JOBD_INSTANCE" };

	getrlimit(RLIMIT_NOFILE, &own.nofile);
	own.boot = walltime_now().us;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		unsetenv(ours[i]);
}

void
spawn_raise_limits(void)
{
	struct rlimit limit = own.nofile;

	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("setrlimit of open files to %ju", (uintmax_t)limit.rlim_max);
}

void
spawn_init(struct program *program)
{
	event_assign(&program->spawn_event, supervisor_base(), -1, 0, on_report, program);
}

void
spawn_cancel(struct program *program)
{
	event_del(&program->spawn_event);
	fd_clear(&program->spawn_fd);
}

void
spawn_new_id(struct program *program)
{
	snprintf(program->start_id, sizeof(program->start_id), "%" PRIx64 ".%" PRIx64 ".%d",
	    (uint64_t)own.boot, (uint64_t)++own.starts, (int)getpid());
}

/* fork(2) with all signals blocked in the child; exec_child unblocks them after the dispositions
 * are back. */
static pid_t
fork_child(void)
{
	sigset_t saved;
	pid_t pid;

	/* The child would write it, too. */
	log_flush();
	block_signals(&saved);
	if ((pid = fork()) == 0) {
		unsetenv("NOTIFY_SOCKET");
		return 0;
	}
	unblock_signals(&saved);
	return pid;
}

static void
block_signals(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, saved);
}

static void
unblock_signals(const sigset_t *saved)
{
	int error = errno;

	sigprocmask(SIG_SETMASK, saved, NULL);
	errno = error;
}

int
spawn_leader(struct program *program)
{
	int ready[2] = { -1, -1 };
	struct launch launch;
	pid_t pid = -1;

	spawn_cancel(program);
	if (program->conf->ready == CONF_READY_FD && pipe2(ready, O_CLOEXEC) == -1)
		return -1;
	if (listen_open(program) == 0 && builtin_prepare(program) == 0) {
		lay_out(program, ready[1], &launch);
		if ((pid = start_quickly(program, &launch)) == 0)
			pid = start_by_fork(program, &launch, ready[1]);
	}
	fd_close(ready[1]);
	if (pid == -1) {
		fd_close(ready[0]);
		return -1;
	}
	/* Also here, so that the group exists whoever runs first. */
	program->pid = program->session = pid;
	if (ready[0] != -1) {
		fd_set_nonblocking(ready[0], true);
		fd_clear(&program->ready_fd);
		program->ready_fd = ready[0];
	}
	return 0;
}

/* The short way; 0 if it does not go so.  Nobody hears when it has executed, so it is not for those
 * that are ready by that. */
static pid_t
start_quickly(const struct program *program, const struct launch *launch)
{
	sigset_t saved;
	pid_t pid;

	if (launch->tells_pid || program->conf->start_seconds_ms == 0)
		return 0;
	block_signals(&saved);
	pid = exec_quick(&launch->request);
	unblock_signals(&saved);
	return pid;
}

bool
spawn_again(struct program *program)
{
	uint64_t since = members_ticks_now();
	struct launch launch;
	pid_t pid;

	if (!exec_quick_failed(program->pid) || program->state != STATE_STARTING ||
	    !lock_again(program))
		return false;
	lay_out(program, -1, &launch);
	if ((pid = start_by_fork(program, &launch, -1)) == -1)
		return false;
	program->pid = program->session = pid;
	lock_hand_over(program, since);
	return true;
}

static pid_t
start_by_fork(struct program *program, struct launch *launch, int ready_fd)
{
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork_child()) == 0) {
		/* Again, with our own pid. */
		lay_out(program, ready_fd, launch);
		exec_child(&launch->request, report[1]);
	}
	fd_close(report[1]);
	if (pid == -1) {
		fd_close(report[0]);
		return -1;
	}
	fd_set_nonblocking(report[0], true);
	program->spawn_fd = report[0];
	event_assign(&program->spawn_event, supervisor_base(), program->spawn_fd, EV_READ,
	    on_report, program);
	event_add(&program->spawn_event, NULL);
	return pid;
}

static void
lay_out(const struct program *program, int ready_fd, struct launch *launch)
{
	struct exec_request *request = &launch->request;

	fill_request(program, request);
	make_extra(program, launch);
	request->extra_environment = launch->extra;
	if (program->conf->role != CONF_ROLE_USER) {
		request->command =
		    builtin_command(program, launch->command, sizeof(launch->command));
		request->shell = false;
	}
	request->listen = launch->listen;
	request->listen_count = collect_listen(program, launch->listen, LISTEN_MAX);
	request->extra_fd = ready_fd;
	request->extra_fd_target = (int)program->conf->ready_value;
	request->keep_fd = program->lock_fd;
}

static void
fill_request(const struct program *program, struct exec_request *request)
{
	*request = (struct exec_request){ .command = program->conf->command,
		.shell = program->conf->shell,
		.identity = &program->conf->identity,
		.global_environment = program->generation->conf->environment,
		.stdin_fd = -1,
		.stdout_fd = output_child_fd(program, OUTPUT_STDOUT),
		.stderr_fd = output_child_fd(program, OUTPUT_STDERR),
		.extra_fd = -1,
		.nofile = &own.nofile,
		.keep_fd = -1 };
}

static size_t
collect_listen(const struct program *program, struct exec_listen *listen, size_t max)
{
	size_t count = builtin_listen(program, listen, max);

	for (size_t i = 0; i < program->listen_count && count < max; i++)
		listen[count++] = (struct exec_listen){ program->listen_fds[i],
			builtin_listen_name(program, program->conf->listen[i]) };
	return count;
}

static void
make_extra(const struct program *program, struct launch *launch)
{
	const struct conf_program *conf = program->conf;
	char(*text)[200] = launch->text;
	int n = 0;

	snprintf(text[n++], 200, "JOBD_RUN_DIR=%s", program->generation->conf->run_dir);
	snprintf(text[n++], 200, "JOBD_PROGRAM=%s", conf->name);
	snprintf(text[n++], 200, "JOBD_INSTANCE=%d", program->instance);
	snprintf(text[n++], 200, "JOBD_START_ID=%s", program->start_id);
	snprintf(text[n++], 200, "JOBD_STOP_TIMEOUT_MS=%" PRId64, conf->stop_timeout_ms);
	if (ready_socket_path() != NULL &&
	    (conf->ready == CONF_READY_NOTIFY || conf->watchdog_ms > 0))
		snprintf(text[n++], 200, "NOTIFY_SOCKET=%s", ready_socket_path());
	launch->tells_pid = conf->watchdog_ms > 0;
	if (launch->tells_pid) {
		snprintf(text[n++], 200, "WATCHDOG_USEC=%" PRId64, conf->watchdog_ms * 1000);
		snprintf(text[n++], 200, "WATCHDOG_PID=%d", (int)getpid());
	}
	for (int i = 0; i < n; i++)
		launch->extra[i] = text[i];
	launch->extra[n] = NULL;
}

pid_t
spawn_hook(struct program *program, const char *command)
{
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork_child()) == 0) {
		struct launch launch;

		fill_request(program, &launch.request);
		launch.request.command = command;
		make_extra(program, &launch);
		launch.request.extra_environment = launch.extra;
		launch.request.keep_fd = program->lock_fd;
		exec_child(&launch.request, report[1]);
	}
	fd_close(report[1]);
	fd_clear(&program->hook_fd);
	if (pid == -1) {
		fd_close(report[0]);
		return -1;
	}
	fd_set_nonblocking(report[0], true);
	program->hook_fd = report[0];
	return pid;
}

bool
spawn_hook_failure(struct program *program, char *text, size_t size)
{
	struct exec_failure failure;
	ssize_t len = read(program->hook_fd, &failure, sizeof(failure));

	fd_clear(&program->hook_fd);
	if (len != sizeof(failure))
		return false;
	failure.text[sizeof(failure.text) - 1] = '\0';
	strlcpy(text, failure.text, size);
	return true;
}

static void
on_report(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;

	(void)fd;
	(void)what;
	spawn_read_failure(program);
	if (program->forced != EXIT_REASON_SPAWN_FAILED && program->state == STATE_STARTING)
		ready_executed(program);
}

void
spawn_read_failure(struct program *program)
{
	struct exec_failure failure;

	if (!read_report(program, &failure))
		return;
	failure.text[sizeof(failure.text) - 1] = '\0';
	program->forced = EXIT_REASON_SPAWN_FAILED;
	program->exit.spawn_errno = failure.error;
	program->exit.code = -1;
	program->exit.signal = 0;
	strlcpy(program->reason, failure.text, sizeof(program->reason));
	log_warnx("%s: %s", program->name, failure.text);
}

static bool
read_report(struct program *program, struct exec_failure *failure)
{
	ssize_t len;

	if (program->spawn_fd == -1)
		return false;
	len = read(program->spawn_fd, failure, sizeof(*failure));
	if (len == -1 && (errno == EAGAIN || errno == EINTR)) {
		event_add(&program->spawn_event, NULL);
		return false;
	}
	spawn_cancel(program);
	return len == sizeof(*failure);
}

pid_t
spawn_worker(int (*work)(int out_fd, void *arg), void *arg, int *fd)
{
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork_child()) == 0) {
		close(out[0]);
		setrlimit(RLIMIT_NOFILE, &own.nofile);
		_exit(work(out[1], arg));
	}
	fd_close(out[1]);
	if (pid == -1) {
		fd_close(out[0]);
		return -1;
	}
	fd_set_nonblocking(out[0], true);
	*fd = out[0];
	return pid;
}

int
spawn_detach(void)
{
	int fds[2], null_fd;
	char good;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork()) == -1)
		return -1;
	if (pid != 0) {
		close(fds[1]);
		/* One byte: it works.  None: it has said why not, and exits 1. */
		_exit(read(fds[0], &good, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(fds[0]);
	own.detach_fd = fds[1];
	if (setsid() == -1 || chdir("/") == -1)
		return -1;
	if ((null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return -1;
	dup2(null_fd, STDIN_FILENO);
	close(null_fd);
	return 0;
}

void
spawn_detach_done(void)
{
	int null_fd;

	if (own.detach_fd == -1)
		return;
	if ((null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		dup2(null_fd, STDOUT_FILENO);
		dup2(null_fd, STDERR_FILENO);
		close(null_fd);
	}
	if (write(own.detach_fd, "", 1) != 1)
		log_warn("telling the starter that we run");
	fd_clear(&own.detach_fd);
}
