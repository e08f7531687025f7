#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/verbs.h"

#include "ready.h"
#include "supervisor.h"
#include "timer.h"

#define TCP_PROBE_MS       50
#define NOTIFY_MESSAGE_MAX 4096

static void on_timer(evutil_socket_t, short, void *);
static void on_fd(evutil_socket_t, short, void *);
static void on_tcp(evutil_socket_t, short, void *);
static void on_overdue(evutil_socket_t, short, void *);
static void on_notify(evutil_socket_t, short, void *);
static void probe_tcp(struct program *);
static void notify_line(struct program *, const char *line);

static struct {
	int fd;
	char path[108];
	struct event event;
} notify = { .fd = -1 };

void
ready_init(struct program *program)
{
	evtimer_assign(&program->ready_timer, supervisor_base(), on_timer, program);
	evtimer_assign(&program->overdue_timer, supervisor_base(), on_overdue, program);
	event_assign(&program->ready_event, supervisor_base(), -1, 0, on_fd, program);
}

/* Those that are ready after a time need no limit for it. */
static bool
has_start_timeout(const struct conf_program *conf)
{
	return conf->start_timeout_ms > 0 && conf->ready != CONF_READY_SECONDS &&
	       conf->ready != CONF_READY_DELAY;
}

void
ready_watch(struct program *program)
{
	const struct conf_program *conf = program->conf;

	switch ((enum conf_ready)conf->ready) {
	case CONF_READY_SECONDS:
		if (!conf->oneshot && conf->start_seconds_ms > 0)
			timer_start_ms(&program->ready_timer, conf->start_seconds_ms);
		break;
	case CONF_READY_DELAY:
		timer_start_ms(&program->ready_timer, conf->ready_value);
		break;
	case CONF_READY_FD:
		event_assign(&program->ready_event, supervisor_base(), program->ready_fd,
		    EV_READ | EV_PERSIST, on_fd, program);
		event_add(&program->ready_event, NULL);
		break;
	case CONF_READY_TCP:
		timer_start_ms(&program->ready_timer, 1);
		break;
	case CONF_READY_NOTIFY:
	case CONF_READY_CHECK:
		break;
	}
	if (has_start_timeout(conf))
		timer_start_ms(&program->overdue_timer, conf->start_timeout_ms);
}

void
ready_executed(struct program *program)
{
	if (program->conf->ready == CONF_READY_SECONDS && program->conf->start_seconds_ms == 0 &&
	    !program->conf->oneshot)
		program_ready(program);
}

void
ready_watchdog(struct program *program)
{
	if (program->conf->watchdog_ms > 0)
		timer_start_ms(&program->overdue_timer, program->conf->watchdog_ms);
	else
		event_del(&program->overdue_timer);
}

void
ready_cancel(struct program *program)
{
	event_del(&program->ready_timer);
	event_del(&program->overdue_timer);
	event_del(&program->ready_event);
	fd_clear(&program->ready_fd);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;

	(void)fd;
	(void)what;
	if (program->conf->ready == CONF_READY_TCP)
		probe_tcp(program);
	else
		program_ready(program);
}

static void
on_overdue(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;

	(void)fd;
	(void)what;
	program_overdue(
	    program, program->was_ready ? EXIT_REASON_WATCHDOG : EXIT_REASON_START_TIMEOUT);
}

/* As for s6: everything up to the first newline means nothing; the newline means ready. */
static void
on_fd(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;
	char buf[256];
	ssize_t len = read(fd, buf, sizeof(buf));

	(void)what;
	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0 && memchr(buf, '\n', (size_t)len) == NULL)
		return;
	event_del(&program->ready_event);
	fd_clear(&program->ready_fd);
	if (len > 0)
		program_ready(program);
}

