#include <sys/queue.h>
#include <sys/resource.h>

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/text.h"
#include "jobd-logger/channel.h"
#include "jobd-logger/console.h"
#include "jobd-logger/disk.h"
#include "jobd-logger/journal.h"
#include "jobd-logger/log_server.h"
#include "jobd-logger/logger.h"
#include "jobd-logger/stream.h"
#include "jobd-logger/workers.h"

/* Messages to jobd that wait because it does not read. */
#define PENDING_MAX      4096
#define DEFAULT_STOP_MS  10000
#define STOP_MARGIN_PART 10 /* a tenth of the time is kept back */

struct pending {
	STAILQ_ENTRY(pending) entry;
	size_t len;
	char text[];
};

static struct {
	struct event_base *base;
	int channel;
	struct event *readable, *writable, *deadline;
	STAILQ_HEAD(, pending) pending;
	size_t pending_count;
	bool is_stopping, is_over;
} logger = { .pending = STAILQ_HEAD_INITIALIZER(logger.pending) };

static void on_message(int fd, short what, void *arg);

/* ---- to jobd ---- */

static void
message_queue(const char *text, size_t len)
{
	struct pending *pending;

	if (logger.pending_count >= PENDING_MAX ||
	    (pending = malloc(sizeof(*pending) + len)) == NULL)
		return;
	pending->len = len;
	memcpy(pending->text, text, len);
	STAILQ_INSERT_TAIL(&logger.pending, pending, entry);
	logger.pending_count++;
	event_add(logger.writable, NULL);
}

static void
message_send(const char *text, size_t len)
{
	if (logger.channel == -1)
		return;
	if (!STAILQ_EMPTY(&logger.pending) || fd_send(logger.channel, text, len, NULL, 0) == -1)
		message_queue(text, len);
}

static void
on_channel_writable(int fd, short what, void *arg)
{
	struct pending *pending;

	(void)what;
	(void)arg;
	while ((pending = STAILQ_FIRST(&logger.pending)) != NULL) {
		if (fd_send(fd, pending->text, pending->len, NULL, 0) == -1 && errno == EAGAIN) {
			event_add(logger.writable, NULL);
			return;
		}
		STAILQ_REMOVE_HEAD(&logger.pending, entry);
		logger.pending_count--;
		free(pending);
	}
}

static void
on_dropped(const struct stream *stream)
{
	const struct journal_stream *counts = stream_counts(stream);
	char text[128];

	message_send(text, channel_format_dropped(text, sizeof(text), stream_id(stream),
			       counts->dropped_lines, counts->dropped_bytes));
}

static void
on_ended(uint64_t id)
{
	char text[64];

	message_send(text, channel_format_ended(text, sizeof(text), id));
}

/* ---- from jobd ---- */

static void
message_apply(const struct channel_message *message, int fd)
{
	switch (message->kind) {
	case CHANNEL_STREAM:
		if (stream_apply(message->id, &message->settings, fd) == -1)
			log_warn("can't log stream %llu of %s", (unsigned long long)message->id,
			    message->settings.format.program);
		return;
	case CHANNEL_LIMITS:
		streams_set_limits(&message->limits);
		log_server_set_limits(&message->limits);
		disk_set_limit(message->limits.disk_bytes);
		break;
	case CHANNEL_FLUSH:
		stream_flush(message->id);
		break;
	case CHANNEL_END:
		stream_end(message->id);
		break;
	case CHANNEL_REOPEN:
		sinks_reopen();
		break;
	}
	fd_close(fd);
}

static void
channel_close(void)
{
	event_del(logger.readable);
	event_del(logger.writable);
	fd_clear(&logger.channel);
}

/* One message; false if there was none. */
static bool
message_receive(char *text, size_t size)
{
	struct channel_message message;
	const char *where, *errstr;
	int fds[FD_PASS_MAX];
	size_t fd_count;
	ssize_t len = fd_receive(logger.channel, text, size - 1, fds, &fd_count);

	if (len == -1 && errno == EMSGSIZE) {
		log_warnx("jobd sent a message that is too long");
		return true;
	}
	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len <= 0) {
		channel_close();
		return false;
	}
	text[len] = '\0';
	while (fd_count > 1)
		fd_close(fds[--fd_count]);
	if (channel_parse(text, &message, &where, &errstr) == 0) {
		message_apply(&message, fd_count == 1 ? fds[0] : -1);
	} else {
		log_warnx("message from jobd: '%s' %s", where, errstr);
		fd_close(fd_count == 1 ? fds[0] : -1);
	}
	return true;
}

