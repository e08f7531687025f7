#include <sys/queue.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#include "listener.h"
#include "server.h"
#include "tls.h"

/*
 * Of each connection, for the request's head and for our answer's: heads of 8 KB, as other servers
 * take them, and not more.  The library clears one and a half times as much for each request.
 */
#define MEMORY_BYTES ((size_t)10 * 1024)

/* How long a connection lingers, and how often what cannot be told from it is looked for. */
#define LINGER_MS      20
#define LINGER_LOOK_MS 1

/* TLS 1.2 and 1.3, with what is still good of them. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

struct listener {
	SLIST_ENTRY(listener) entry;
	struct MHD_Daemon *daemon;
	struct event *readable, *timer;
	bool is_tls;
};

struct listener_peer {
	TAILQ_ENTRY(listener_peer) entry; /* while it is not busy; sooner deadlines first */
	struct monotime deadline;
	int fd;
	bool busy, is_unix, is_tls;
	char address[INET6_ADDRSTRLEN];
};

static SLIST_HEAD(, listener) listeners = SLIST_HEAD_INITIALIZER(listeners);
static TAILQ_HEAD(, listener_peer) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static struct event *deadline_timer;
/* Connections that linger; whether one of any kind has more to do; and when it was looked. */
static struct {
	unsigned int count;
	bool go_on;
	struct monotime now;
} lingering;
/* From the connection, or the last answer, to the end of the next request. */
static int64_t request_ms;

static void listener_run(struct listener *);
static void on_readable(evutil_socket_t, short what, void *listener);
static void on_deadline(evutil_socket_t, short what, void *);
static void on_connection(
    void *, struct MHD_Connection *, void **peer, enum MHD_ConnectionNotificationCode);
static void on_complaint(void *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));

/* What clients do wrong is no news; what the library cannot do is. */
static void
on_complaint(void *arg, const char *fmt, va_list ap)
{
	char text[512];

	(void)arg;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http: %s", text);
}

static struct MHD_Daemon *
start_daemon(struct listener *listener, int fd, const struct conf_web *conf)
{
	const struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT,    0, (void *)(uintptr_t)tls_certificate()},
		{ MHD_OPTION_HTTPS_MEM_KEY,    0, (void *)(uintptr_t)tls_key()        },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES   },
		{ MHD_OPTION_END,              0, NULL                                },
	};
	static const struct MHD_OptionItem plain[] = {
		{MHD_OPTION_END, 0, NULL}
	};

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
				    (listener->is_tls ? MHD_USE_TLS : 0),
	    0, NULL, NULL, server_handle, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_complaint, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned int)conf->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	    (unsigned int)conf->connections_per_address_max, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned int)(conf->timeout_ms / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
	    server_target, NULL, MHD_OPTION_NOTIFY_COMPLETED, server_done, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener, MHD_OPTION_ARRAY,
	    listener->is_tls ? tls : plain, MHD_OPTION_END);
}

int
listener_new(struct event_base *base, int fd, bool is_tls, const struct conf_web *conf)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	const union MHD_DaemonInfo *info = NULL;

	if (listener == NULL || fd_set_nonblocking(fd, true) == -1)
		return -1;
	request_ms = conf->timeout_ms;
	listener->is_tls = is_tls;
	listener->daemon = start_daemon(listener, fd, conf);
	if (listener->daemon != NULL)
		info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL) {
		log_errx("the HTTP server can't be started%s",
		    is_tls ? ": do the certificate and the key belong together?" : "");
		return -1;
	}
	listener->readable =
	    event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_readable, listener);
	listener->timer = evtimer_new(base, on_readable, listener);
	if (deadline_timer == NULL)
		deadline_timer = evtimer_new(base, on_deadline, NULL);
	if (listener->readable == NULL || listener->timer == NULL || deadline_timer == NULL ||
	    event_add(listener->readable, NULL) == -1) {
		log_errx("out of memory");
		return -1;
	}
	SLIST_INSERT_HEAD(&listeners, listener, entry);
	return 0;
}

void
listeners_quiet(void)
{
	struct listener *listener;

	SLIST_FOREACH (listener, &listeners, entry)
		MHD_quiesce_daemon(listener->daemon);
}

unsigned int
listeners_count(void)
{
	struct listener *listener;
	unsigned int count = 0;

	SLIST_FOREACH (listener, &listeners, entry) {
		const union MHD_DaemonInfo *info =
		    MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

		count += info != NULL ? info->num_connections : 0;
	}
	return count;
}

