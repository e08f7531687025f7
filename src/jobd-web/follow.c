#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "follow.h"
#include "listener.h"
#include "request.h"
#include "stream.h"

/* The logger has few places. */
#define FOLLOWS_MAX 16
#define BUFFER_MAX  ((size_t)64 * 1024)

struct follow {
	TAILQ_ENTRY(follow) entry;
	struct MHD_Connection *connection;
	struct stream *stream;
	struct evbuffer *text;
	bool suspended, paused, ended;
};

static TAILQ_HEAD(, follow) follows = TAILQ_HEAD_INITIALIZER(follows);
static int follow_count;

static void wake(struct follow *);
static void on_item(void *follow, const char *data, size_t len);
static void on_lost(void *follow, const char *error);
static ssize_t read_some(void *follow, uint64_t position, char *buf, size_t size);
static void follow_free(void *follow);

static void
wake(struct follow *follow)
{
	if (!follow->suspended)
		return;
	follow->suspended = false;
	listener_resume(follow->connection);
}

static void
on_item(void *arg, const char *data, size_t len)
{
	struct follow *follow = arg;

	evbuffer_add(follow->text, data, len);
	if (evbuffer_get_length(follow->text) > BUFFER_MAX && !follow->paused) {
		follow->paused = true;
		stream_pause(follow->stream, true);
	}
	wake(follow);
}

static void
on_lost(void *arg, const char *error)
{
	struct follow *follow = arg;

	if (error[0] != '\0')
		evbuffer_add_printf(follow->text, "%s\n", error);
	follow->stream = NULL;
	follow->ended = true;
	wake(follow);
}

static ssize_t
read_some(void *arg, uint64_t position, char *buf, size_t size)
{
	struct follow *follow = arg;
	int len = evbuffer_remove(follow->text, buf, size);

	(void)position;
	if (follow->paused && evbuffer_get_length(follow->text) == 0) {
		follow->paused = false;
		if (follow->stream != NULL)
			stream_pause(follow->stream, false);
	}
	if (len > 0)
		return len;
	if (follow->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	follow->suspended = true;
	MHD_suspend_connection(follow->connection);
	return 0;
}

static void
follow_free(void *arg)
{
	struct follow *follow = arg;

	TAILQ_REMOVE(&follows, follow, entry);
	follow_count--;
	stream_close(follow->stream);
	evbuffer_free(follow->text);
	free(follow);
}

void
follow_begin(struct request *request, const char *line)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (follow == NULL || follow_count >= FOLLOWS_MAX ||
	    (follow->text = evbuffer_new()) == NULL) {
		free(follow);
		respond_unavailable(request, "too many logs are being read");
		return;
	}
	follow->connection = request->connection;
	follow->stream = stream_open(UPSTREAM_LOG, NULL, line, on_item, on_lost, follow);
	if (follow->stream == NULL) {
		evbuffer_free(follow->text);
		free(follow);
		respond_unavailable(request, "the logger can't be reached");
		return;
	}
	TAILQ_INSERT_TAIL(&follows, follow, entry);
	follow_count++;
	respond_stream(request, "text/plain; charset=utf-8", read_some, follow, follow_free);
}

void
follow_end(void)
{
	struct follow *follow;

	TAILQ_FOREACH (follow, &follows, entry) {
		follow->ended = true;
		wake(follow);
	}
}
