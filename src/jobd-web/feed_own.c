#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "proto/verbs.h"

#include "feed_own.h"
#include "listener.h"
#include "scope.h"
#include "stream.h"

#define CLIENTS_MAX 200
/* Who is so far behind is made to come again, and then looks at everything anew. */
#define BUFFER_MAX ((size_t)64 * 1024)

struct own {
	TAILQ_ENTRY(own) entry;
	struct MHD_Connection *connection;
	struct stream *stream;
	struct evbuffer *text;
	bool suspended, ended;
};

static TAILQ_HEAD(, own) clients = TAILQ_HEAD_INITIALIZER(clients);
static int client_count;

static void
wake(struct own *own)
{
	if (!own->suspended)
		return;
	own->suspended = false;
	listener_resume(own->connection);
}

/* The objects have no line breaks in them. */
static void
on_item(void *arg, const char *data, size_t len)
{
	struct own *own = arg;

	if (evbuffer_get_length(own->text) > BUFFER_MAX)
		own->ended = true;
	else if (memchr(data, '\n', len) == NULL) {
		evbuffer_add_printf(own->text, "event: job\ndata: ");
		evbuffer_add(own->text, data, len);
		evbuffer_add(own->text, "\n\n", 2);
	}
	wake(own);
}

static void
on_lost(void *arg, const char *error)
{
	struct own *own = arg;

	(void)error;
	own->stream = NULL;
	own->ended = true;
	wake(own);
}

static ssize_t
read_some(void *arg, uint64_t position, char *buf, size_t size)
{
	struct own *own = arg;
	int len = own->ended ? 0 : evbuffer_remove(own->text, buf, size);

	(void)position;
	if (len > 0)
		return len;
	if (own->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	own->suspended = true;
	MHD_suspend_connection(own->connection);
	return 0;
}

static void
own_free(void *arg)
{
	struct own *own = arg;

	TAILQ_REMOVE(&clients, own, entry);
	client_count--;
	stream_close(own->stream);
	evbuffer_free(own->text);
	free(own);
}

void
feed_own_begin(struct request *request)
{
	struct own *own = client_count < CLIENTS_MAX ? calloc(1, sizeof(*own)) : NULL;
	struct buf words = { 0 };

	scope_words(request, &words);
	if (own != NULL && !words.failed && (own->text = evbuffer_new()) != NULL)
		own->stream =
		    stream_open(UPSTREAM_QUEUE, words.data, VERB_EVENTS, on_item, on_lost, own);
	buf_free(&words);
	if (own == NULL || own->stream == NULL) {
		if (own != NULL && own->text != NULL)
			evbuffer_free(own->text);
		free(own);
		respond_unavailable(request, "too many follow events, or the scheduler is away");
		return;
	}
	own->connection = request->connection;
	evbuffer_add_printf(own->text, "retry: 2000\nevent: reset\ndata: {}\n\n");
	TAILQ_INSERT_TAIL(&clients, own, entry);
	client_count++;
	respond_stream(request, "text/event-stream", read_some, own, own_free);
}

void
feed_own_end(void)
{
	struct own *own;

	TAILQ_FOREACH (own, &clients, entry) {
		own->ended = true;
		wake(own);
	}
}
