/*
 * libmicrohttpd on our loop: one daemon for each listening socket that jobd handed to us, and the
 * deadlines that it does not have itself.  Never looks at what is asked.
 */
#ifndef WEB_LISTENER_H
#define WEB_LISTENER_H

#include <event2/event.h>
#include <microhttpd.h>
#include <stdbool.h>

#include "base/clock.h"
#include "conf/conf.h"

/* One client's connection. */
struct listener_peer;

/*
 * Begins to serve `fd`, with the certificate of tls.h or without; what is asked goes to server.h.
 * 0, or -1 (logged).
 */
int listener_new(struct event_base *, int fd, bool is_tls, const struct conf_web *);
/* No new connections; the sockets stay open for who comes after us. */
void listeners_quiet(void);
/* Connections that are open. */
unsigned int listeners_count(void);

/* Goes on with a suspended connection, in the next turn of the loop. */
void listener_resume(struct MHD_Connection *);

/*
 * A connection whose answer is expected soon lingers: the library asks for it each time it is
 * called, which costs less than to suspend and to resume, two calls of the system and a read of
 * nothing.  For a long time that would be the opposite.
 */
struct listener_stay {
	bool stays;
	struct monotime end;
};

/* False: it has been here too long, and is to be suspended. */
bool listener_stay(struct listener_stay *);
/* It is answered, suspended or gone. */
void listener_leave(struct listener_stay *);
/* There is an answer to be asked for. */
void listener_wake(void);
/* The library was given something to go on with, and is to be called again at once. */
void listener_goes_on(void);

/* The request is whole, or (false) its connection waits for the next one. */
void listener_peer_busy(struct listener_peer *, bool busy);
/* The address as text, of a client on a unix socket "unix". */
const char *listener_peer_address(const struct listener_peer *);
bool listener_peer_is_unix(const struct listener_peer *);
bool listener_peer_is_tls(const struct listener_peer *);

#endif
