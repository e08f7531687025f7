#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "jobd-logger/console.h"
#include "jobd-logger/copy.h"
#include "jobd-logger/syslog_copy.h"
#include "jobd-logger/workers.h"

/* A longer line is copied in pieces. */
#define HELD_MAX_BYTES ((size_t)8192)

struct copy {
	struct line_format format;
	bool to_stdout, to_syslog;
	enum console console;
	int64_t at_us;
	char *held; /* the half line that came last; room for a line end */
	size_t held_len;
};

static void copy_lines(struct copy *, const char *lines, size_t len);

void
copy_set(struct copy **copy, const struct stream_settings *settings)
{
	if (!settings->to_stdout && !settings->to_syslog) {
		copy_free(*copy);
		*copy = NULL;
		return;
	}
	if (*copy == NULL && (*copy = calloc(1, sizeof(**copy))) == NULL)
		return;
	(*copy)->format = settings->format;
	(*copy)->to_stdout = settings->to_stdout;
	(*copy)->to_syslog = settings->to_syslog;
	(*copy)->console =
	    strcmp(settings->format.stream, "stderr") == 0 ? CONSOLE_STDERR : CONSOLE_STDOUT;
}

void
copy_free(struct copy *copy)
{
	if (copy == NULL)
		return;
	copy_flush(copy);
	free(copy->held);
	free(copy);
}

bool
copy_is_full(const struct copy *copy)
{
	return copy != NULL && copy->to_stdout && console_is_full(copy->console);
}

/* Adds the start of the data to the half line; returns how much of it. */
static size_t
held_add(struct copy *copy, const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t part = end == NULL ? len : (size_t)(end - data) + 1;

	if (copy->held == NULL && (copy->held = malloc(HELD_MAX_BYTES + 1)) == NULL)
		return part;
	if (part > HELD_MAX_BYTES - copy->held_len)
		part = HELD_MAX_BYTES - copy->held_len;
	memcpy(copy->held + copy->held_len, data, part);
	copy->held_len += part;
	if (copy->held[copy->held_len - 1] == '\n' || copy->held_len == HELD_MAX_BYTES)
		copy_flush(copy);
	return part;
}

void
copy_feed(struct copy *copy, int64_t at_us, const char *data, size_t len)
{
	if (copy == NULL)
		return;
	copy->at_us = at_us;
	while (len > 0) {
		size_t part = copy->held_len == 0 ? lines_whole(data, len) : 0;

		if (part > 0)
			copy_lines(copy, data, part);
		else
			part = held_add(copy, data, len);
		data += part;
		len -= part;
	}
}

void
copy_flush(struct copy *copy)
{
	size_t len;

	if (copy == NULL || copy->held_len == 0)
		return;
	len = copy->held_len;
	copy->held_len = 0;
	if (copy->held[len - 1] != '\n')
		copy->held[len++] = '\n';
	copy_lines(copy, copy->held, len);
	free(copy->held);
	copy->held = NULL;
}

static void
copy_to_console(const struct copy *copy, const char *lines, size_t len)
{
	char *out = workers_scratch();
	size_t used;

	if (copy->format.kind == LINE_FORMAT_RAW) {
		console_put(copy->console, lines, len);
		return;
	}
	for (; out != NULL && len > 0; lines += used, len -= used) {
		size_t out_len = lines_render(
		    &copy->format, copy->at_us, lines, len, out, LINES_RENDERED_MAX, &used);

		console_put(copy->console, out, out_len);
	}
}

static void
copy_to_syslog(const struct copy *copy, const char *lines, size_t len)
{
	int priority = copy->console == CONSOLE_STDERR ? LOG_ERR : LOG_INFO;

	while (len > 0) {
		size_t line = lines_piece(lines, len);
		size_t text = lines[line - 1] == '\n' ? line - 1 : line;

		if (text > 0)
			syslog_copy(priority, copy->format.program, copy->at_us, lines, text);
		lines += line;
		len -= line;
	}
}

static void
copy_lines(struct copy *copy, const char *lines, size_t len)
{
	if (copy->to_stdout)
		copy_to_console(copy, lines, len);
	if (copy->to_syslog)
		copy_to_syslog(copy, lines, len);
}
