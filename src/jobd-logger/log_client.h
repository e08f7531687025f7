/*
 * One client of log.sock: its connection, its request, and what it may do.  Never holds more than
 * one line in and a bounded reply out.
 */
#ifndef LOGGER_LOG_CLIENT_H
#define LOGGER_LOG_CLIENT_H

#include <sys/queue.h>
#include <sys/types.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "jobd-logger/channel.h"
#include "jobd-logger/sink.h"
#include "jobd-logger/tail.h"
#include "jobd-logger/workers.h"
#include "proto/request.h"

/* More is not put into a reply before the client has read. */
#define CLIENT_OUT_BYTES ((size_t)64 * 1024)

/* A log that is being sent. */
struct client_log {
	struct tail tail;
	struct sink *sink;
	char name[72], stream[8];
	bool is_dirty; /* there may be something to read */
};

struct log_client {
	TAILQ_ENTRY(log_client) entry;
	int fd;
	uid_t uid;
	bool may_look, may_act;
	struct event *readable, *writable, *deadline;
	char *in;
	size_t in_len;
	struct evbuffer *out;
	bool is_closing; /* when everything is sent */
	bool is_gone;    /* as soon as no thread works for it */
	/* TAIL and LOGS. */
	struct client_log *logs;
	size_t log_count, log_next;
	bool follows, with_names;
	bool is_reading; /* a thread is */
	struct work work;
	char *block;
	size_t block_len;
	int block_skipped;
	/* CLEAR and ROTATE. */
	int operations;
	int operation_error;
};

/* Both return false if the reply does not fit in memory; the client is closed then. */
void client_reply_ok(struct log_client *, const char *text);
void client_reply_error(struct log_client *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void client_reply_bulk(struct log_client *, const void *data, size_t len);
void client_reply_nil(struct log_client *);
void client_reply_array(struct log_client *, size_t count);
/* True while a request is being answered: the next one waits. */
bool client_is_busy(const struct log_client *);
/* Goes on sending the client's logs, if it has any and has read enough. */
void client_continue(struct log_client *);
/* Sends what it can and goes on with what follows. */
void client_flush(struct log_client *);
/* Ends the sending of logs. */
void client_logs_end(struct log_client *);

#endif
