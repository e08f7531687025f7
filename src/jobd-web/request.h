/*
 * One HTTP request on its way through a handler: what was asked, who asks, the answers of jobd's
 * sockets that it waits for, and the response.  Never blocks: a handler asks, says what comes then,
 * and returns.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "auth.h"
#include "buf.h"
#include "listener.h"
#include "method.h"
#include "upstream.h"
#include "url.h"
#include "usual.h"

#define REQUEST_ASKS_MAX       12
#define REQUEST_PARAMETERS_MAX 2
/* The usual deadline of an answer of jobd's sockets. */
#define REQUEST_TIMEOUT_MS 8000

struct route;

/* One of the replies that a request waits for. */
struct request_slot {
	struct request *request;
	size_t index;
};

struct request {
	struct MHD_Connection *connection;
	const struct route *route;
	enum method method;
	const char *path; /* decoded, without the prefix */
	char prefix[128]; /* what people see in front of it */
	char parameters[REQUEST_PARAMETERS_MAX][URL_SEGMENT_MAX]; /* the {} of the route */
	struct buf body;
	struct identity identity; /* who asks */
	char address[64];         /* and from where */

	struct reply replies[REQUEST_ASKS_MAX]; /* in the order of request_ask() */
	struct ask *asks[REQUEST_ASKS_MAX];
	struct request_slot slots[REQUEST_ASKS_MAX];
	size_t ask_count, pending;
	void (*then)(struct request *);

	char changed[240]; /* what was asked of jobd that the scheduler does not know of */
	bool unmasked;     /* replies are for the handler, and shown to nobody */

	void *state; /* the handler's own */
	void (*state_free)(void *state);

	bool prepared, handled, suspended;
	bool is_stream;
	struct MHD_Response *response;
	struct usual *usual; /* it is this one's; kept until the answer has been sent */
	unsigned int status;
	struct listener_peer *peer;
	struct listener_stay stay;

	struct pairs query, form;
	size_t target_room;
	char target[]; /* as it came, taken apart in place */
};

/* Asks one of the sockets; the reply will be in replies[], in this order. */
void request_ask(struct request *, enum upstream_socket, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a text that is taken over, and a deadline. */
void request_ask_buf(struct request *, enum upstream_socket, struct buf *, int timeout_ms);
/* What is called when all replies are there; it may ask again, once request_forget() was called. */
void request_then(struct request *, void (*then)(struct request *));
/* Frees the replies: asking begins anew. */
void request_forget(struct request *);
/*
 * True if reply `index` is what was hoped for; otherwise the problem has been answered: 503 with
 * Retry-After where nobody is there, 404, 409, 422, 501 by what the socket said.
 */
bool request_reply_is_good(struct request *, size_t index);
/* The text of the reply, or "" */
const char *request_reply(const struct request *, size_t index);

/* A header of the request, or NULL. */
const char *request_header(const struct request *, const char *name);
bool request_wants_html(const struct request *);

/* Each answers the request; the text is taken over. */
void respond(struct request *, unsigned int status, const char *type, struct buf *);
void respond_json(struct request *, unsigned int status, struct buf *);
void respond_html(struct request *, unsigned int status, struct buf *);
/* RFC 9457; detail may be NULL. */
void respond_problem(struct request *, unsigned int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* With Retry-After. */
void respond_unavailable(struct request *, const char *detail);
/* To a path inside, which gets the prefix. 303. */
void respond_redirect(struct request *, const char *path);
/* Chunks made by a callback; see MHD_create_response_from_callback(). */
void respond_stream(struct request *, const char *type, MHD_ContentReaderCallback, void *arg,
    MHD_ContentReaderFreeCallback);
/* Only after one of those above. */
void respond_header(struct request *, const char *name, const char *value);

/* The response is not wanted, or is the library's now. */
void respond_drop(struct request *);

/* For the loop: whether there was a long answer since the last question. */
bool respond_was_long(void);

/* For the server: */
struct request *request_new(const char *target);
void request_free(struct request *);
/* Its connection waits for replies; and goes on. */
void request_wait(struct request *);
void request_resume(struct request *);

#endif
