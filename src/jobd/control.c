#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "control.h"
#include "control_client.h"

/* After accept(2) failed for want of descriptors or memory. */
#define ACCEPT_PAUSE_MS 1000
/* Others get their turn after so many new clients. */
#define TURN_ACCEPTS 32
/* Places that only jobd's own built-ins can take, and those that only they and jobd's own user can.
 */
#define PLACES_BUILTIN 4
#define PLACES_OWNER   8
/* Slots from this one on give their memory back when their client is gone. */
#define SLOTS_KEPT 2

#define PAGE 4096

static void on_accept(evutil_socket_t, short, void *);
static void on_accept_pause_over(evutil_socket_t, short, void *);
static void on_client(evutil_socket_t, short, void *);
static void on_deadline(evutil_socket_t, short, void *);
static void accept_failed(void);
static void client_new(int fd);
static void client_refuse(const struct peer *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static bool client_has_place(const struct peer *);
static int client_watch(struct control_client *);

static struct control_client clients[CONTROL_CLIENTS_MAX];
static char inputs[CONTROL_CLIENTS_MAX][PROTO_LINE_MAX] __attribute__((aligned(PAGE)));
static char outputs[CONTROL_CLIENTS_MAX][CONTROL_OUT_SIZE] __attribute__((aligned(PAGE)));
static uint64_t used; /* bit n: clients[n] is a client */
static uint64_t last_serial;

static struct event accept_event, accept_pause;
static bool accept_complained;
static bool listening;

#define FOREACH_CLIENT(client, bits)                                                               \
	for (uint64_t left_ = (bits);                                                              \
	     left_ != 0 && ((client) = &clients[__builtin_ctzll(left_)], true);                    \
	     left_ &= left_ - 1)

int
control_init(int listen_fd)
{
	if (fd_set_nonblocking(listen_fd, true) == -1)
		return -1;
	if (event_assign(&accept_event, supervisor_base(), listen_fd, EV_READ | EV_PERSIST,
		on_accept, NULL) == -1 ||
	    evtimer_assign(&accept_pause, supervisor_base(), on_accept_pause_over, NULL) == -1 ||
	    event_add(&accept_event, NULL) == -1)
		return -1;
	listening = true;
	return 0;
}

void
control_stop_listening(void)
{
	if (!listening)
		return;
	listening = false;
	event_del(&accept_event);
	event_del(&accept_pause);
}

void
control_close(void)
{
	struct control_client *client;

	control_stop_listening();
	FOREACH_CLIENT(client, used)
	client_drop(client);
}

void
control_result(struct program *program, bool timed_out)
{
	struct control_client *client;

	FOREACH_CLIENT(client, program->waiters & used)
	action_result(client, program, timed_out);
}

void
control_wake_followers(void)
{
	struct control_client *client;

	FOREACH_CLIENT(client, used)
	if (control_follows(client))
		client_wake(client);
}

struct control_client *
client_find(uint64_t serial)
{
	struct control_client *client;

	FOREACH_CLIENT(client, used)
	if (client->serial == serial)
		return client;
	return NULL;
}

void
client_wake(struct control_client *client)
{
	event_active(&client->resume, EV_TIMEOUT, 0);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	for (int i = 0; i < TURN_ACCEPTS; i++) {
		int client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client_fd == -1) {
			accept_failed();
			return;
		}
		accept_complained = false;
		client_new(client_fd);
	}
}

/* Without descriptors the socket stays readable: asking at once again would only burn the
 * processor. */
static void
accept_failed(void)
{
	const struct timeval pause = { ACCEPT_PAUSE_MS / 1000, ACCEPT_PAUSE_MS % 1000 * 1000 };

	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	if (!accept_complained)
		log_warn("control socket: a client has to wait: accept");
	accept_complained = true;
	event_del(&accept_event);
	evtimer_add(&accept_pause, &pause);
}

