/*
 * The sockets on which clients come: accepts them, decides who they are, and refuses those who may
 * not come in.  Never reads a request.
 */
#ifndef SCHEDULER_LISTENER_H
#define SCHEDULER_LISTENER_H

#include <sys/queue.h>

struct server;

enum listener_kind {
	LISTENER_LOCAL, /* the unix socket: who the kernel says */
	LISTENER_TCP,   /* who knows the password; without one, this host */
	LISTENER_TLS,
};

/* A descriptor that listens already. */
struct listen_socket {
	enum listener_kind kind;
	int fd;
};

TAILQ_HEAD(listener_list, listener);

/* Adds it to the server's list; -1 with errno. */
int listener_new(struct server *, const struct listen_socket *);
/* All accept nobody any more: who comes waits for the successor, if somebody holds the socket. */
void listeners_stop(struct server *);
void listener_free(struct server *, struct listener *);

#endif
