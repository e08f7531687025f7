#include <poll.h>
#include <unistd.h>

#include "tls.h"
#include "transport.h"

ssize_t
transport_read(struct transport *transport, void *data, size_t len)
{
	return transport->session != NULL ? tls_session_read(transport->session, data, len)
					  : read(transport->fd, data, len);
}

ssize_t
transport_write(struct transport *transport, const void *data, size_t len)
{
	return transport->session != NULL ? tls_session_write(transport->session, data, len)
					  : write(transport->fd, data, len);
}

bool
transport_wants_write(const struct transport *transport)
{
	return transport->session != NULL && tls_session_wants_write(transport->session);
}

bool
transport_has_more(const struct transport *transport)
{
	return transport->session != NULL && tls_session_has_more(transport->session);
}

void
transport_close(struct transport *transport)
{
	tls_session_free(transport->session);
	transport->session = NULL;
	close(transport->fd);
	transport->fd = -1;
}

bool
transport_hung_up(const struct transport *transport)
{
	struct pollfd fd = { .fd = transport->fd };

	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLHUP | POLLERR)) != 0;
}
