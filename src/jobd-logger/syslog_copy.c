#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "jobd-logger/syslog_copy.h"

#define LINE_MAX_BYTES 8192
#define RETRY_MS       1000

static int sock = -1;
static struct monotime tried_at;
static int64_t dropped;

/* The daemon's socket; JOBD_SYSLOG_SOCKET names another one. */
static int
syslog_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("JOBD_SYSLOG_SOCKET");
	struct monotime now = monotime_now();

	if (monotime_is_set(tried_at) && monotime_diff_ms(now, tried_at) < RETRY_MS)
		return -1;
	tried_at = now;
	if (path == NULL)
		path = "/dev/log";
	if (strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path) ||
	    (sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) == -1)
		fd_clear(&sock);
	return sock;
}

static size_t
message_format(char *buf, size_t size, int priority, const char *tag, int64_t at_us,
    const char *line, size_t len)
{
	time_t sec = at_us / CLOCK_US_PER_SEC;
	char when[32] = "";
	struct tm tm;
	int head;

	if (localtime_r(&sec, &tm) != NULL)
		strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	head = snprintf(buf, size, "<%d>%s %s: ", LOG_DAEMON | priority, when, tag);
	if (head < 0 || (size_t)head >= size)
		return 0;
	if (len > size - (size_t)head)
		len = size - (size_t)head;
	memcpy(buf + head, line, len);
	return (size_t)head + len;
}

void
syslog_copy(int priority, const char *tag, int64_t at_us, const char *line, size_t len)
{
	char message[LINE_MAX_BYTES];
	size_t size = message_format(message, sizeof(message), priority, tag, at_us, line, len);

	for (int tries = 0; tries < 2; tries++) {
		if (sock == -1 && syslog_connect() == -1)
			break;
		if (send(sock, message, size, MSG_NOSIGNAL) != -1)
			return;
		/* EAGAIN: it is busy. Else it was restarted: once more with a new connection. */
		if (errno == EAGAIN || errno == ENOBUFS)
			break;
		fd_clear(&sock);
		tried_at = (struct monotime){ 0 };
	}
	dropped++;
}

int64_t
syslog_copy_dropped(void)
{
	return dropped;
}
