#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobd-logger/log_client.h"

#define TEXT_MAX 1024

static void read_run(struct work *);
static void read_done(struct work *);

void
client_reply_ok(struct log_client *client, const char *text)
{
	char line[TEXT_MAX];

	evbuffer_add(client->out, line, reply_ok(line, sizeof(line), text));
}

void
client_reply_error(struct log_client *client, const char *code, const char *fmt, ...)
{
	char text[TEXT_MAX / 2], line[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	evbuffer_add(client->out, line, reply_error(line, sizeof(line), code, text));
}

void
client_reply_bulk(struct log_client *client, const void *data, size_t len)
{
	evbuffer_add_printf(client->out, "$%zu\r\n", len);
	evbuffer_add(client->out, data, len);
	evbuffer_add(client->out, "\r\n", 2);
}

void
client_reply_nil(struct log_client *client)
{
	char line[16];

	evbuffer_add(client->out, line, reply_nil(line, sizeof(line)));
}

void
client_reply_array(struct log_client *client, size_t count)
{
	char line[32];

	evbuffer_add(client->out, line, reply_array(line, sizeof(line), count));
}

bool
client_is_busy(const struct log_client *client)
{
	return client->logs != NULL || client->operations > 0;
}

void
client_logs_end(struct log_client *client)
{
	for (size_t i = 0; i < client->log_count; i++) {
		tail_close(&client->logs[i].tail);
		sink_release(client->logs[i].sink);
	}
	free(client->logs);
	free(client->block);
	client->logs = NULL;
	client->block = NULL;
	client->log_count = client->log_next = 0;
	client->follows = false;
}

/* The next log that may have something, or NULL. */
static struct client_log *
log_next(struct log_client *client)
{
	for (; client->log_next < client->log_count; client->log_next++)
		if (client->logs[client->log_next].is_dirty)
			return &client->logs[client->log_next];
	client->log_next = 0;
	for (size_t i = 0; client->follows && i < client->log_count; i++)
		if (client->logs[i].is_dirty)
			return &client->logs[client->log_next = i];
	return NULL;
}

void
client_continue(struct log_client *client)
{
	struct client_log *log;

	if (client->logs == NULL || client->is_reading ||
	    evbuffer_get_length(client->out) >= CLIENT_OUT_BYTES)
		return;
	if ((log = log_next(client)) == NULL) {
		/* A follower holds no block while it waits. */
		free(client->block);
		client->block = NULL;
		if (client->follows)
			return;
		client_reply_nil(client);
		client_logs_end(client);
		client_flush(client);
		return;
	}
	if (client->block == NULL && (client->block = malloc(TAIL_BLOCK_BYTES)) == NULL) {
		client_reply_error(client, "ERR", "out of memory");
		client_logs_end(client);
		client->is_closing = true;
		client_flush(client);
		return;
	}
	log->is_dirty = false;
	client->is_reading = true;
	client->work.run = read_run;
	client->work.done = read_done;
	workers_submit(&client->work);
}

static struct log_client *
work_client(struct work *work)
{
	return (struct log_client *)((char *)work - offsetof(struct log_client, work));
}

/* In a thread. */
static void
read_run(struct work *work)
{
	struct log_client *client = work_client(work);

	client->block_len = tail_read(&client->logs[client->log_next].tail, client->block,
	    client->follows, &client->block_skipped);
}

static void
log_send(struct log_client *client, const struct client_log *log, const char *data, size_t len)
{
	if (client->with_names) {
		client_reply_array(client, 3);
		client_reply_bulk(client, log->name, strlen(log->name));
		client_reply_bulk(client, log->stream, strlen(log->stream));
	}
	client_reply_bulk(client, data, len);
}

static void
read_done(struct work *work)
{
	struct log_client *client = work_client(work);
	struct client_log *log = &client->logs[client->log_next];
	char text[80];

	client->is_reading = false;
	if (client->block_skipped > 0)
		log_send(client, log, text,
		    (size_t)snprintf(text, sizeof(text),
			"-- %d rotated file%s gone before it could be read --\n",
			client->block_skipped, client->block_skipped == 1 ? "" : "s"));
	if (client->block_len > 0) {
		log_send(client, log, client->block, client->block_len);
		log->is_dirty = true;
	}
	/* Others get their turn; a log that is sent once is sent to its end first. */
	if (client->follows || client->block_len == 0)
		client->log_next++;
	client_flush(client);
}
