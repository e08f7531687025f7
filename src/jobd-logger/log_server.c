#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "jobd-logger/log_client.h"
#include "jobd-logger/log_server.h"
#include "jobd-logger/log_verbs.h"
#include "proto/verbs.h"

#define CLIENTS_MAX 64
/* A client that has not finished a request, or has not read its reply, for so long is closed. */
#define DEADLINE_SEC 30
#define GROUPS_MAX   256

static struct {
	struct event_base *base;
	struct event *acceptable;
	TAILQ_HEAD(, log_client) clients;
	int count;
	gid_t look_gid, act_gid;
	bool has_look_gid, has_act_gid;
} server = { .clients = TAILQ_HEAD_INITIALIZER(server.clients) };

static const struct timeval deadline = { DEADLINE_SEC, 0 };

static void on_accept(int fd, short what, void *arg);
static void on_client_readable(int fd, short what, void *arg);
static void on_client_writable(int fd, short what, void *arg);
static void on_client_deadline(int fd, short what, void *arg);
static void client_lines(struct log_client *);

int
log_server_init(struct event_base *base, int listen_fd)
{
	server.base = base;
	if (fd_set_nonblocking(listen_fd, true) == -1)
		return -1;
	server.acceptable = event_new(base, listen_fd, EV_READ | EV_PERSIST, on_accept, NULL);
	return server.acceptable == NULL ? -1 : event_add(server.acceptable, NULL);
}

void
log_server_set_limits(const struct logger_limits *limits)
{
	server.has_look_gid = limits->look_gid >= 0;
	server.has_act_gid = limits->act_gid >= 0;
	server.look_gid = (gid_t)limits->look_gid;
	server.act_gid = (gid_t)limits->act_gid;
}

void
log_server_progress(const struct sink *sink)
{
	struct log_client *client, *next;

	TAILQ_FOREACH_SAFE (client, &server.clients, entry, next) {
		bool is_mine = false;

		for (size_t i = 0; i < client->log_count; i++) {
			if (client->logs[i].sink == sink)
				client->logs[i].is_dirty = is_mine = true;
		}
		if (is_mine && client->follows)
			client_continue(client);
	}
}

static bool
peer_in_group(int fd, gid_t own, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (own == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

/* What the kernel says of the peer decides. */
static void
client_identify(struct log_client *client)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return;
	client->uid = peer.uid;
	client->may_act =
	    peer.uid == 0 || peer.uid == geteuid() ||
	    (server.has_act_gid && peer_in_group(client->fd, peer.gid, server.act_gid));
	client->may_look =
	    client->may_act ||
	    (server.has_look_gid && peer_in_group(client->fd, peer.gid, server.look_gid));
}

static void
client_free(struct log_client *client)
{
	/* A thread reads for it, or writes of it: they end first. */
	if (client->is_reading || client->operations > 0) {
		if (!client->is_gone) {
			client->is_gone = true;
			event_del(client->readable);
			event_del(client->writable);
			event_del(client->deadline);
			fd_clear(&client->fd);
		}
		return;
	}
	client_logs_end(client);
	TAILQ_REMOVE(&server.clients, client, entry);
	server.count--;
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	if (client->deadline != NULL)
		event_free(client->deadline);
	if (client->out != NULL)
		evbuffer_free(client->out);
	fd_close(client->fd);
	free(client->in);
	free(client);
}

static void
client_new(int fd)
{
	struct log_client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		fd_close(fd);
		return;
	}
	client->fd = fd;
	TAILQ_INSERT_TAIL(&server.clients, client, entry);
	server.count++;
	client->in = malloc(PROTO_LINE_MAX);
	client->out = evbuffer_new();
	client->readable =
	    event_new(server.base, fd, EV_READ | EV_PERSIST, on_client_readable, client);
	client->writable = event_new(server.base, fd, EV_WRITE, on_client_writable, client);
	client->deadline = evtimer_new(server.base, on_client_deadline, client);
	if (client->in == NULL || client->out == NULL || client->readable == NULL ||
	    client->writable == NULL || client->deadline == NULL) {
		client_free(client);
		return;
	}
	client_identify(client);
	event_add(client->readable, NULL);
	evtimer_add(client->deadline, &deadline);
}