/* Begins a connection; whether it comes about is seen in on_tcp. */
static void
probe_tcp(struct program *program)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)program->conf->ready_value) };
	struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6, .sin6_port = addr.sin_port };
	const char *host = program->conf->ready_address;
	bool is_ipv6 = host[0] != '\0' && inet_pton(AF_INET6, host, &addr6.sin6_addr) == 1;
	struct sockaddr *to = is_ipv6 ? (struct sockaddr *)&addr6 : (struct sockaddr *)&addr;

	if (host[0] == '\0' || inet_pton(AF_INET, host, &addr.sin_addr) != 1)
		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd_clear(&program->ready_fd);
	program->ready_fd =
	    socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (program->ready_fd == -1 ||
	    (connect(program->ready_fd, to, is_ipv6 ? sizeof(addr6) : sizeof(addr)) == -1 &&
		errno != EINPROGRESS)) {
		timer_start_ms(&program->ready_timer, TCP_PROBE_MS);
		return;
	}
	event_assign(
	    &program->ready_event, supervisor_base(), program->ready_fd, EV_WRITE, on_tcp, program);
	event_add(&program->ready_event, NULL);
}

static void
on_tcp(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	fd_clear(&program->ready_fd);
	if (error == 0)
		program_ready(program);
	else
		timer_start_ms(&program->ready_timer, TCP_PROBE_MS);
}

int
ready_open_socket(const char *run_dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int on = 1;

	snprintf(notify.path, sizeof(notify.path), "%s/%s", run_dir, PROTO_NOTIFY_SOCKET);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", notify.path);
	unlink(notify.path);
	notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify.fd == -1)
		return -1;
	/* Programs of any user may write; who they are the kernel tells. */
	if (bind(notify.fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    chmod(notify.path, 0666) == -1 ||
	    setsockopt(notify.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1) {
		fd_clear(&notify.fd);
		return -1;
	}
	event_assign(
	    &notify.event, supervisor_base(), notify.fd, EV_READ | EV_PERSIST, on_notify, NULL);
	event_add(&notify.event, NULL);
	return 0;
}

void
ready_close_socket(void)
{
	if (notify.fd == -1)
		return;
	event_del(&notify.event);
	unlink(notify.path);
	fd_clear(&notify.fd);
}

const char *
ready_socket_path(void)
{
	return notify.fd == -1 ? NULL : notify.path;
}

static void
on_notify(evutil_socket_t fd, short what, void *arg)
{
	char text[NOTIFY_MESSAGE_MAX], *next = text, *line;
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int) * 16)];
	} control;
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	struct program *program = NULL;
	struct ucred ucred = { 0 };
	ssize_t len = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);

	(void)what;
	(void)arg;
	if (len == -1)
		return;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		if (cmsg->cmsg_type == SCM_CREDENTIALS)
			memcpy(&ucred, CMSG_DATA(cmsg), sizeof(ucred));
		/* Descriptors are not kept for anybody. */
		for (size_t i = 0; cmsg->cmsg_type == SCM_RIGHTS &&
				   i < (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		     i++) {
			int passed;

			memcpy(&passed, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(passed));
			close(passed);
		}
	}
	text[len] = '\0';
	if (ucred.pid == 0 || (program = supervisor_find_member(ucred.pid)) == NULL) {
		log_debug(
		    "notification from process %d, which belongs to no program", (int)ucred.pid);
		return;
	}
	while ((line = strsep(&next, "\n")) != NULL)
		notify_line(program, line);
}

static void
notify_line(struct program *program, const char *line)
{
	if (strncmp(line, "STATUS=", 7) == 0) {
		strlcpy(program->status, line + 7, sizeof(program->status));
	} else if (strcmp(line, "READY=1") == 0) {
		if (program->conf->ready == CONF_READY_NOTIFY)
			program_ready(program);
	} else if (strcmp(line, "WATCHDOG=1") == 0) {
		if (program->state == STATE_RUNNING)
			ready_watchdog(program);
	} else if (strcmp(line, "WATCHDOG=trigger") == 0) {
		program_overdue(program, EXIT_REASON_WATCHDOG);
	} else if (strcmp(line, "STOPPING=1") == 0) {
		/* It ends by itself: from now on silence is no sign of a hang. */
		if (program->state == STATE_RUNNING)
			event_del(&program->overdue_timer);
	}
}