static void
on_accept_pause_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_add(&accept_event, NULL);
}

static void
client_new(int fd)
{
	struct control_client *client;
	struct peer peer;
	int slot;

	if (peer_identify(fd, &peer) == -1) {
		log_warn("control socket: credentials of a client");
		fd_close(fd);
		return;
	}
	if (peer_permission(&peer) == PERMISSION_NONE) {
		client_refuse(&peer, "DENIED uid %u may not use this socket", (unsigned)peer.uid);
		return;
	}
	if (!client_has_place(&peer))
		return;
	slot = __builtin_ctzll(~used);
	client = &clients[slot];
	*client = (struct control_client){
		.slot = slot,
		.serial = ++last_serial,
		.peer = peer,
		.quiet_since = monotime_now(),
		.in = inputs[slot],
		.out = outputs[slot],
	};
	used |= client_bit(client);
	if (client_watch(client) == -1) {
		log_warn("control socket: watching a client");
		client_drop(client);
		return;
	}
	client_turn(client);
}

static int
client_watch(struct control_client *client)
{
	struct event_base *base = supervisor_base();
	int fd = client->peer.fd;

	/* Edges, because a client that has sent its last line and waits for an answer stays
	 * readable. */
	event_assign(
	    &client->read_event, base, fd, EV_READ | EV_ET | EV_PERSIST, on_client, client);
	event_assign(&client->write_event, base, fd, EV_WRITE | EV_ET, on_client, client);
	evtimer_assign(&client->resume, base, on_client, client);
	evtimer_assign(&client->deadline, base, on_deadline, client);
	return event_add(&client->read_event, NULL);
}

/* Refuses the peer if it is one too many. */
static bool
client_has_place(const struct peer *peer)
{
	const struct conf_control *limits = &supervisor_generation()->conf->control;
	bool is_owner = peer->uid == 0 || peer->uid == geteuid();
	int64_t places = CONTROL_CLIENTS_MAX - PLACES_BUILTIN - (is_owner ? 0 : PLACES_OWNER);
	int64_t all = __builtin_popcountll(used), same_uid = 0;
	struct control_client *client;

	if (places > limits->clients_max)
		places = limits->clients_max;
	if (peer->is_builtin)
		places = CONTROL_CLIENTS_MAX;
	if (all >= places) {
		client_refuse(peer, "BUSY too many clients (%lld)", (long long)all);
		return false;
	}
	FOREACH_CLIENT(client, used)
	same_uid += client->peer.uid == peer->uid && !client->peer.is_builtin;
	if (!peer->is_builtin && same_uid >= limits->clients_per_uid_max) {
		client_refuse(peer, "BUSY too many clients of uid %u (%lld)", (unsigned)peer->uid,
		    (long long)same_uid);
		return false;
	}
	return true;
}

/* The text begins with the error's code. */
static void
client_refuse(const struct peer *peer, const char *fmt, ...)
{
	char text[200], line[256], *words = text, *code;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	code = strsep(&words, " ");
	(void)send(peer->fd, line, reply_error(line, sizeof(line), code, words),
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	log_debug("control socket: process %d refused: %s", (int)peer->pid, words);
	fd_close(peer->fd);
}

void
client_drop(struct control_client *client)
{
	struct program *program;

	control_forget(client);
	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		program->asked &= ~client_bit(client);
		program->waiters &= ~client_bit(client);
	}
	event_del(&client->read_event);
	event_del(&client->write_event);
	event_del(&client->resume);
	event_del(&client->deadline);
	fd_clear(&client->peer.fd);
	used &= ~client_bit(client);
	if (client->slot >= SLOTS_KEPT) {
		(void)madvise(client->in, sizeof(inputs[0]), MADV_DONTNEED);
		(void)madvise(client->out, sizeof(outputs[0]), MADV_DONTNEED);
	}
}

static void
on_client(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_turn(arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_overdue(arg);
}
