#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "proto/client.h"
#include "proto/verbs.h"

#define BUFFER_FIRST (16 * 1024)
/* No reply is longer: the largest are the snapshot and a job of the queue. */
#define BULK_MAX PROTO_QUEUE_LINE_MAX
/* The version of Faktory's protocol, which the queue socket speaks. */
#define QUEUE_VERSION 2

struct client {
	int fd;
	int64_t timeout_ms;
	char *buf;
	size_t start, end, size; /* unread bytes are those from start to end */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char greeting[512];
};

static char error_text[1024];

static int fail(int code, const char **errstr, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int connect_socket(struct client *, const char **errstr);
static int connect_failed(const char *path, const char **errstr);
static bool is_queue(const struct client *);
static int say_hello(struct client *, const char **errstr);
static int receive_hi(struct client *, int64_t version, const char **errstr);
static bool json_version(const char *json, int64_t *version);
static int send_all(struct client *, const char *line, size_t len, const char **errstr);
static int receive_more(struct client *, struct monotime deadline, const char **errstr);
static int wait_readable(struct client *, struct monotime deadline, const char **errstr);
static int make_room(struct client *);

/* Writes *errstr, sets errno, and is the -1 that the caller returns. */
static int
fail(int code, const char **errstr, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error_text, sizeof(error_text), fmt, ap);
	va_end(ap);
	*errstr = error_text;
	errno = code;
	return -1;
}

struct client *
client_open(const char *path, int64_t timeout_ms, const char **errstr)
{
	struct client *client = calloc(1, sizeof(*client));
	int saved;

	if (client == NULL) {
		fail(ENOMEM, errstr, "%s", strerror(ENOMEM));
		return NULL;
	}
	client->fd = -1;
	client->timeout_ms = timeout_ms;
	if (strlen(path) >= sizeof(client->path)) {
		fail(ENAMETOOLONG, errstr, "%s: the path is longer than a socket's may be (%zu)",
		    path, sizeof(client->path) - 1);
		goto failed;
	}
	memcpy(client->path, path, strlen(path) + 1);
	if (connect_socket(client, errstr) == 0 && say_hello(client, errstr) == 0)
		return client;
failed:
	saved = errno;
	client_close(client);
	errno = saved;
	return NULL;
}

void
client_close(struct client *client)
{
	if (client == NULL)
		return;
	fd_close(client->fd);
	free(client->buf);
	free(client);
}

int
client_fd(const struct client *client)
{
	return client->fd;
}

const char *
client_greeting(const struct client *client)
{
	return client->greeting;
}

bool
client_has_unread(const struct client *client)
{
	return client->end > client->start;
}

/* The kernel bounds connect and send; receive counts its own time, because bytes may drip in. */
void
client_set_timeout(struct client *client, int64_t timeout_ms)
{
	struct timeval limit = { 0, 0 };

	client->timeout_ms = timeout_ms;
	if (timeout_ms >= 0) {
		/* Zero would mean for ever. */
		limit.tv_sec = timeout_ms / 1000;
		limit.tv_usec = timeout_ms % 1000 * 1000 + (timeout_ms == 0);
	}
	setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int
connect_socket(struct client *client, const char **errstr)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, client->path, sizeof(address.sun_path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd == -1)
		return fail(errno, errstr, "socket: %s", strerror(errno));
	if (client->timeout_ms >= 0)
		client_set_timeout(client, client->timeout_ms);
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		return connect_failed(client->path, errstr);
	return 0;
}

static int
connect_failed(const char *path, const char **errstr)
{
	switch (errno) {
	case ENOENT:
		return fail(ENOENT, errstr, "%s: no such file: jobd is not running there", path);
	case ECONNREFUSED:
		return fail(ECONNREFUSED, errstr,
		    "%s refused the connection: nobody listens any more, jobd is not running there",
		    path);
	case EACCES:
	case EPERM:
		return fail(EACCES, errstr, "%s: no permission to connect", path);
	case EAGAIN:
	case EINPROGRESS:
		return fail(ETIMEDOUT, errstr,
		    "%s: too many clients are waiting there and none is served in time", path);
	default:
		return fail(errno, errstr, "%s: %s", path, strerror(errno));
	}
}

