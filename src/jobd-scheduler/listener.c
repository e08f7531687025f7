#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "access.h"
#include "base/fd.h"
#include "base/log.h"
#include "server.h"
#include "tls.h"

/* Taken in one turn. */
#define ACCEPT_BATCH 64
/* After accept failed for want of something, e.g. descriptors. */
#define ACCEPT_PAUSE_MS 100
/* Beyond the limit of clients, so many are let in far enough to be told; and our own come in. */
#define SURPLUS_MAX 64

struct listener {
	TAILQ_ENTRY(listener) entry;
	struct server *server;
	enum listener_kind kind;
	int fd;
	struct event *accept_event, *pause_event;
};

static void on_accept(evutil_socket_t, short what, void *listener);
static void on_pause(evutil_socket_t, short what, void *listener);

int
listener_new(struct server *server, const struct listen_socket *socket)
{
	struct event_base *base = server->scheduler->base;
	struct listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL)
		return -1;
	listener->server = server;
	listener->kind = socket->kind;
	listener->fd = socket->fd;
	TAILQ_INSERT_TAIL(&server->listeners, listener, entry);
	listener->accept_event =
	    event_new(base, socket->fd, EV_READ | EV_PERSIST, on_accept, listener);
	listener->pause_event = evtimer_new(base, on_pause, listener);
	if (listener->accept_event == NULL || listener->pause_event == NULL ||
	    fd_set_nonblocking(socket->fd, true) == -1 ||
	    event_add(listener->accept_event, NULL) == -1) {
		listener_free(server, listener);
		return -1;
	}
	return 0;
}

void
listener_free(struct server *server, struct listener *listener)
{
	TAILQ_REMOVE(&server->listeners, listener, entry);
	if (listener->accept_event != NULL)
		event_free(listener->accept_event);
	if (listener->pause_event != NULL)
		event_free(listener->pause_event);
	free(listener);
}

void
listeners_stop(struct server *server)
{
	struct listener *listener;

	TAILQ_FOREACH (listener, &server->listeners, entry) {
		event_del(listener->accept_event);
		event_del(listener->pause_event);
	}
}

static void
refuse(int fd, const char *line)
{
	/* A fresh socket takes a line; if not, nothing is lost. */
	if (write(fd, line, strlen(line)) == -1)
		log_debug("a refused client was not told why");
	close(fd);
}

/* False: refused and closed. */
static bool
is_welcome_locally(const struct server *server, int fd, struct arrival *arrival)
{
	uid_t uid = 0;

	arrival->right = access_right(fd, &server->scheduler->conf->control, &uid);
	snprintf(arrival->from, sizeof(arrival->from), "uid %d", (int)uid);
	if (arrival->right != RIGHT_NONE)
		return true;
	refuse(fd, "-DENIED permission denied: it takes jobd's own user or a place in its "
		   "act_group or look_group\r\n");
	return false;
}

static void
name_address(const struct sockaddr *address, char *text, size_t size)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
	bool is_six = address->sa_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address->sa_family,
	    is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr, host,
	    sizeof(host));
	snprintf(text, size, is_six ? "[%s]:%d" : "%s:%d", host,
	    ntohs(is_six ? six->sin6_port : four->sin_port));
}

static bool
is_welcome_from_net(const struct listener *listener, int fd, const struct sockaddr *address,
    struct arrival *arrival)
{
	const struct server *server = listener->server;
	bool has_password = server->password[0] != '\0';
	const int on = 1;

	name_address(address, arrival->from, sizeof(arrival->from));
	if (server->locked) {
		refuse(fd, "-ERR the password of this server can't be read\r\n");
		return false;
	}
	if (!has_password && !access_is_loopback(address)) {
		log_info("refused a client from %s: no password is set", arrival->from);
		refuse(fd, "-DENIED without a password only clients of this host may connect\r\n");
		return false;
	}
	if (listener->kind == LISTENER_TLS && server->tls == NULL) {
		log_warnx("refused a client from %s: TLS can't be used", arrival->from);
		close(fd);
		return false;
	}
	arrival->right = has_password ? RIGHT_ALL : RIGHT_ACT;
	arrival->asks_password = has_password;
	arrival->tls = listener->kind == LISTENER_TLS ? server->tls : NULL;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	return true;
}

static void
welcome(const struct listener *listener, int fd, const struct sockaddr *address)
{
	struct server *server = listener->server;
	struct arrival arrival = { .fd = fd };
	size_t most = server_clients_max(server);

	if (listener->kind == LISTENER_LOCAL
		? !is_welcome_locally(server, fd, &arrival)
		: !is_welcome_from_net(listener, fd, address, &arrival))
		return;
	if (arrival.right == RIGHT_OWN)
		most += SURPLUS_MAX;
	arrival.surplus = server->client_count >= most;
	if (server->client_count >= most + SURPLUS_MAX)
		refuse(fd, "-ERR too many connections\r\n");
	else if (peer_new(server, &arrival) == NULL)
		log_warn("can't take a client");
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pause = { 0, ACCEPT_PAUSE_MS * 1000 };
	struct listener *listener = arg;

	(void)what;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(address);
		int peer =
		    accept4(fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (peer != -1) {
			welcome(listener, peer, (struct sockaddr *)&address);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		/* The socket stays readable: looking again at once would be a busy loop. */
		log_warn("can't accept a client");
		event_del(listener->accept_event);
		event_add(listener->pause_event, &pause);
		return;
	}
}

static void
on_pause(evutil_socket_t fd, short what, void *arg)
{
	const struct listener *listener = arg;

	(void)fd;
	(void)what;
	event_add(listener->accept_event, NULL);
}
