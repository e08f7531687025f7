#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobd-logger/console.h"
#include "jobd-logger/lines.h"

#define BUFFER_BYTES ((size_t)96 * 1024)
#define FULL_BYTES   ((size_t)32 * 1024)
#define MARK_BYTES   128

static struct console_state {
	int fd;
	bool is_shared; /* the descriptor's flags are others' too: ask before each write */
	struct event *writable;
	char *buf; /* only while something waits */
	size_t len;
	int64_t dropped_lines, dropped_bytes, drop_from_us, drop_to_us;
} consoles[CONSOLES];

static void (*on_progress)(void);

static void on_writable(int fd, short what, void *arg);

/*
 * Opens the same pipe, terminal or file once more, so that O_NONBLOCK is ours alone. Where that is
 * not allowed, or it is a socket, the descriptor stays as it is.
 */
static void
console_open(struct console_state *console, int fd)
{
	char path[32];
	struct stat st;
	int own;

	console->fd = fd;
	console->is_shared = true;
	if (fstat(fd, &st) == -1) {
		console->fd = -1;
		return;
	}
	/* jobd writes into the same file: only a shared offset keeps one from overwriting the
	 * other. */
	if (S_ISREG(st.st_mode))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own != -1) {
		console->fd = own;
		console->is_shared = false;
	}
}

int
consoles_init(struct event_base *base, void (*progress)(void))
{
	on_progress = progress;
	for (int i = 0; i < CONSOLES; i++) {
		console_open(&consoles[i], i == CONSOLE_STDOUT ? STDOUT_FILENO : STDERR_FILENO);
		consoles[i].writable =
		    event_new(base, consoles[i].fd, EV_WRITE, on_writable, &consoles[i]);
		if (consoles[i].writable == NULL)
			return -1;
	}
	return 0;
}

/* As write(2), but never waits. */
static ssize_t
console_write(struct console_state *console, const char *data, size_t len)
{
	struct pollfd pfd = { .fd = console->fd, .events = POLLOUT };

	if (console->is_shared) {
		if (poll(&pfd, 1, 0) != 1) {
			errno = EAGAIN;
			return -1;
		}
		if (len > 4096)
			len = 4096;
	}
	return write(console->fd, data, len);
}

/* How much was taken; what can't ever be written counts as taken. */
static size_t
console_send(struct console_state *console, const char *data, size_t len)
{
	size_t sent = 0;

	while (sent < len) {
		ssize_t written = console_write(console, data + sent, len - sent);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return errno == EAGAIN ? sent : len;
		sent += (size_t)written;
	}
	return sent;
}

static void
console_keep(struct console_state *console, const char *data, size_t len)
{
	memcpy(console->buf + console->len, data, len);
	console->len += len;
}

/* Keeps as many whole lines as there is room for and counts the others. */
static void
console_queue(struct console_state *console, const char *lines, size_t len)
{
	int64_t now_us = walltime_now().us;
	size_t room, kept = 0;

	if (console->buf == NULL && (console->buf = malloc(BUFFER_BYTES)) == NULL) {
		console->dropped_lines += (int64_t)lines_count(lines, len);
		console->dropped_bytes += (int64_t)len;
		return;
	}
	room = BUFFER_BYTES - MARK_BYTES - console->len;
	if (console->dropped_lines == 0)
		kept = len <= room ? len : lines_whole(lines, room);
	console_keep(console, lines, kept);
	if (kept == len)
		return;
	if (console->dropped_lines == 0)
		console->drop_from_us = now_us;
	console->drop_to_us = now_us;
	console->dropped_lines += (int64_t)lines_count(lines + kept, len - kept);
	console->dropped_bytes += (int64_t)(len - kept);
}

void
console_put(enum console which, const char *lines, size_t len)
{
	struct console_state *console = &consoles[which];
	size_t sent = 0;

	if (console->fd == -1 || len == 0)
		return;
	if (console->len == 0 && console->dropped_lines == 0)
		sent = console_send(console, lines, len);
	if (sent == len)
		return;
	console_queue(console, lines + sent, len - sent);
	event_add(console->writable, NULL);
}

static void
on_writable(int fd, short what, void *arg)
{
	struct console_state *console = arg;
	size_t sent = console_send(console, console->buf, console->len);
	bool was_full = console->len > FULL_BYTES;

	(void)fd;
	(void)what;
	console->len -= sent;
	memmove(console->buf, console->buf + sent, console->len);
	/* Half of the buffer, so that drops and marks do not take turns line by line. */
	if (console->dropped_lines > 0 && console->len <= FULL_BYTES) {
		console->len +=
		    lines_drop_mark(console->buf + console->len, MARK_BYTES, console->dropped_lines,
			console->dropped_bytes, console->drop_from_us, console->drop_to_us);
		console->dropped_lines = console->dropped_bytes = 0;
	}
	if (console->len > 0) {
		event_add(console->writable, NULL);
	} else {
		free(console->buf);
		console->buf = NULL;
	}
	if (was_full && console->len <= FULL_BYTES)
		on_progress();
}

bool
console_is_full(enum console which)
{
	return consoles[which].len > FULL_BYTES;
}

bool
consoles_are_empty(void)
{
	return consoles[CONSOLE_STDOUT].len == 0 && consoles[CONSOLE_STDERR].len == 0;
}
