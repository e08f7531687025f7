#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include "audit.h"
#include "listener.h"
#include "mask.h"
#include "request.h"
#include "route.h"
#include "scope.h"
#include "spare.h"

/* Room for an address that is not unusually long. */
#define TARGET_USUAL ((size_t)256)

/* Requests that have ended, with room for a usual address. */
static struct spares spares;

static void answered(struct request *, size_t index, struct reply *);
static void on_reply(void *slot, struct reply *);
static void refuse(struct request *, const char *text);

/* The lists of pairs are not cleared: their length says what is in them. */
struct request *
request_new(const char *target)
{
	size_t len = strlen(target);
	size_t room = len < TARGET_USUAL ? TARGET_USUAL : len + 1;
	struct request *request = room == TARGET_USUAL
				      ? spares_take(&spares, sizeof(*request) + room)
				      : malloc(sizeof(*request) + room);

	if (request == NULL)
		return NULL;
	memset(request, 0, offsetof(struct request, query));
	request->query.count = request->form.count = 0;
	request->target_room = room;
	memcpy(request->target, target, len + 1);
	return request;
}

void
request_free(struct request *request)
{
	if (request == NULL)
		return;
	request_forget(request);
	if (request->state_free != NULL)
		request->state_free(request->state);
	respond_drop(request);
	usual_give_back(request->usual);
	buf_wipe(&request->body);
	if (request->target_room == TARGET_USUAL)
		spares_give(&spares, request);
	else
		free(request);
}

void
request_forget(struct request *request)
{
	for (size_t i = 0; i < request->ask_count; i++) {
		upstream_cancel(request->asks[i]);
		request->asks[i] = NULL;
		reply_free(&request->replies[i]);
	}
	request->ask_count = request->pending = 0;
}

static void
on_reply(void *arg, struct reply *reply)
{
	struct request_slot *slot = arg;

	answered(slot->request, slot->index, reply);
}

static void
answered(struct request *request, size_t index, struct reply *reply)
{
	request->asks[index] = NULL;
	request->replies[index] = *reply;
	if (!request->unmasked)
		reply_mask(&request->replies[index]);
	if (--request->pending > 0)
		return;
	request->then(request);
	if (request->pending == 0)
		request_resume(request);
}

void
request_ask_buf(
    struct request *request, enum upstream_socket socket, struct buf *line, int timeout_ms)
{
	size_t index = request->ask_count;
	struct request_slot *slot = &request->slots[index];
	static struct buf words; /* its room is kept */

	if (index == REQUEST_ASKS_MAX || line->failed) {
		log_errx("a request could not be asked: no memory");
		buf_free(line);
		return;
	}
	*slot = (struct request_slot){ request, index };
	request->replies[index] = (struct reply){ .kind = REPLY_LOST };
	request->ask_count++;
	if (socket != UPSTREAM_QUEUE && scope_is_confined(request)) {
		reply_set_error(&request->replies[index], "NOTFOUND there is no such thing here");
		buf_free(line);
		return;
	}
	if (request->method != METHOD_GET && mask_is_in(line->data, line->len)) {
		reply_set_error(&request->replies[index], "MASKED a value that is shown as *** was "
							  "sent back: it would replace the secret");
		buf_free(line);
		return;
	}
	words.len = 0;
	if (socket == UPSTREAM_QUEUE)
		scope_words(request, &words);
	else
		audit_note(request, line->data);
	if (words.failed) {
		buf_free(&words);
		buf_free(line);
		return;
	}
	request->asks[index] = upstream_ask(socket, words.len > 0 ? words.data : NULL, line->data,
	    line->len, timeout_ms, on_reply, slot);
	buf_wipe(line);
	if (request->asks[index] != NULL)
		request->pending++;
}

void
request_ask(struct request *request, enum upstream_socket socket, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	request_ask_buf(request, socket, &line, REQUEST_TIMEOUT_MS);
}

void
request_then(struct request *request, void (*then)(struct request *))
{
	request->then = then;
	/* Nothing could be asked. */
	if (request->pending == 0)
		then(request);
}

