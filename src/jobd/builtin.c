#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/verbs.h"

#include "builtin.h"
#include "control.h"
#include "output.h"

#define BACKLOG 128

enum { SOCKET_CONTROL, SOCKET_QUEUE, SOCKET_LOG, SOCKET_COUNT };

static const char *const socket_names[] = {
	[SOCKET_CONTROL] = PROTO_CONTROL_SOCKET,
	[SOCKET_QUEUE] = PROTO_QUEUE_SOCKET,
	[SOCKET_LOG] = PROTO_LOG_SOCKET,
};

static const char *const commands[] = {
	[CONF_ROLE_LOGGER] = "jobd-logger",
	[CONF_ROLE_SCHEDULER] = "jobd-scheduler",
	[CONF_ROLE_RUNNER] = "jobd-runner",
	[CONF_ROLE_WEB] = "jobd-web",
	[CONF_ROLE_OUTBOX] = "jobd-outbox",
};

static struct {
	int fd[SOCKET_COUNT];
	char path[SOCKET_COUNT][108];
	int journal_fd; /* the logger's memory that outlives it */
} held = {
	.fd = {-1, -1, -1},
          .journal_fd = -1
};

static int open_socket(const char *path, mode_t);
static void builtin_path(int64_t role, char *buf, size_t size);
static bool has_role(const struct conf *, enum conf_role);
static mode_t socket_mode(const struct conf *);

static bool
has_role(const struct conf *conf, enum conf_role role)
{
	for (size_t i = 0; i < conf->program_count; i++)
		if (conf->programs[i].role == role)
			return true;
	return false;
}

/* With groups, or built-ins of another user, everybody may connect, and the kernel tells who it is.
 */
static mode_t
socket_mode(const struct conf *conf)
{
	bool others = conf->control.look_group[0] != '\0' || conf->control.act_group[0] != '\0';

	for (size_t i = 0; i < conf->program_count; i++)
		if (conf->programs[i].role != CONF_ROLE_USER &&
		    conf->programs[i].identity.user[0] != '\0')
			others = true;
	return others ? 0666 : 0600;
}

static int
open_socket(const char *path, mode_t mode)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/* jobd holds the lock of run_dir: what lies there is left over. */
	unlink(path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 || chmod(path, mode) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		fd_close(fd);
		return -1;
	}
	return fd;
}

int
builtin_open_sockets(const struct conf *conf)
{
	bool wanted[SOCKET_COUNT] = { true, has_role(conf, CONF_ROLE_SCHEDULER),
		has_role(conf, CONF_ROLE_LOGGER) };
	mode_t mode = socket_mode(conf);

	for (int i = 0; i < SOCKET_COUNT; i++) {
		/* A reload may have changed who is let in. */
		if (held.fd[i] != -1 && chmod(held.path[i], mode) == -1)
			log_warn("socket %s", held.path[i]);
		if (!wanted[i] || held.fd[i] != -1)
			continue;
		if (snprintf(held.path[i], sizeof(held.path[i]), "%s/%s", conf->run_dir,
			socket_names[i]) >= (int)sizeof(held.path[i])) {
			log_errx("run_dir '%s' is too long for a socket's address (%zu bytes)",
			    conf->run_dir, sizeof(held.path[i]) - 1);
			return -1;
		}
		held.fd[i] = open_socket(held.path[i], mode);
		if (held.fd[i] == -1) {
			log_err("socket %s", held.path[i]);
			return -1;
		}
		if (i == SOCKET_CONTROL && control_init(held.fd[i]) == -1) {
			log_err("control socket");
			return -1;
		}
	}
	return 0;
}

void
builtin_close_sockets(void)
{
	for (int i = 0; i < SOCKET_COUNT; i++) {
		if (held.fd[i] == -1)
			continue;
		if (i == SOCKET_CONTROL)
			control_stop_listening();
		unlink(held.path[i]);
		fd_clear(&held.fd[i]);
	}
}

int
builtin_prepare(struct program *program)
{
	if (program->conf->role != CONF_ROLE_LOGGER)
		return 0;
	if (held.journal_fd == -1)
		held.journal_fd = memfd_create("jobd-logger", MFD_CLOEXEC);
	return output_new_channel();
}

/* JOBD_LIBEXECDIR in the environment is for running from a build tree. */
static void
builtin_path(int64_t role, char *buf, size_t size)
{
	const char *dir = getenv("JOBD_LIBEXECDIR");

	snprintf(buf, size, "%s/%s", dir != NULL && dir[0] != '\0' ? dir : JOBD_LIBEXECDIR,
	    commands[role]);
}

int
builtin_check(const struct conf *conf)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < conf->program_count; i++) {
		if (conf->programs[i].role == CONF_ROLE_USER || !conf->programs[i].enabled)
			continue;
		builtin_path(conf->programs[i].role, path, sizeof(path));
		if (access(path, X_OK) == -1) {
			log_err("built-in program '%s': %s", conf->programs[i].name, path);
			return -1;
		}
	}
	return 0;
}

const char *
builtin_command(const struct program *program, char *buf, size_t size)
{
	char path[PATH_MAX];

	builtin_path(program->conf->role, path, sizeof(path));
	snprintf(buf, size, "'%s'", path);
	return buf;
}

size_t
builtin_listen(const struct program *program, struct exec_listen *listen, size_t max)
{
	size_t count = 0;

	if (program->conf->role == CONF_ROLE_SCHEDULER && held.fd[SOCKET_QUEUE] != -1 && max >= 1)
		listen[count++] = (struct exec_listen){ held.fd[SOCKET_QUEUE], "queue" };
	if (program->conf->role == CONF_ROLE_LOGGER && max >= 3) {
		listen[count++] = (struct exec_listen){ held.fd[SOCKET_LOG], "log" };
		listen[count++] = (struct exec_listen){ output_channel_child_fd(), "channel" };
		listen[count++] = (struct exec_listen){ held.journal_fd, "journal" };
	}
	return count;
}

/* The addresses of the queue are the scheduler's `listen`, those of the web side its own. */
const char *
builtin_listen_name(const struct program *program, const char *address)
{
	bool is_tls = strncasecmp(address, "tcp+tls:", 8) == 0;

	if (program->conf->role == CONF_ROLE_WEB && is_tls)
		return "http-tls";
	if (program->conf->role != CONF_ROLE_SCHEDULER)
		return program->conf->name;
	return is_tls ? "queue-tls" : "queue-tcp";
}
