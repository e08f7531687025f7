#include <sys/queue.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"

#include "feed.h"
#include "feed_own.h"
#include "handlers.h"
#include "listener.h"
#include "request.h"
#include "scope.h"
#include "stream.h"

/* What was said last; who is further behind is told to look at everything anew. */
#define RING_BYTES ((size_t)128 * 1024)
/* Finds clients that are gone, and keeps proxies from closing. */
#define BEAT_SEC 25
/* Before a lost socket is asked again. */
#define AGAIN_SEC 1

/* One of the two sockets. */
struct source {
	enum upstream_socket socket;
	const char *name;
	struct stream *stream;
};

struct listening {
	TAILQ_ENTRY(listening) entry;
	struct MHD_Connection *connection;
	uint64_t at; /* how much of all that was ever said it has */
	bool suspended;
};

static struct {
	char ring[RING_BYTES];
	uint64_t end; /* all that was ever said */
	uint64_t number;
	TAILQ_HEAD(, listening) clients;
	struct source sources[2];
	struct event *beat, *again;
	bool ending;
} feed = {
	.clients = TAILQ_HEAD_INITIALIZER(feed.clients),
	.sources = {{ UPSTREAM_CONTROL, "program", NULL }, { UPSTREAM_QUEUE, "job", NULL }},
};

static void say(const char *text, size_t len);
static void wake(void);
static void sources_open(void);
static void sources_close(void);
static void on_item(void *source, const char *data, size_t len);
static void on_lost(void *source, const char *error);
static void on_beat(evutil_socket_t, short what, void *);
static void on_again(evutil_socket_t, short what, void *);
static ssize_t read_some(void *client, uint64_t position, char *buf, size_t size);
static void client_free(void *client);

int
feed_init(struct event_base *base)
{
	feed.beat = event_new(base, -1, EV_PERSIST, on_beat, NULL);
	feed.again = evtimer_new(base, on_again, NULL);
	return feed.beat == NULL || feed.again == NULL ? -1 : 0;
}

static void
say(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		feed.ring[(feed.end + i) % RING_BYTES] = text[i];
	feed.end += len;
}

static void
wake(void)
{
	struct listening *client;

	TAILQ_FOREACH (client, &feed.clients, entry) {
		if (!client->suspended)
			continue;
		client->suspended = false;
		listener_resume(client->connection);
	}
}

/* The objects have no line breaks in them: jobd writes them in one line. */
static void
on_item(void *arg, const char *data, size_t len)
{
	const struct source *source = arg;
	char head[96];
	int head_len = snprintf(
	    head, sizeof(head), "id: %" PRIu64 "\nevent: %s\ndata: ", ++feed.number, source->name);

	if (len > RING_BYTES / 8 || memchr(data, '\n', len) != NULL)
		return;
	say(head, (size_t)head_len);
	say(data, len);
	say("\n\n", 2);
	wake();
}

static void
on_lost(void *arg, const char *error)
{
	const struct timeval pause = { AGAIN_SEC, 0 };
	struct source *source = arg;

	if (error[0] != '\0')
		log_debug("no events of %ss: %s", source->name, error);
	source->stream = NULL;
	/* What was missed meanwhile is seen by looking. */
	if (!TAILQ_EMPTY(&feed.clients))
		evtimer_add(feed.again, &pause);
}

static void
sources_open(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct source *source = &feed.sources[i];

		if (source->stream == NULL)
			source->stream = stream_open(
			    source->socket, NULL, VERB_EVENTS, on_item, on_lost, source);
	}
}

static void
sources_close(void)
{
	evtimer_del(feed.again);
	for (size_t i = 0; i < 2; i++) {
		stream_close(feed.sources[i].stream);
		feed.sources[i].stream = NULL;
	}
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	static const char reset[] = "event: reset\ndata: {}\n\n";

	(void)fd;
	(void)what;
	(void)arg;
	sources_open();
	say(reset, sizeof(reset) - 1);
	wake();
}

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	say(":\n\n", 3);
	wake();
}

static ssize_t
read_some(void *arg, uint64_t position, char *buf, size_t size)
{
	static const char reset[] = "retry: 2000\nevent: reset\ndata: {}\n\n";
	struct listening *client = arg;
	uint64_t left = feed.end - client->at;
	size_t len;

	(void)position;
	if (feed.ending)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (left > RING_BYTES) {
		client->at = feed.end;
		len = sizeof(reset) - 1 < size ? sizeof(reset) - 1 : size;
		memcpy(buf, reset, len);
		return (ssize_t)len;
	}
	if (left == 0) {
		client->suspended = true;
		MHD_suspend_connection(client->connection);
		return 0;
	}
	len = left < size ? (size_t)left : size;
	for (size_t i = 0; i < len; i++)
		buf[i] = feed.ring[(client->at + i) % RING_BYTES];
	client->at += len;
	return (ssize_t)len;
}

static void
client_free(void *arg)
{
	struct listening *client = arg;

	TAILQ_REMOVE(&feed.clients, client, entry);
	free(client);
	if (!TAILQ_EMPTY(&feed.clients))
		return;
	sources_close();
	event_del(feed.beat);
}

void
api_events(struct request *request)
{
	static const struct timeval beat = { BEAT_SEC, 0 };
	struct listening *client;

	if (scope_is_confined(request) && !feed.ending) {
		feed_own_begin(request);
		return;
	}
	client = calloc(1, sizeof(*client));
	if (client == NULL || feed.ending) {
		free(client);
		respond_unavailable(request, "not now");
		return;
	}
	client->connection = request->connection;
	/* Its first bytes tell it to look at everything, and say that the stream is there. */
	client->at = feed.end - RING_BYTES - 1;
	if (TAILQ_EMPTY(&feed.clients))
		event_add(feed.beat, &beat);
	TAILQ_INSERT_TAIL(&feed.clients, client, entry);
	sources_open();
	respond_stream(request, "text/event-stream", read_some, client, client_free);
}

void
feed_end(void)
{
	feed.ending = true;
	feed_own_end();
	wake();
}
