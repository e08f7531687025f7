#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* Shorter than PIPE_BUF, so that lines of several processes on one pipe never mix. */
#define LINE_MAX_BYTES  2048
#define BEGIN_MAX_BYTES 200
#define TEXT_MAX_BYTES  (LINE_MAX_BYTES - BEGIN_MAX_BYTES)

static const struct {
	const char *word;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error",    LOG_ERR    },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING},
	[LOG_LEVEL_INFO] = { "info",    LOG_INFO   },
	[LOG_LEVEL_DEBUG] = { "debug",   LOG_DEBUG  },
};

static struct {
	const char *name;
	int fd;
	bool to_syslog;
	enum log_level level;
	uint64_t dropped;
} out = { "jobd", STDERR_FILENO, false, LOG_LEVEL_INFO, 0 };

/* Written at once, so that nothing gets between. */
static struct {
	char text[PIPE_BUF];
	size_t len;
	uint64_t lines;
	bool on;
} gathered;

static void gather(const char *line, size_t len);
static void write_out(const char *text, size_t len, uint64_t lines);
static void log_line(enum log_level, bool with_errno, const char *fmt, va_list)
    __attribute__((format(printf, 3, 0)));

void
log_init(const char *name)
{
	out.name = name;
}

void
log_to_fd(int fd)
{
	log_flush();
	out.fd = fd;
	out.to_syslog = false;
}

void
log_to_syslog(void)
{
	log_flush();
	openlog(out.name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	out.to_syslog = true;
}

void
log_set_level(enum log_level level)
{
	out.level = level;
}

int
log_level_from_word(const char *word, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(word, levels[i].word) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

uint64_t
log_take_dropped(void)
{
	uint64_t dropped = out.dropped;

	out.dropped = 0;
	return dropped;
}

static void
write_out(const char *text, size_t len, uint64_t lines)
{
	struct pollfd pfd = { .fd = out.fd, .events = POLLOUT };

	if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT) ||
	    write(out.fd, text, len) != (ssize_t)len)
		out.dropped += lines;
}

static void
gather(const char *line, size_t len)
{
	if (len > sizeof(gathered.text) - gathered.len)
		log_flush();
	memcpy(gathered.text + gathered.len, line, len);
	gathered.len += len;
	gathered.lines++;
}

void
log_gather(void)
{
	gathered.on = true;
}

uint64_t
log_gathered(void)
{
	return gathered.lines;
}

void
log_flush(void)
{
	int saved = errno;

	if (gathered.len > 0)
		write_out(gathered.text, gathered.len, gathered.lines);
	gathered.len = 0;
	gathered.lines = 0;
	errno = saved;
}

/*
 * What stands before the text; its length.  Who gathers lines, and so never forks, has many that
 * begin alike.
 */
static size_t
begin_line(char line[BEGIN_MAX_BYTES], enum log_level level)
{
	static struct {
		char text[BEGIN_MAX_BYTES];
		size_t len;
		struct walltime at;
		enum log_level level;
	} last;
	struct walltime now = walltime_now();
	char when[WALLTIME_TEXT_MAX];

	now.us -= now.us % CLOCK_US_PER_MS;
	if (!gathered.on || now.us != last.at.us || level != last.level) {
		last.at = now;
		last.level = level;
		snprintf(last.text, sizeof(last.text),
		    "%s %s[%d] %s: ", walltime_format(now, when, sizeof(when)), out.name,
		    (int)getpid(), levels[level].word);
		last.len = strlen(last.text);
	}
	memcpy(line, last.text, last.len + 1);
	return last.len;
}

static void
log_line(enum log_level level, bool with_errno, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES], *text, *c;
	int saved = errno, len;

	if (level > out.level)
		return;
	text = line + begin_line(line, level);
	len = vsnprintf(text, TEXT_MAX_BYTES, fmt, ap);
	if (len < 0)
		len = 0;
	if (len >= TEXT_MAX_BYTES)
		len = TEXT_MAX_BYTES - 1;
	if (with_errno)
		snprintf(text + len, TEXT_MAX_BYTES - (size_t)len, ": %s", strerror(saved));
	for (c = text; *(c += strcspn(c, "\r\n")) != '\0'; c++)
		*c = ' ';
	if (out.to_syslog)
		syslog(levels[level].priority, "%s", text);
	else {
		*c++ = '\n';
		gather(line, (size_t)(c - line));
		if (!gathered.on || level == LOG_LEVEL_ERROR)
			log_flush();
	}
	errno = saved;
}

#define LOG_FUNCTION(name, level, with_errno)                                                      \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		log_line(level, with_errno, fmt, ap);                                              \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_err, LOG_LEVEL_ERROR, true)
LOG_FUNCTION(log_errx, LOG_LEVEL_ERROR, false)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING, true)
LOG_FUNCTION(log_warnx, LOG_LEVEL_WARNING, false)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, false)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, false)

#define FATAL_FUNCTION(name, with_errno)                                                           \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		log_line(LOG_LEVEL_ERROR, with_errno, fmt, ap);                                    \
		va_end(ap);                                                                        \
		exit(EXIT_FAILURE);                                                                \
	}

FATAL_FUNCTION(fatal, true)
FATAL_FUNCTION(fatalx, false)
