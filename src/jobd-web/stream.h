/*
 * A request to one of jobd's sockets whose reply is a stream, on a connection of its own.  Never
 * asks again when it is lost.
 */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H

#include "link.h"

struct stream;

/*
 * item is called for each bulk string (data is not NUL-ended), then end once: at nil, at an error
 * (its text) or when the connection is lost ("").  NULL: no memory or nobody there; neither is
 * called.  `words` may be NULL; see upstream_ask().
 */
struct stream *stream_open(enum upstream_socket, const char *words, const char *line,
    void (*item)(void *arg, const char *data, size_t len),
    void (*end)(void *arg, const char *error), void *arg);
/* While paused the peer waits. */
void stream_pause(struct stream *, bool paused);
/* Also from within item; not after end. */
void stream_close(struct stream *);

#endif
