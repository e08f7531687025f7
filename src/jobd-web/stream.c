#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

struct stream {
	struct link *link;
	void (*item)(void *arg, const char *data, size_t len);
	void (*end)(void *arg, const char *error);
	void *arg;
	bool begun; /* the +OK in front of events was seen */
};

static bool stream_item(void *stream, const struct resp_item *);
static void stream_lost(void *stream);

static const struct link_owner owner = { stream_item, stream_lost };

struct stream *
stream_open(enum upstream_socket socket, const char *words, const char *line,
    void (*item)(void *, const char *, size_t), void (*end)(void *, const char *), void *arg)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	*stream = (struct stream){ .item = item, .end = end, .arg = arg };
	stream->link = link_open(socket, &owner, stream);
	if (stream->link == NULL || (words != NULL && link_send_words(stream->link, words) == -1) ||
	    link_send(stream->link, line, strlen(line)) == -1) {
		stream_close(stream);
		return NULL;
	}
	link_flush(stream->link);
	return stream;
}

void
stream_pause(struct stream *stream, bool paused)
{
	link_pause(stream->link, paused);
}

void
stream_close(struct stream *stream)
{
	if (stream == NULL)
		return;
	link_close(stream->link);
	free(stream);
}

static bool
stream_item(void *arg, const struct resp_item *item)
{
	struct stream *stream = arg;
	char error[256];

	if (item->kind == RESP_BULK) {
		stream->item(stream->arg, item->data, item->len);
		return true;
	}
	if (item->kind == RESP_OK && !stream->begun) {
		stream->begun = true;
		return true;
	}
	snprintf(error, sizeof(error), "%.*s", item->kind == RESP_ERROR ? (int)item->len : 0,
	    item->kind == RESP_ERROR ? item->data : "");
	stream->end(stream->arg, error);
	stream_close(stream);
	return true;
}

static void
stream_lost(void *arg)
{
	struct stream *stream = arg;

	stream->end(stream->arg, "");
	/* The link closes itself. */
	free(stream);
}
