
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/signame.h"
#include "fields.h"
#include "history.h"
#include "proto/resp.h"
#include "proto/verbs.h"
#include "watch.h"

/* Bounds of one event, and of what is read at once. */
#define EVENT_MAX    ((size_t)16 * 1024)
#define BUFFER_SIZE  ((size_t)32 * 1024)
#define DELAY_MIN_MS 500
#define DELAY_MAX_MS 30000

struct history {
	struct scheduler *scheduler;
	struct event *event, *again;
	int fd;
	char *buf; /* only while there is something in it */
	size_t len;
	int64_t delay_ms;
	bool stored; /* something in this turn */
	bool warned;
};

static void on_again(evutil_socket_t, short what, void *history);
static void on_readable(evutil_socket_t, short what, void *history);
static void disconnect(struct history *, const char *why);

struct history *
history_new(struct scheduler *scheduler)
{
	struct history *history = calloc(1, sizeof(*history));

	if (history == NULL)
		return NULL;
	history->scheduler = scheduler;
	history->fd = -1;
	history->delay_ms = DELAY_MIN_MS;
	history->again = evtimer_new(scheduler->base, on_again, history);
	if (history->again == NULL) {
		free(history);
		return NULL;
	}
	event_active(history->again, EV_TIMEOUT, 0);
	return history;
}

void
history_free(struct history *history)
{
	if (history == NULL)
		return;
	if (history->event != NULL)
		event_free(history->event);
	event_free(history->again);
	fd_close(history->fd);
	free(history->buf);
	free(history);
}

static void
try_again(struct history *history)
{
	const struct timeval delay = { history->delay_ms / 1000, history->delay_ms % 1000 * 1000 };

	event_add(history->again, &delay);
	history->delay_ms *= 2;
	if (history->delay_ms > DELAY_MAX_MS)
		history->delay_ms = DELAY_MAX_MS;
}

static void
disconnect(struct history *history, const char *why)
{
	if (!history->warned)
		log_warnx("can't follow jobd's events: %s", why);
	history->warned = true;
	if (history->event != NULL)
		event_free(history->event);
	history->event = NULL;
	fd_clear(&history->fd);
	free(history->buf);
	history->buf = NULL;
	history->len = 0;
	try_again(history);
}

