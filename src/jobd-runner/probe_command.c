#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/signame.h"
#include "exec/exec.h"
#include "members/members.h"
#include "probe.h"

#define MEMBERS_MAX 256

static pid_t fork_command(struct probe *, int output_fd, int report_fd);
static void read_output(struct probe *);
static void on_output(evutil_socket_t, short events, void *probe);
static const char *first_line(struct probe *);

/* As the program itself would be: its user, its environment, its limits. */
static pid_t
fork_command(struct probe *probe, int output_fd, int report_fd)
{
	char name[100], instance[40];
	char *environment[] = { name, instance, probe->tag, NULL };
	struct exec_request request = { .command = probe->program->check.command,
		.shell = probe->program->shell,
		.identity = &probe->program->identity,
		.global_environment = probe->probes->environment,
		.extra_environment = environment,
		.stdin_fd = -1,
		.stdout_fd = output_fd,
		.stderr_fd = output_fd,
		.extra_fd = -1,
		.keep_fd = -1 };
	sigset_t all, before;
	pid_t pid;

	snprintf(name, sizeof(name), "JOBD_PROGRAM=%s", probe->program->name);
	snprintf(instance, sizeof(instance), "JOBD_INSTANCE=%d", probe->instance);
	snprintf(probe->tag, sizeof(probe->tag), "JOBD_PROBE_ID=%d.%llu", (int)getpid(),
	    ++probe->probes->tries);
	/* Our handlers must not run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if ((pid = fork()) == 0)
		exec_child(&request, report_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static void
start(struct probe *probe)
{
	int output[2], report[2];

	probe->output_len = 0;
	probe->ended = false;
	if (pipe2(output, O_CLOEXEC) == -1) {
		probe_cannot(probe, "pipe: %s", strerror(errno));
		return;
	}
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1) {
		fd_close(output[0]);
		fd_close(output[1]);
		probe_cannot(probe, "pipe: %s", strerror(errno));
		return;
	}
	probe->fd = output[0];
	probe->report_fd = report[0];
	probe->pid = fork_command(probe, output[1], report[1]);
	fd_close(output[1]);
	fd_close(report[1]);
	if (probe->pid == -1) {
		probe->pid = 0;
		probe_cannot(probe, "fork: %s", strerror(errno));
		return;
	}
	fd_set_nonblocking(probe->fd, true);
	probe->ready =
	    event_new(probe->probes->base, probe->fd, EV_READ | EV_PERSIST, on_output, probe);
	if (probe->ready == NULL || event_add(probe->ready, NULL) == -1)
		probe_cannot(probe, "out of memory");
}

/* Nothing of it stays: what it left behind, too, is ended. */
static void
stop(struct probe *probe)
{
	pid_t pids[MEMBERS_MAX];
	struct members_query query = { .leader = probe->ended ? 0 : probe->pid,
		.session = probe->pid,
		.group = probe->pid,
		.tag = probe->tag };
	size_t count = probe->pid > 0 ? members_find(&query, pids, MEMBERS_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		members_signal(&query, pids[i], SIGKILL);
	probe->pid = 0;
	if (probe->ready != NULL)
		event_free(probe->ready);
	probe->ready = NULL;
	fd_clear(&probe->fd);
	fd_clear(&probe->report_fd);
}

/* The beginning is kept, the rest is read and forgotten. */
static void
read_output(struct probe *probe)
{
	char buf[4096];
	ssize_t len = read(probe->fd, buf, sizeof(buf));
	size_t room = sizeof(probe->output) - 1 - probe->output_len;

	if (len == 0 || (len == -1 && errno != EAGAIN && errno != EINTR))
		event_del(probe->ready);
	if (len <= 0)
		return;
	if ((size_t)len < room)
		room = (size_t)len;
	memcpy(probe->output + probe->output_len, buf, room);
	probe->output_len += room;
}

static void
on_output(evutil_socket_t fd, short events, void *probe)
{
	(void)fd;
	(void)events;
	read_output(probe);
}

static const char *
first_line(struct probe *probe)
{
	struct exec_failure failure;

	if (read(probe->report_fd, &failure, sizeof(failure)) == sizeof(failure)) {
		failure.text[sizeof(failure.text) - 1] = '\0';
		snprintf(probe->output, sizeof(probe->output), "%.150s", failure.text);
		return probe->output;
	}
	read_output(probe);
	probe->output[probe->output_len] = '\0';
	probe->output[strcspn(probe->output, "\r\n")] = '\0';
	return probe->output;
}

bool
probe_command_ended(struct probe *probe, pid_t pid, int wait_status)
{
	const char *line;
	char how[60];

	if (probe->pid != pid || pid == 0)
		return false;
	probe->ended = true;
	if (WIFSIGNALED(wait_status))
		snprintf(how, sizeof(how), "killed by %s", signame_text(WTERMSIG(wait_status)));
	else
		snprintf(how, sizeof(how), "exit code %d", WEXITSTATUS(wait_status));
	line = first_line(probe);
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
		probe_finish(probe, true, "%s", "");
	else
		probe_finish(probe, false, "%s%s%.120s", how, line[0] != '\0' ? ": " : "", line);
	return true;
}

const struct probe_kind probe_command_kind = { .start = start, .stop = stop };
