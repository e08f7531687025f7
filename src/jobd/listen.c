#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "conf/options.h"

#include "listen.h"
#include "supervisor.h"

#define BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static int parse_tcp(const char *text, union address *, socklen_t *);
static int parse(const char *text, union address *, socklen_t *);
static int open_one(const char *text, int64_t mode);
static const struct program *sibling(const struct program *);

/* "host:port", "[v6]:port", ":port", "*:port"; only numbers and localhost: nothing here may wait
 * for a name server. */
static int
parse_tcp(const char *text, union address *addr, socklen_t *len)
{
	const char *colon = strrchr(text, ':'), *errstr;
	char host[64];
	int64_t port;
	size_t host_len;

	if (colon == NULL || text_to_int(colon + 1, 1, 65535, &port, &errstr) == -1)
		return -1;
	host_len = (size_t)(colon - text);
	if (text[0] == '[' && host_len >= 2 && text[host_len - 1] == ']') {
		text++;
		host_len -= 2;
	}
	if (host_len >= sizeof(host))
		return -1;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (host[0] == '\0' || strcmp(host, "*") == 0)
		strlcpy(host, "0.0.0.0", sizeof(host));
	if (strcmp(host, "localhost") == 0)
		strlcpy(host, "127.0.0.1", sizeof(host));
	if (inet_pton(AF_INET, host, &addr->in.sin_addr) == 1) {
		addr->in.sin_family = AF_INET;
		addr->in.sin_port = htons((uint16_t)port);
		*len = sizeof(addr->in);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &addr->in6.sin6_addr) == 1) {
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons((uint16_t)port);
		*len = sizeof(addr->in6);
		return 0;
	}
	return -1;
}

static int
parse(const char *text, union address *addr, socklen_t *len)
{
	memset(addr, 0, sizeof(*addr));
	errno = EINVAL;
	if (strncasecmp(text, "tcp://", 6) == 0)
		return parse_tcp(text + 6, addr, len);
	if (strncasecmp(text, "tcp+tls://", 10) == 0)
		return parse_tcp(text + 10, addr, len);
	if (strncmp(text, "unix:", 5) != 0)
		return -1;
	text += strncmp(text, "unix://", 7) == 0 ? 7 : 5;
	addr->un.sun_family = AF_UNIX;
	*len = sizeof(addr->un);
	return strlcpy(addr->un.sun_path, text, sizeof(addr->un.sun_path)) <
		       sizeof(addr->un.sun_path)
		   ? 0
		   : -1;
}

static int
open_one(const char *text, int64_t mode)
{
	union address addr;
	struct stat st;
	socklen_t len;
	int on = 1, fd;

	if (parse(text, &addr, &len) == -1)
		return -1;
	if ((fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	/* A socket that an earlier jobd left; anything else stays, and bind says so. */
	if (addr.any.sa_family == AF_UNIX && lstat(addr.un.sun_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode))
		unlink(addr.un.sun_path);
	if (addr.any.sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Nobody can connect before it listens. */
	if (bind(fd, &addr.any, len) == -1 ||
	    (addr.any.sa_family == AF_UNIX && mode != CONF_UNSET &&
		chmod(addr.un.sun_path, (mode_t)mode) == -1) ||
	    listen(fd, BACKLOG) == -1) {
		fd_close(fd);
		return -1;
	}
	return fd;
}

/* Instances of one program share its sockets. */
static const struct program *
sibling(const struct program *program)
{
	struct program *other;

	TAILQ_FOREACH (other, supervisor_programs(), entry)
		if (other != program && other->listen_fds != NULL && other->conf == program->conf)
			return other;
	return NULL;
}

int
listen_open(struct program *program)
{
	const struct program *other = sibling(program);
	size_t count = 0;

	while (program->conf->listen[count] != NULL)
		count++;
	if (program->listen_fds != NULL || count == 0)
		return 0;
	if ((program->listen_fds = calloc(count, sizeof(int))) == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int fd = other != NULL
			     ? fcntl(other->listen_fds[i], F_DUPFD_CLOEXEC, 3)
			     : open_one(program->conf->listen[i], program->conf->listen_mode);

		if (fd == -1) {
			int error = errno;

			snprintf(program->reason, sizeof(program->reason), "listen '%s': %s",
			    program->conf->listen[i], strerror(error));
			listen_close(program);
			errno = error;
			return -1;
		}
		program->listen_fds[program->listen_count++] = fd;
	}
	return 0;
}

void
listen_close(struct program *program)
{
	while (program->listen_count > 0)
		fd_close(program->listen_fds[--program->listen_count]);
	free(program->listen_fds);
	program->listen_fds = NULL;
}

bool
listen_is_same(const struct conf_program *one, const struct conf_program *other)
{
	static const char *const options[] = { "listen", "listen_mode" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!conf_option_equal(
			conf_option_find(conf_section_find("program"), options[i]), one, other))
			return false;
	return true;
}