static void
on_message(int fd, short what, void *arg)
{
	/* Static: it is large, and little of it is used. */
	static char text[CHANNEL_MESSAGE_MAX];

	(void)fd;
	(void)what;
	(void)arg;
	while (message_receive(text, sizeof(text)))
		continue;
}

/* ---- the end ---- */

static int64_t
stop_timeout_ms(void)
{
	const char *text = getenv("JOBD_STOP_TIMEOUT_MS"), *errstr;
	int64_t ms;

	if (text == NULL || text_to_int(text, 0, INT64_C(86400000), &ms, &errstr) == -1)
		ms = DEFAULT_STOP_MS;
	return ms - ms / STOP_MARGIN_PART;
}

static void
on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_warnx(
	    "stopping with output that is not written; the next logger finds it in the journal");
	logger.is_over = true;
}

static void
on_stop(int signum, short what, void *arg)
{
	struct timeval delay;
	int64_t ms = stop_timeout_ms();

	(void)signum;
	(void)what;
	(void)arg;
	if (logger.is_stopping)
		return;
	logger.is_stopping = true;
	/* What jobd sent before the signal counts. */
	if (logger.channel != -1)
		on_message(logger.channel, EV_READ, NULL);
	streams_drain();
	delay = (struct timeval){ ms / 1000, ms % 1000 * 1000 };
	evtimer_add(logger.deadline, &delay);
}

static void
on_reopen(int signum, short what, void *arg)
{
	(void)signum;
	(void)what;
	(void)arg;
	sinks_reopen();
}

static bool
logger_is_done(void)
{
	if (logger.is_over)
		return true;
	return (logger.is_stopping || logger.channel == -1) && streams_are_drained() &&
	       sinks_are_written() && consoles_are_empty();
}

static void
files_limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
signals_catch(void)
{
	static const struct {
		int signum;
		event_callback_fn handler;
	} handlers[] = {
		{SIGTERM, on_stop  },
                { SIGINT, on_stop  },
                { SIGHUP, on_reopen}
	};
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL);
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		struct event *event =
		    evsignal_new(logger.base, handlers[i].signum, handlers[i].handler, NULL);

		if (event == NULL || event_add(event, NULL) == -1)
			fatalx("can't catch signals");
	}
}

static void
logger_init(int channel_fd, int journal_fd)
{
	static const struct stream_hooks hooks = { on_dropped, on_ended, log_server_progress };
	struct journal *journal;
	const char *errstr;

	files_limit_raise();
	if ((logger.base = event_base_new()) == NULL)
		fatalx("can't make an event loop");
	if ((journal = journal_open(journal_fd, &errstr)) == NULL)
		fatal("the journal %s", errstr);
	if (journal_was_used(journal))
		log_info("taking over the journal of a former logger");
	signals_catch();
	if (workers_init(logger.base) == -1 || consoles_init(logger.base, streams_unblock) == -1 ||
	    streams_init(logger.base, journal, &hooks) == -1)
		fatalx("out of memory");
	logger.channel = channel_fd;
	if (fd_set_nonblocking(channel_fd, true) == -1)
		fatal("the channel");
	logger.readable =
	    event_new(logger.base, channel_fd, EV_READ | EV_PERSIST, on_message, NULL);
	logger.writable = event_new(logger.base, channel_fd, EV_WRITE, on_channel_writable, NULL);
	logger.deadline = evtimer_new(logger.base, on_deadline, NULL);
	if (logger.readable == NULL || logger.writable == NULL || logger.deadline == NULL)
		fatalx("out of memory");
	event_add(logger.readable, NULL);
}

int
logger_run(int channel_fd, int journal_fd, int listen_fd)
{
	logger_init(channel_fd, journal_fd);
	if (listen_fd == -1)
		log_warnx("no socket to listen on: nobody can read logs here");
	else if (log_server_init(logger.base, listen_fd) == -1)
		fatal("can't listen");
	if (notify_send("READY=1") == -1)
		log_warn("can't tell that the logger is ready");
	while (!logger_is_done())
		if (event_base_loop(logger.base, EVLOOP_ONCE) == -1)
			fatalx("the event loop failed");
	/* Threads may hang in a write for ever: nobody waits for them. */
	return 0;
}