static void
on_again(evutil_socket_t unused, short what, void *arg)
{
	/* The status first: an event that it does not know yet comes behind it. */
	static const char request[] =
	    VERB_HELLO " {\"v\":1}\r\n" VERB_STATUS " all=1\r\n" VERB_EVENTS " since=0\r\n";
	struct history *history = arg;
	char path[PATH_MAX];

	(void)unused;
	(void)what;
	snprintf(path, sizeof(path), "%s/" PROTO_CONTROL_SOCKET, history->scheduler->run_dir);
	watch_connected(history->scheduler);
	history->fd = fd_connect_unix(path);
	if (history->fd == -1 ||
	    write(history->fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1) {
		disconnect(history, strerror(errno));
		return;
	}
	history->event = event_new(
	    history->scheduler->base, history->fd, EV_READ | EV_PERSIST, on_readable, history);
	if (history->event == NULL || event_add(history->event, NULL) == -1)
		disconnect(history, strerror(ENOMEM));
}

/* Words or numbers: -1 if there is none. */
static int64_t
read_signal(const struct fields *end)
{
	const char *word = fields_text(end, "signal"), *errstr;
	int64_t number = fields_int(end, "signal", -1);

	if (word != NULL)
		return signame_parse(word, &errstr);
	return number > 0 ? number : -1;
}

static void
read_time(const struct fields *end, const char *key, struct walltime *when)
{
	const char *text = fields_text(end, key), *errstr;

	if (text == NULL || walltime_parse(text, when, &errstr) == -1)
		when->us = 0;
}

bool
history_read(const char *text, size_t len, struct exit_record *record)
{
	char error[160];
	struct fields *fields = fields_read(text, len, error, sizeof(error));
	const struct fields *end = fields != NULL ? fields_object(fields, "exit") : NULL;
	const char *name = fields != NULL ? fields_text(fields, "name") : NULL;
	const char *reason = end != NULL ? fields_text(end, "reason") : NULL;
	const char *note = end != NULL ? fields_text(end, "text") : NULL;

	memset(record, 0, sizeof(*record));
	/* Where the word alone says too little, there is a text that says all. */
	if (end != NULL && name != NULL) {
		snprintf(record->name, sizeof(record->name), "%s", name);
		snprintf(record->reason, sizeof(record->reason), "%s",
		    note != NULL     ? note
		    : reason != NULL ? reason
				     : "");
		record->pid = fields_int(fields, "pid", 0);
		record->code = fields_int(end, "code", -1);
		record->signal = read_signal(end);
		record->core = fields_bool(end, "core", false);
		record->uptime_ms = fields_int(end, "uptime_ms", -1);
		read_time(end, "at", &record->at);
		if (!walltime_is_set(record->at))
			read_time(fields, "at", &record->at);
	}
	fields_free(fields);
	return walltime_is_set(record->at);
}

static void
take_event(struct history *history, const char *text, size_t len)
{
	struct scheduler *scheduler = history->scheduler;
	struct exit_record record;
	enum store_result result;

	if (watch_jobd(scheduler, text, len)) {
		scheduler_work(scheduler);
		history->stored = true;
	}
	if (!history_read(text, len, &record))
		return;
	scheduler_work(scheduler);
	history->stored = true;
	if (scheduler->failed || !scheduler_may_write(scheduler))
		return; /* it is asked for again when this turn has ended */
	result = scheduler->store->ops->exit_add(scheduler->store, &record);
	if (result == STORE_OK)
		result =
		    scheduler->store->ops->exit_trim(scheduler->store, record.name, HISTORY_KEEP);
	scheduler_failed(scheduler, result);
}

/* False if the connection is of no use any more. */
static bool
take_item(struct history *history, const struct resp_item *item)
{
	char text[200];

	switch (item->kind) {
	case RESP_OK:
		if (item->len > 2)
			watch_hello(history->scheduler, item->data, item->len);
		else
			watch_status_end(history->scheduler);
		return true;
	case RESP_ARRAY: /* of the status; one that goes away leaves a nil */
	case RESP_NIL:
		return true;
	case RESP_BULK:
		history->delay_ms = DELAY_MIN_MS;
		history->warned = false;
		take_event(history, item->data, item->len);
		return true;
	case RESP_ERROR:
		snprintf(text, sizeof(text), "%.*s", (int)item->len, item->data);
		disconnect(history, text);
		return false;
	case RESP_MORE:
	case RESP_INTEGER:
	case RESP_BROKEN:
		break;
	}
	disconnect(history, "unexpected bytes");
	return false;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct history *history = arg;
	struct resp_item item;
	size_t used, done = 0;
	ssize_t len;

	(void)what;
	if (history->buf == NULL && (history->buf = malloc(BUFFER_SIZE)) == NULL) {
		disconnect(history, strerror(ENOMEM));
		return;
	}
	len = read(fd, history->buf + history->len, BUFFER_SIZE - history->len);
	if (len <= 0) {
		if (len == 0 || (errno != EAGAIN && errno != EINTR))
			disconnect(
			    history, len == 0 ? "jobd closed the connection" : strerror(errno));
		return;
	}
	history->len += (size_t)len;
	while (done < history->len && resp_parse(history->buf + done, history->len - done,
					  EVENT_MAX, &item, &used) != RESP_MORE) {
		if (!take_item(history, &item))
			return;
		done += used;
	}
	history->len -= done;
	if (history->len > 0) {
		memmove(history->buf, history->buf + done, history->len);
		return;
	}
	free(history->buf);
	history->buf = NULL;
}

void
history_turn_end(struct history *history, bool kept)
{
	if (history == NULL)
		return;
	if (history->stored && !kept && history->fd != -1)
		disconnect(history, "the database can't be written now");
	history->stored = false;
}
