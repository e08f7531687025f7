#include <sys/socket.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sockets.h"

#define FIRST_SIZE ((size_t)64)

struct watch {
	struct sockets *sockets;
	struct event *event;
	short events; /* registered with the loop; 0: none */
	bool wanted;  /* libcurl waits for them */
	bool late;    /* they came when it did not */
	bool ours;    /* we are told when it is closed */
};

static void on_ready(evutil_socket_t, short events, void *watch);

static struct watch *
watch_find(const struct sockets *sockets, curl_socket_t fd)
{
	return (size_t)fd < sockets->size ? sockets->watches[fd] : NULL;
}

static int
make_room(struct sockets *sockets, curl_socket_t fd)
{
	size_t size = sockets->size == 0 ? FIRST_SIZE : sockets->size;
	struct watch **bigger;

	while (size <= (size_t)fd)
		size *= 2;
	if (size == sockets->size)
		return 0;
	if ((bigger = reallocarray(sockets->watches, size, sizeof(struct watch *))) == NULL)
		return -1;
	memset(bigger + sockets->size, 0, (size - sockets->size) * sizeof(struct watch *));
	sockets->watches = bigger;
	sockets->size = size;
	return 0;
}

static struct watch *
watch_new(struct sockets *sockets, curl_socket_t fd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL || make_room(sockets, fd) == -1 ||
	    (watch->event = event_new(sockets->base, fd, 0, on_ready, watch)) == NULL) {
		free(watch);
		return NULL;
	}
	watch->sockets = sockets;
	sockets->watches[fd] = watch;
	return watch;
}

static void
watch_free(struct sockets *sockets, curl_socket_t fd)
{
	struct watch *watch = watch_find(sockets, fd);

	if (watch == NULL)
		return;
	sockets->watches[fd] = NULL;
	event_free(watch->event);
	free(watch);
}

static void
on_ready(evutil_socket_t fd, short events, void *arg)
{
	struct watch *watch = arg;
	struct sockets *sockets = watch->sockets;
	int mask =
	    (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0);

	if (watch->wanted) {
		sockets->ready(sockets->arg, fd, mask);
		return;
	}
	/* The first time it may be of something that libcurl has read in this turn of the loop.
	 * The second time the other side has closed what was kept: libcurl sees it when it wants
	 * the connection. */
	if (watch->late) {
		event_del(watch->event);
		watch->events = 0;
	}
	watch->late = true;
}

/*
 * A connection that stands is only read from, and its end is told by on_close().  Everything else,
 * the resolver's sockets and those that have not connected yet, libcurl may close without a word.
 */
static void
let_go(struct sockets *sockets, curl_socket_t fd)
{
	struct watch *watch = watch_find(sockets, fd);

	if (watch != NULL && watch->ours && watch->events == (EV_PERSIST | EV_READ))
		watch->wanted = false;
	else
		watch_free(sockets, fd);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	short events = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
			       (what & CURL_POLL_OUT ? EV_WRITE : 0));
	struct sockets *sockets = arg;
	struct watch *watch = watch_find(sockets, fd);

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE) {
		let_go(sockets, fd);
		return 0;
	}
	if (watch == NULL && (watch = watch_new(sockets, fd)) == NULL)
		return -1;
	watch->wanted = true;
	watch->late = false;
	if (watch->events == events)
		return 0;
	event_del(watch->event);
	watch->events = 0;
	event_assign(watch->event, sockets->base, fd, events, on_ready, watch);
	if (event_add(watch->event, NULL) == -1)
		return -1;
	watch->events = events;
	return 0;
}

static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct sockets *sockets = arg;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	struct watch *watch;

	(void)purpose;
	if (fd == -1)
		return CURL_SOCKET_BAD;
	/* Whatever is left of the last one of this number was closed without a word. */
	watch_free(sockets, fd);
	if ((watch = watch_new(sockets, fd)) == NULL) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	watch->ours = true;
	return fd;
}

static int
on_close(void *sockets, curl_socket_t fd)
{
	watch_free(sockets, fd);
	return close(fd);
}

void
sockets_set_up(struct sockets *sockets, CURLM *multi)
{
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, sockets);
}

void
sockets_own(struct sockets *sockets, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sockets);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sockets);
}

void
sockets_free(struct sockets *sockets)
{
	for (size_t fd = 0; fd < sockets->size; fd++)
		watch_free(sockets, (curl_socket_t)fd);
	free(sockets->watches);
	*sockets = (struct sockets){ .base = NULL };
}
