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

#include "builtin.h"
#include "listen.h"
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

static void on_report(evutil_socket_t, short, void *);
static pid_t fork_child(void);
static void make_extra(
    const struct program *, char text[EXTRA_MAX][200], char *extra[EXTRA_MAX + 1]);
static _Noreturn void run_leader(struct program *, int error_fd, int ready_fd);
static size_t collect_listen(const struct program *, struct exec_listen *, size_t max);
static void fill_request(struct program *, struct exec_request *);

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
	sigset_t all, saved;
	pid_t pid;
	int error;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_NOFILE, &own.nofile);
		unsetenv("NOTIFY_SOCKET");
		return 0;
	}
	error = errno;
	sigprocmask(SIG_SETMASK, &saved, NULL);
	errno = error;
	return pid;
}

int
spawn_leader(struct program *program)
{
	int report[2] = { -1, -1 }, ready[2] = { -1, -1 };
	pid_t pid;

	spawn_cancel(program);
	if (pipe2(report, O_CLOEXEC) == -1)
		return -1;
	if (program->conf->ready == CONF_READY_FD && pipe2(ready, O_CLOEXEC) == -1)
		goto fail;
	if (listen_open(program) == -1 || builtin_prepare(program) == -1)
		goto fail;
	if ((pid = fork_child()) == -1)
		goto fail;
	if (pid == 0)
		run_leader(program, report[1], ready[1]);
	/* Also here, so that the group exists whoever runs first. */
	program->pid = program->session = pid;
	fd_close(report[1]);
	fd_close(ready[1]);
	fd_set_nonblocking(report[0], true);
	program->spawn_fd = report[0];
	if (ready[0] != -1) {
		fd_set_nonblocking(ready[0], true);
		fd_clear(&program->ready_fd);
		program->ready_fd = ready[0];
	}
	event_assign(&program->spawn_event, supervisor_base(), program->spawn_fd, EV_READ,
	    on_report, program);
	event_add(&program->spawn_event, NULL);
	return 0;
fail:
	fd_close(report[0]);
	fd_close(report[1]);
	fd_close(ready[0]);
	fd_close(ready[1]);
	return -1;
}

/* In the child. */
static _Noreturn void
run_leader(struct program *program, int error_fd, int ready_fd)
{
	struct exec_request request;
	struct exec_listen listen[LISTEN_MAX];
	char text[EXTRA_MAX][200], command[PATH_MAX + 2], *extra[EXTRA_MAX + 1];

	program->pid = program->session = getpid();
	fill_request(program, &request);
	make_extra(program, text, extra);
	request.extra_environment = extra;
	if (program->conf->role != CONF_ROLE_USER) {
		request.command = builtin_command(program, command, sizeof(command));
		request.shell = false;
	}
	request.listen = listen;
	request.listen_count = collect_listen(program, listen, LISTEN_MAX);
	request.extra_fd = ready_fd;
	request.extra_fd_target = (int)program->conf->ready_value;
	request.keep_fd = program->lock_fd;
	exec_child(&request, error_fd);
}

static void
fill_request(struct program *program, struct exec_request *request)
{
	*request = (struct exec_request){ .command = program->conf->command,
		.shell = program->conf->shell,
		.identity = &program->conf->identity,
		.global_environment = program->generation->conf->environment,
		.stdin_fd = -1,
		.stdout_fd = output_child_fd(program, OUTPUT_STDOUT),
		.stderr_fd = output_child_fd(program, OUTPUT_STDERR),
		.extra_fd = -1,
		.keep_fd = -1 };
}

static size_t
collect_listen(const struct program *program, struct exec_listen *listen, size_t max)
{
	size_t count = builtin_listen(program, listen, max);

	for (size_t i = 0; i < program->listen_count && count < max; i++)
		listen[count++] =
		    (struct exec_listen){ program->listen_fds[i], program->conf->name };
	return count;
}

static void
make_extra(const struct program *program, char text[EXTRA_MAX][200], char *extra[EXTRA_MAX + 1])
{
	const struct conf_program *conf = program->conf;
	int n = 0;

	snprintf(text[n++], 200, "JOBD_RUN_DIR=%s", program->generation->conf->run_dir);
	snprintf(text[n++], 200, "JOBD_PROGRAM=%s", conf->name);
	snprintf(text[n++], 200, "JOBD_INSTANCE=%d", program->instance);
	snprintf(text[n++], 200, "JOBD_START_ID=%s", program->start_id);
	snprintf(text[n++], 200, "JOBD_STOP_TIMEOUT_MS=%" PRId64, conf->stop_timeout_ms);
	if (ready_socket_path() != NULL &&
	    (conf->ready == CONF_READY_NOTIFY || conf->watchdog_ms > 0))
		snprintf(text[n++], 200, "NOTIFY_SOCKET=%s", ready_socket_path());
	if (conf->watchdog_ms > 0) {
		snprintf(text[n++], 200, "WATCHDOG_USEC=%" PRId64, conf->watchdog_ms * 1000);
		snprintf(text[n++], 200, "WATCHDOG_PID=%d", (int)getpid());
	}
	for (int i = 0; i < n; i++)
		extra[i] = text[i];
	extra[n] = NULL;
}

pid_t
spawn_hook(struct program *program, const char *command)
{
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork_child()) == 0) {
		struct exec_request request;
		char text[EXTRA_MAX][200], *extra[EXTRA_MAX + 1];

		fill_request(program, &request);
		request.command = command;
		make_extra(program, text, extra);
		request.extra_environment = extra;
		request.keep_fd = program->lock_fd;
		exec_child(&request, report[1]);
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
	ssize_t len;

	if (program->spawn_fd == -1)
		return;
	len = read(program->spawn_fd, &failure, sizeof(failure));
	if (len == -1 && (errno == EAGAIN || errno == EINTR)) {
		event_add(&program->spawn_event, NULL);
		return;
	}
	spawn_cancel(program);
	if (len != sizeof(failure))
		return;
	failure.text[sizeof(failure.text) - 1] = '\0';
	program->forced = EXIT_REASON_SPAWN_FAILED;
	program->exit.spawn_errno = failure.error;
	program->exit.code = -1;
	program->exit.signal = 0;
	strlcpy(program->reason, failure.text, sizeof(program->reason));
	log_warnx("%s: %s", program->name, failure.text);
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