static void
client_refuse(int fd)
{
	static const char text[] = "-BUSY too many clients\r\n";

	if (send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		log_debug("log.sock: a client too many");
	fd_close(fd);
}

static void
on_accept(int fd, short what, void *arg)
{
	int client_fd;

	(void)what;
	(void)arg;
	while ((client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		if (server.count >= CLIENTS_MAX)
			client_refuse(client_fd);
		else
			client_new(client_fd);
	}
}

/* Whoever follows may be silent; everybody else has to go on. */
static void
client_set_deadline(struct log_client *client)
{
	if (client->follows && evbuffer_get_length(client->out) == 0)
		evtimer_del(client->deadline);
	else
		evtimer_add(client->deadline, &deadline);
}

void
client_flush(struct log_client *client)
{
	if (client->is_gone) {
		client_free(client);
		return;
	}
	if (evbuffer_get_length(client->out) > 0 || client->is_closing) {
		event_active(client->writable, EV_WRITE, 0);
		return;
	}
	client_continue(client);
}

static void
on_client_writable(int fd, short what, void *arg)
{
	struct log_client *client = arg;
	int written = evbuffer_get_length(client->out) == 0 ? 0 : evbuffer_write(client->out, fd);

	(void)what;
	if (written == -1 && errno != EAGAIN && errno != EINTR) {
		client_free(client);
		return;
	}
	if (written > 0)
		client_set_deadline(client);
	if (evbuffer_get_length(client->out) > 0)
		event_add(client->writable, NULL);
	else if (client->is_closing && !client_is_busy(client)) {
		client_free(client);
		return;
	}
	client_continue(client);
	if (!client_is_busy(client))
		client_lines(client);
}

/* Runs the lines that have come, one after the other. */
static void
client_lines(struct log_client *client)
{
	char line[PROTO_LINE_MAX], *end;

	while (!client_is_busy(client) && !client->is_closing &&
	       (end = memchr(client->in, '\n', client->in_len)) != NULL) {
		size_t len = (size_t)(end - client->in);

		memcpy(line, client->in, len);
		line[len] = '\0';
		if (memchr(line, '\0', len) != NULL)
			line[0] = '\x01'; /* refused like any byte that is not printable */
		else if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		client->in_len -= len + 1;
		memmove(client->in, end + 1, client->in_len);
		log_verbs_run(client, line);
		client_set_deadline(client);
	}
	if (!client_is_busy(client) && client->in_len == PROTO_LINE_MAX) {
		client_reply_error(
		    client, "ERR", "a request is at most %d bytes long", PROTO_LINE_MAX);
		client->is_closing = true;
		client->in_len = 0;
	}
	client_flush(client);
}

static void
on_client_readable(int fd, short what, void *arg)
{
	struct log_client *client = arg;
	char rest[256];
	bool is_full = client->in_len == PROTO_LINE_MAX;
	ssize_t len;

	(void)what;
	if (is_full && client_is_busy(client)) {
		/* What it sends meanwhile can't be kept; only its end matters. */
		len = recv(fd, rest, sizeof(rest), 0);
	} else {
		len = recv(fd, client->in + client->in_len, PROTO_LINE_MAX - client->in_len, 0);
		if (len > 0)
			client->in_len += (size_t)len;
	}
	if (len == 0 || (len == -1 && errno != EAGAIN && errno != EINTR)) {
		client_free(client);
		return;
	}
	if (!client_is_busy(client))
		client_lines(client);
}

static void
on_client_deadline(int fd, short what, void *arg)
{
	struct log_client *client = arg;

	(void)fd;
	(void)what;
	/* What it asked for is still being done: not its fault. */
	if (client->operations > 0 || client->is_reading) {
		client_set_deadline(client);
		return;
	}
	client_free(client);
}