const char *
request_reply(const struct request *request, size_t index)
{
	return index < request->ask_count ? reply_item(&request->replies[index], 0, NULL) : "";
}

/* What a socket says, and what that is in HTTP; the first that fits. */
static const struct {
	const char *begin, *part;
	unsigned int status;
} refusals[] = {
	{"ERR ",       "Job not found",        MHD_HTTP_NOT_FOUND            },
	{ "ERR ",      "no such ",             MHD_HTTP_NOT_FOUND            },
	{ "ERR ",      "No such ",             MHD_HTTP_NOT_FOUND            },
	{ "ERR ",      "unknown worker",       MHD_HTTP_NOT_FOUND            },
	{ "ERR ",      "there is no ",         MHD_HTTP_NOT_FOUND            },
	{ "NOTFOUND ", "",                     MHD_HTTP_NOT_FOUND            },
	{ "ERR ",      "unknown command",      MHD_HTTP_NOT_IMPLEMENTED      },
	{ "ERR ",      "has ended already",    MHD_HTTP_CONFLICT             },
	{ "ERR ",      "already",              MHD_HTTP_CONFLICT             },
	{ "ERR ",      "is running",           MHD_HTTP_CONFLICT             },
	{ "ERR ",      "is disabled",          MHD_HTTP_CONFLICT             },
	{ "ERR ",      "runs wait",            MHD_HTTP_TOO_MANY_REQUESTS    },
	{ "ERR ",      "has no schedule",      MHD_HTTP_CONFLICT             },
	{ "NOTUNIQUE", "",                     MHD_HTTP_CONFLICT             },
	{ "DENIED ",   "",                     MHD_HTTP_FORBIDDEN            },
	{ "STORE ",    "",                     MHD_HTTP_SERVICE_UNAVAILABLE  },
	{ "ERR ",      "shutdown in progress", MHD_HTTP_SERVICE_UNAVAILABLE  },
	{ "BUSY ",     "",                     MHD_HTTP_SERVICE_UNAVAILABLE  },
	{ "SHUTDOWN ", "",                     MHD_HTTP_SERVICE_UNAVAILABLE  },
	{ "",          "",		     MHD_HTTP_UNPROCESSABLE_CONTENT},
};

static void
refuse(struct request *request, const char *text)
{
	const char *detail = strchr(text, ' ') != NULL ? strchr(text, ' ') + 1 : text;
	size_t i = 0;

	while (strncmp(text, refusals[i].begin, strlen(refusals[i].begin)) != 0 ||
	       strstr(text, refusals[i].part) == NULL)
		i++;
	if (refusals[i].status == MHD_HTTP_SERVICE_UNAVAILABLE)
		respond_unavailable(request, detail);
	else
		respond_problem(request, refusals[i].status, "%s", detail);
}

bool
request_reply_is_good(struct request *request, size_t index)
{
	const struct reply *reply = &request->replies[index];

	if (index >= request->ask_count || reply->kind == REPLY_LOST)
		respond_unavailable(
		    request, reply->sent ? "no answer in time: it may be done nevertheless"
					 : "the part of jobd that this is about can't be reached");
	else if (reply->kind == REPLY_ERROR)
		refuse(request, reply_item(reply, 0, NULL));
	else
		return true;
	return false;
}

/*
 * The scheduler answers at the end of its turn.  Others take longer; and what is put on record with
 * the answer must not be lost with the connection, which is not looked at while it is suspended.
 */
static bool
may_linger(const struct request *request)
{
	return request->changed[0] == '\0' && request->route->kind != ROUTE_HOOK;
}

void
request_wait(struct request *request)
{
	if (may_linger(request) && listener_stay(&request->stay))
		return;
	listener_leave(&request->stay);
	request->suspended = true;
	MHD_suspend_connection(request->connection);
}

void
request_resume(struct request *request)
{
	if (request->stay.stays)
		listener_wake();
	if (!request->suspended)
		return;
	request->suspended = false;
	listener_resume(request->connection);
}

const char *
request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

bool
request_wants_html(const struct request *request)
{
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);

	return accept != NULL && strstr(accept, "text/html") != NULL;
}