static bool
is_queue(const struct client *client)
{
	const char *slash = strrchr(client->path, '/');

	return strcmp(slash == NULL ? client->path : slash + 1, PROTO_QUEUE_SOCKET) == 0;
}

static int
say_hello(struct client *client, const char **errstr)
{
	struct resp_item item;
	int sent;

	if (!is_queue(client)) {
		sent = client_send(client, errstr, "%s {\"v\":%d}", VERB_HELLO, PROTO_VERSION);
		/* A server that is full says so and closes: its words may be there to read. */
		if (sent == -1 && errno != EPIPE)
			return -1;
		return receive_hi(client, PROTO_VERSION, errstr);
	}
	if (receive_hi(client, QUEUE_VERSION, errstr) == -1 ||
	    client_send(client, errstr, "%s {\"v\":%d,\"pid\":%ld,\"kept\":true}", VERB_HELLO,
		QUEUE_VERSION, (long)getpid()) == -1 ||
	    client_receive(client, &item, errstr) == -1)
		return -1;
	if (item.kind == RESP_OK)
		return 0;
	return fail(EPROTO, errstr, "%s: HELLO was refused: %.*s", client->path,
	    item.kind == RESP_ERROR ? (int)item.len : 0, item.data);
}

static int
receive_hi(struct client *client, int64_t version, const char **errstr)
{
	struct resp_item item;
	int64_t theirs;

	if (client_receive(client, &item, errstr) == -1)
		return -1;
	if (item.kind == RESP_ERROR)
		return fail(item.len > 8 && memcmp(item.data, "VERSION ", 8) == 0 ? EPROTONOSUPPORT
										  : EPROTO,
		    errstr, "%s: the server refuses: %.*s", client->path, (int)item.len, item.data);
	if (item.kind != RESP_OK || item.len < 3 || memcmp(item.data, "HI ", 3) != 0)
		return fail(
		    EPROTO, errstr, "%s: not one of jobd's sockets: no greeting", client->path);
	snprintf(
	    client->greeting, sizeof(client->greeting), "%.*s", (int)item.len - 3, item.data + 3);
	if (!json_version(client->greeting, &theirs))
		return fail(EPROTO, errstr, "%s: the greeting names no version: %s", client->path,
		    client->greeting);
	if (theirs != version)
		return fail(EPROTONOSUPPORT, errstr,
		    "%s: the server speaks version %" PRId64
		    " of the protocol, this client version "
		    "%" PRId64 ": use the client that was installed with it",
		    client->path, theirs, version);
	return 0;
}

/* The number behind "v" in the greeting: a whole JSON reader would be a library more. */
static bool
json_version(const char *json, int64_t *version)
{
	const char *member = strstr(json, "\"v\"");
	char *end;

	if (member == NULL)
		return false;
	member += strlen("\"v\"");
	member += strspn(member, " ");
	if (*member++ != ':')
		return false;
	errno = 0;
	*version = strtoll(member, &end, 10);
	return end != member && errno == 0;
}

int
client_send(struct client *client, const char **errstr, const char *fmt, ...)
{
	char *line = NULL, *whole;
	int len, result;
	va_list ap;

	va_start(ap, fmt);
	len = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (len == -1)
		return fail(ENOMEM, errstr, "%s", strerror(ENOMEM));
	if (strpbrk(line, "\r\n") != NULL)
		result = fail(EINVAL, errstr, "a request is one line: it can't hold a line break");
	else if ((size_t)len + 2 > (is_queue(client) ? PROTO_QUEUE_LINE_MAX : PROTO_LINE_MAX))
		result = fail(EMSGSIZE, errstr, "the request is too long (%d bytes)", len);
	else if ((whole = realloc(line, (size_t)len + 2)) == NULL)
		result = fail(ENOMEM, errstr, "%s", strerror(ENOMEM));
	else {
		line = whole;
		memcpy(line + len, "\r\n", 2);
		result = send_all(client, line, (size_t)len + 2, errstr);
	}
	free(line);
	return result;
}

