/*
 * The bytes of one connection, plain or through TLS, with the calls of read(2) and write(2).  Never
 * blocks; never keeps bytes of its own.
 */
#ifndef SCHEDULER_TRANSPORT_H
#define SCHEDULER_TRANSPORT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct tls_session;

struct transport {
	int fd;
	struct tls_session *session; /* NULL: plain */
};

ssize_t transport_read(struct transport *, void *data, size_t len);
ssize_t transport_write(struct transport *, const void *data, size_t len);
/* True if reading must wait until the socket is writable. */
bool transport_wants_write(const struct transport *);
/* True if there is more to read, whatever the socket says. */
bool transport_has_more(const struct transport *);
void transport_close(struct transport *);
/* The other side has closed both ways, so it reads no more either.  Only sockets within one machine
 * tell. */
bool transport_hung_up(const struct transport *);

#endif
