/* The connection of a try, for those kinds that speak with the program themselves. */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "probe.h"

int
probe_await(struct probe *probe, short event, event_callback_fn callback)
{
	if (probe->ready != NULL)
		event_free(probe->ready);
	probe->ready =
	    event_new(probe->probes->base, probe->fd, (short)(event | EV_PERSIST), callback, probe);
	return probe->ready != NULL ? event_add(probe->ready, NULL) : -1;
}

void
probe_dial(struct probe *probe, const struct sockaddr_storage *address, socklen_t len,
    event_callback_fn connected)
{
	probe->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe->fd == -1)
		probe_cannot(probe, "socket: %s", strerror(errno));
	else if (connect(probe->fd, (const struct sockaddr *)address, len) == -1 &&
		 errno != EINPROGRESS)
		probe_finish(probe, false, "%s", strerror(errno));
	else if (probe_await(probe, EV_WRITE, connected) == -1)
		probe_cannot(probe, "out of memory");
}

void
probe_hang_up(struct probe *probe)
{
	if (probe->ready != NULL)
		event_free(probe->ready);
	probe->ready = NULL;
	fd_clear(&probe->fd);
}