static int
send_all(struct client *client, const char *line, size_t len, const char **errstr)
{
	while (len > 0) {
		ssize_t sent = send(client->fd, line, len, MSG_NOSIGNAL);

		if (sent >= 0) {
			line += sent;
			len -= (size_t)sent;
		} else if (errno == EAGAIN) {
			return fail(ETIMEDOUT, errstr, "%s: the server takes no request in time",
			    client->path);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return fail(
			    EPIPE, errstr, "%s: the server closed the connection", client->path);
		} else if (errno != EINTR) {
			return fail(errno, errstr, "%s: %s", client->path, strerror(errno));
		}
	}
	return 0;
}

int
client_receive(struct client *client, struct resp_item *item, const char **errstr)
{
	struct monotime deadline = { 0 };
	size_t used;

	if (client->timeout_ms >= 0)
		deadline = monotime_add_ms(monotime_now(), client->timeout_ms);
	for (;;) {
		resp_parse(client->buf + client->start, client->end - client->start, BULK_MAX, item,
		    &used);
		client->start += used;
		if (item->kind == RESP_BROKEN)
			return fail(EPROTO, errstr, "%s: the server's answer can't be understood",
			    client->path);
		if (item->kind != RESP_MORE)
			return 0;
		if (receive_more(client, deadline, errstr) == -1)
			return -1;
	}
}

static int
receive_more(struct client *client, struct monotime deadline, const char **errstr)
{
	ssize_t got;

	if (make_room(client) == -1)
		return fail(ENOMEM, errstr, "%s", strerror(ENOMEM));
	if (wait_readable(client, deadline, errstr) == -1)
		return -1;
	got = recv(client->fd, client->buf + client->end, client->size - client->end, 0);
	if (got > 0) {
		client->end += (size_t)got;
		return 0;
	}
	if (got == -1 && errno == EINTR)
		return fail(EINTR, errstr, "interrupted");
	if (got == -1 && errno != ECONNRESET)
		return fail(errno, errstr, "%s: %s", client->path, strerror(errno));
	return fail(EPIPE, errstr, "%s: the server closed the connection%s", client->path,
	    client_has_unread(client) ? " in the middle of an answer" : "");
}

static int
wait_readable(struct client *client, struct monotime deadline, const char **errstr)
{
	struct pollfd ready = { .fd = client->fd, .events = POLLIN };
	int64_t left_ms = -1;

	if (monotime_is_set(deadline)) {
		left_ms = monotime_diff_ms(deadline, monotime_now());
		left_ms = left_ms < 0 ? 0 : left_ms > INT32_MAX ? INT32_MAX : left_ms;
	}
	switch (poll(&ready, 1, (int)left_ms)) {
	case 0:
		return fail(ETIMEDOUT, errstr, "%s: no answer within %" PRId64 " ms", client->path,
		    client->timeout_ms);
	case -1:
		return fail(errno, errstr, "poll: %s", strerror(errno));
	default:
		return 0;
	}
}

/* Room for at least one byte: what is unread moves to the front, then the buffer doubles. */
static int
make_room(struct client *client)
{
	size_t unread = client->end - client->start, size;
	char *buf;

	if (client->start > 0) {
		memmove(client->buf, client->buf + client->start, unread);
		client->start = 0;
		client->end = unread;
	}
	if (client->end < client->size)
		return 0;
	size = client->size == 0 ? BUFFER_FIRST : client->size * 2;
	buf = realloc(client->buf, size);
	if (buf == NULL)
		return -1;
	client->buf = buf;
	client->size = size;
	return 0;
}
