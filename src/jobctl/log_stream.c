#include <errno.h>
#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/follow.h"
#include "jobctl/listing.h"
#include "jobctl/log_stream.h"

/* What receive_items() returns when a followed logger has closed the connection. */
#define CONNECTION_ENDED (-1)

static int receive_items(const struct log_stream *, struct client *);
static int refused(const struct log_stream *, const struct resp_item *);

int
log_stream_run(const struct log_stream *stream, struct client *client)
{
	struct client *own = NULL;
	int code = send_line(client, "%s", stream->first);

	if (stream->again != NULL)
		follow_until_interrupted();
	while (code == EXIT_OK) {
		if (stream->again != NULL)
			client_set_timeout(client, -1);
		code = receive_items(stream, client);
		if (code != CONNECTION_ENDED)
			break;
		/* jobd holds the socket: we wait there until the next logger takes us. */
		client_close(own);
		own = client = session_open(stream->session, SOCKET_LOG, &code);
		if (client != NULL)
			code = send_line(client, "%s", stream->again);
	}
	client_close(own);
	return code;
}

static int
receive_items(const struct log_stream *stream, struct client *client)
{
	struct resp_item item;
	const char *errstr;

	for (;;) {
		if (stream->again != NULL && !follow_wait(client))
			return EXIT_FAILED;
		if (client_receive(client, &item, &errstr) == -1) {
			if (stream->again != NULL && errno == EPIPE)
				return CONNECTION_ENDED;
			complain("%s", errstr);
			return EXIT_FAILED;
		}
		if (item.kind == RESP_NIL)
			return EXIT_OK;
		if (item.kind == RESP_ERROR)
			return refused(stream, &item);
		if (stream->take(stream->arg, client, &item) == -1)
			return EXIT_FAILED;
		/* Nobody reads any more: main() says so. */
		if (stream->again != NULL && !client_has_unread(client) && fflush(stdout) == EOF)
			return EXIT_FAILED;
	}
}

/* supervisorctl's words, where it has some. */
static int
refused(const struct log_stream *stream, const struct resp_item *item)
{
	const char *words;
	char text[1024];

	snprintf(text, sizeof(text), "%.*s", (int)item->len, item->data);
	words = refusal_is(text, "NOSUCH")   ? "no such process name"
		: refusal_is(text, "NOFILE") ? "no log file"
					     : NULL;
	if (words != NULL && !stream->session->json)
		printf("%s: ERROR (%s)\n", stream->name, words);
	complain("%s", refusal_text(text));
	return EXIT_FAILED;
}
