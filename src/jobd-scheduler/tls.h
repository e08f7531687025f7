/*
 * TLS for the queue's TCP connections: the only user of libssl.  Never blocks; knows nothing of
 * what is said.
 */
#ifndef SCHEDULER_TLS_H
#define SCHEDULER_TLS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct tls;
struct tls_session;

/* A server with the PEM files' certificate chain and key, for TLS 1.2 and later.  NULL with what is
 * wrong in error. */
struct tls *tls_new(const char *certificate, const char *key, char *error, size_t size);
/* Sessions that have begun go on. */
void tls_free(struct tls *);

/* The server's side on a connected socket that does not block; NULL without memory. */
struct tls_session *tls_session_new(struct tls *, int fd);
/* Says good-bye if it can; the descriptor stays open. */
void tls_session_free(struct tls_session *);
/*
 * As read(2) and write(2).  -1 with EAGAIN: when the socket is readable or writable, whatever
 * tls_session_wants_write() says, the same call is to be made again (a write with the same bytes at
 * its beginning).
 */
ssize_t tls_session_read(struct tls_session *, void *data, size_t len);
ssize_t tls_session_write(struct tls_session *, const void *data, size_t len);
bool tls_session_wants_write(const struct tls_session *);
/* Bytes that came and of which the socket says nothing any more. */
bool tls_session_has_more(const struct tls_session *);

#endif