/*
 * It says when it wants to be called again; without connections that is never.  While some linger
 * it always says at once: then only what is known to go on does so, and what else there may be,
 * such as a part of a head, has to wait for a moment.
 */
static void
listener_run(struct listener *listener)
{
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval timeout;

	lingering.now = monotime_now();
	lingering.go_on = false;
	MHD_run(listener->daemon);
	if (MHD_get_timeout(listener->daemon, &ms) != MHD_YES) {
		evtimer_del(listener->timer);
		return;
	}
	if (ms == 0 && lingering.count > 0 && !lingering.go_on)
		ms = LINGER_LOOK_MS;
	timeout.tv_sec = (time_t)(ms / 1000);
	timeout.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	evtimer_add(listener->timer, &timeout);
}

static void
on_readable(evutil_socket_t fd, short what, void *listener)
{
	(void)fd;
	(void)what;
	listener_run(listener);
}

/* The library is called once for all that are answered together. */
void
listener_wake(void)
{
	struct listener *listener;

	SLIST_FOREACH (listener, &listeners, entry)
		event_active(listener->timer, EV_TIMEOUT, 0);
}

void
listener_resume(struct MHD_Connection *connection)
{
	MHD_resume_connection(connection);
	listener_wake();
}

bool
listener_stay(struct listener_stay *stay)
{
	if (!stay->stays) {
		stay->stays = true;
		stay->end = monotime_add_ms(lingering.now, LINGER_MS);
		lingering.count++;
	}
	return lingering.now.us < stay->end.us;
}

void
listener_leave(struct listener_stay *stay)
{
	lingering.count -= stay->stays;
	stay->stays = false;
}

void
listener_goes_on(void)
{
	lingering.go_on = true;
}

/* Deadlines. */

static void
deadline_set(void)
{
	const struct listener_peer *first = TAILQ_FIRST(&waiting);
	struct timeval timeout;

	if (first == NULL) {
		evtimer_del(deadline_timer);
		return;
	}
	timeout = monotime_until(first->deadline);
	evtimer_add(deadline_timer, &timeout);
}

/* The library finds the end of the connection, and tells us. */
static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct monotime now = monotime_now();
	struct listener_peer *peer;

	(void)fd;
	(void)what;
	(void)arg;
	while ((peer = TAILQ_FIRST(&waiting)) != NULL && peer->deadline.us <= now.us) {
		log_debug("http: %s is too slow", peer->address);
		shutdown(peer->fd, SHUT_RDWR);
		TAILQ_REMOVE(&waiting, peer, entry);
		peer->busy = true;
	}
	deadline_set();
}

void
listener_peer_busy(struct listener_peer *peer, bool busy)
{
	if (peer == NULL || peer->busy == busy)
		return;
	peer->busy = busy;
	if (busy)
		TAILQ_REMOVE(&waiting, peer, entry);
	else {
		peer->deadline = monotime_add_ms(monotime_now(), request_ms);
		TAILQ_INSERT_TAIL(&waiting, peer, entry);
	}
	/* The timer may come too early: then it is set anew. */
	if (!evtimer_pending(deadline_timer, NULL))
		deadline_set();
}

static void
take_address(struct listener_peer *peer, const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;

	if (address != NULL && address->sa_family == AF_INET)
		inet_ntop(AF_INET, &four->sin_addr, peer->address, sizeof(peer->address));
	else if (address != NULL && address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, peer->address, sizeof(peer->address));
	else {
		strlcpy(peer->address, "unix", sizeof(peer->address));
		peer->is_unix = true;
	}
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	const struct listener *listener = arg;
	struct listener_peer *peer = *context;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		listener_peer_busy(peer, true);
		free(peer);
		*context = NULL;
		return;
	}
	if ((peer = calloc(1, sizeof(*peer))) == NULL)
		return;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	take_address(peer, info != NULL ? info->client_addr : NULL);
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	peer->fd = info != NULL ? info->connect_fd : -1;
	peer->is_tls = listener->is_tls;
	peer->busy = true;
	listener_peer_busy(peer, false);
	*context = peer;
}

const char *
listener_peer_address(const struct listener_peer *peer)
{
	return peer != NULL ? peer->address : "";
}

bool
listener_peer_is_unix(const struct listener_peer *peer)
{
	return peer != NULL && peer->is_unix;
}

bool
listener_peer_is_tls(const struct listener_peer *peer)
{
	return peer != NULL && peer->is_tls;
}
