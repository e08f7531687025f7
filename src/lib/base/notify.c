#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/notify.h"

int
notify_send(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len;
	ssize_t sent;
	int sock;

	if (path == NULL || path[0] == '\0')
		return 0;
	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path));
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	/* A leading '@' stands for the NUL of an abstract address. */
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	if ((sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	sent = sendto(sock, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&addr, len);
	fd_close(sock);
	return sent == -1 ? -1 : 0;
}
