#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "base/address.h"
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
	probe_dial(probe, &address, len, on_connected);
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

const struct probe_kind probe_tcp_kind = { .start = start, .stop = probe_hang_up };
