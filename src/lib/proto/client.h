/*
 * A blocking client of any of the three sockets, for jobctl and for a built-in's start.  Never used
 * in jobd.
 */
#ifndef PROTO_CLIENT_H
#define PROTO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/resp.h"

struct client;

/*
 * Connects to the unix socket `path` and says HELLO (on the queue socket, known by its name, after
 * reading the greeting). timeout_ms covers each following step; -1 waits for ever. Returns NULL
 * with *errstr a whole sentence for people (not running, no permission, refused, other version) and
 * errno its kind: ENOENT, ECONNREFUSED, EACCES, ETIMEDOUT, EPROTONOSUPPORT (other version), EPROTO
 * (not our protocol) or what connect(2) said.
 *
 * Error texts stay valid until the next call of any client function.
 */
struct client *client_open(const char *path, int64_t timeout_ms, const char **errstr);
void client_close(struct client *);
int client_fd(const struct client *);
void client_set_timeout(struct client *, int64_t timeout_ms);
/* The JSON of the server's HI: version, pid. */
const char *client_greeting(const struct client *);

/* Sends one line, "\r\n" added.  0, or -1 with *errstr and errno. */
int client_send(struct client *, const char **errstr, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * Waits for the next item.  Its data stay valid until the next call.  0; -1 with *errstr and errno
 * at a time-out (ETIMEDOUT), an end of the connection (EPIPE), broken bytes (EPROTO) or a signal
 * (EINTR).
 */
int client_receive(struct client *, struct resp_item *, const char **errstr);
/* True if bytes have been read that no client_receive() has returned yet: poll(2) can't know them.
 */
bool client_has_unread(const struct client *);

#endif
