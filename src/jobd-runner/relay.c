#include <sys/stat.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "base/fd.h"
#include "base/log.h"
#include "relay.h"

#define HELD_MAX_BYTES (1024 * 1024)

struct relay {
	int fd;
	struct event *writable; /* NULL: it can't be waited for, and never makes us wait */
	struct evbuffer *held;
	uint64_t dropped_lines;
};

static void put_line(struct relay *, const char *name, const char *text, size_t len);
static void flush(struct relay *);
static void on_writable(evutil_socket_t, short events, void *relay);

struct relay *
relay_new(struct event_base *base, int fd)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct stat status;
	bool is_pipe;

	if (relay == NULL)
		return NULL;
	relay->fd = fd;
	relay->held = evbuffer_new();
	/* A pipe is ours alone with its reader; a terminal's flags are everybody's. */
	is_pipe = fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
	if (is_pipe && fd_set_nonblocking(fd, true) == 0)
		relay->writable = event_new(base, fd, EV_WRITE, on_writable, relay);
	if (relay->held == NULL || (is_pipe && relay->writable == NULL)) {
		relay_free(relay);
		errno = ENOMEM;
		return NULL;
	}
	return relay;
}

void
relay_free(struct relay *relay)
{
	if (relay == NULL)
		return;
	if (relay->writable != NULL)
		event_free(relay->writable);
	if (relay->held != NULL)
		evbuffer_free(relay->held);
	free(relay);
}

static void
on_writable(evutil_socket_t fd, short events, void *relay)
{
	(void)fd;
	(void)events;
	flush(relay);
}

static void
flush(struct relay *relay)
{
	while (evbuffer_get_length(relay->held) > 0) {
		if (evbuffer_write(relay->held, relay->fd) >= 0)
			continue;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN && relay->writable != NULL) {
			event_add(relay->writable, NULL);
			return;
		}
		/* Nobody reads it any more. */
		evbuffer_drain(relay->held, evbuffer_get_length(relay->held));
		return;
	}
	if (relay->dropped_lines > 0) {
		log_warnx("%llu lines of jobs were not copied here: nobody read fast enough",
		    (unsigned long long)relay->dropped_lines);
		relay->dropped_lines = 0;
	}
}

static void
put_line(struct relay *relay, const char *name, const char *text, size_t len)
{
	if (evbuffer_get_length(relay->held) + len > HELD_MAX_BYTES ||
	    evbuffer_add_printf(relay->held, "[%s] ", name) == -1 ||
	    evbuffer_add(relay->held, text, len) == -1 || evbuffer_add(relay->held, "\n", 1) == -1)
		relay->dropped_lines++;
}

void
relay_add(
    struct relay *relay, struct relay_line *line, const char *name, const char *data, size_t len)
{
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t part = end == NULL ? len : (size_t)(end - data), room;

		room = sizeof(line->text) - line->len;
		if (part > room)
			part = room;
		memcpy(line->text + line->len, data, part);
		line->len += part;
		data += part;
		len -= part;
		if (len > 0 && *data == '\n') {
			data++;
			len--;
		} else if (line->len < sizeof(line->text)) {
			break;
		}
		put_line(relay, name, line->text, line->len);
		line->len = 0;
	}
	flush(relay);
}

void
relay_end(struct relay *relay, struct relay_line *line, const char *name)
{
	if (line->len == 0)
		return;
	put_line(relay, name, line->text, line->len);
	line->len = 0;
	flush(relay);
}
