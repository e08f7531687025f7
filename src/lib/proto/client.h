/*
 * A blocking client of any of the three sockets, for jobctl and for a built-in's start.  Never used
 * in jobd.
 */
#ifndef PROTO_CLIENT_H
#define PROTO_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/resp.h"

struct client;

/*
 * Connects to the unix socket `path` and says HELLO (on the queue socket after reading the
 * greeting). timeout_ms covers each following step; -1 waits for ever. Returns NULL with *errstr a
 * whole sentence for people: not running, no permission, refused, other version.
 */
struct client *client_open(const char *path, int64_t timeout_ms, const char **errstr);
void client_close(struct client *);
int client_fd(const struct client *);
void client_set_timeout(struct client *, int64_t timeout_ms);

/* Sends one line, "\r\n" added.  0, or -1 with *errstr. */
int client_send(struct client *, const char **errstr, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * Waits for the next item.  Its data stay valid until the next call.  0; -1 with *errstr at a
 * time-out, an end of the connection or broken bytes.
 */
int client_receive(struct client *, struct resp_item *, const char **errstr);

#endif
