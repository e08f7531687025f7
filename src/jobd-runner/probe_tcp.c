#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/fd.h"
#include "probe.h"

static void on_connected(evutil_socket_t, short events, void *probe);

/* It is alive when its port takes a connection, which is closed at once. */
static void
start(struct probe *probe)
{
	struct sockaddr_storage address;
	const char *errstr;
	socklen_t len;

	/* It was looked at when the configuration was read. */
	if (address_parse(probe->program->check.tcp, &address, &len, &errstr) == -1) {
		probe_finish(probe, false, "%s", errstr);
		return;
	}
	probe->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe->fd == -1) {
		probe_cannot(probe, "socket: %s", strerror(errno));
		return;
	}
	if (connect(probe->fd, (struct sockaddr *)&address, len) == -1 && errno != EINPROGRESS) {
		probe_finish(probe, false, "%s", strerror(errno));
		return;
	}
	probe->ready = event_new(probe->probes->base, probe->fd, EV_WRITE, on_connected, probe);
	if (probe->ready == NULL || event_add(probe->ready, NULL) == -1)
		probe_cannot(probe, "out of memory");
}

static void
stop(struct probe *probe)
{
	if (probe->ready != NULL)
		event_free(probe->ready);
	probe->ready = NULL;
	fd_clear(&probe->fd);
}

static void
on_connected(evutil_socket_t fd, short events, void *probe)
{
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	probe_finish(probe, error == 0, "%s", error == 0 ? "" : strerror(error));
}

const struct probe_kind probe_tcp_kind = { .start = start, .stop = stop };
