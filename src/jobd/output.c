#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "control_peer.h"
#include "output.h"
#include "supervisor.h"

/* A message of the channel; paths are at most PATH_MAX, percent-encoded three times that. */
#define MESSAGE_MAX 16384

static void send_streams(void);
static int send_stream(struct output_pipe *, const char *name, const char *stream, const char *path,
    const struct conf_log *);
static int send_limits(void);
static void stream_path(const struct program *, enum output_stream, char *buf, size_t size);
static size_t put_encoded(char *buf, size_t size, const char *text);
static void on_channel(evutil_socket_t, short, void *);
static void read_message(void);
static struct output_pipe *find_pipe(int64_t id);
static int open_pipe(struct output_pipe *);
static void close_pipe(struct output_pipe *);
static bool has_logger(void);

static struct {
	struct generation *generation; /* whose limits and log settings hold */
	struct output_pipe own;        /* jobd's log */
	int64_t last_id;
	int channel_fd, child_fd;
	bool logger;         /* the configuration has one */
	bool limits_pending; /* LIMITS has to be sent */
	struct event read_event, write_event;
} output = {
	.channel_fd = -1, .child_fd = -1, .own = {.read_fd = -1, .write_fd = -1}
};

static bool
has_logger(void)
{
	const struct conf *conf = output.generation->conf;

	for (size_t i = 0; i < conf->program_count; i++)
		if (conf->programs[i].role == CONF_ROLE_LOGGER)
			return true;
	return false;
}

static void
warn_of_log(void *context, const struct conf_program *program, const char *text)
{
	(void)context;
	log_warnx(
	    "%s:%" PRId64 ": program '%s': %s", program->file, program->line, program->name, text);
}

int
output_init(struct generation *generation)
{
	output.generation = generation_ref(generation);
	output.logger = has_logger();
	if (!output.logger)
		return 0;
	if (open_pipe(&output.own) == -1)
		return -1;
	/* jobd must never wait for its own log. */
	fd_set_nonblocking(output.own.write_fd, true);
	conf_check_logs(generation->conf, warn_of_log, NULL);
	return 0;
}

void
output_limits_changed(struct generation *generation)
{
	conf_check_logs(generation->conf, warn_of_log, NULL);
	generation_ref(generation);
	generation_unref(output.generation);
	output.generation = generation;
	output.limits_pending = true;
	output.own.announced = false;
	send_streams();
}

void
output_end(void)
{
	char buf[4096];
	ssize_t len;

	log_to_fd(STDERR_FILENO);
	if (output.own.read_fd == -1)
		return;
	fd_set_nonblocking(output.own.read_fd, true);
	while ((len = read(output.own.read_fd, buf, sizeof(buf))) > 0)
		if (write(STDERR_FILENO, buf, (size_t)len) != len)
			break;
	close_pipe(&output.own);
}

static int
open_pipe(struct output_pipe *out)
{
	int fds[2];

	out->read_fd = out->write_fd = -1;
	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	out->read_fd = fds[0];
	out->write_fd = fds[1];
	out->id = ++output.last_id;
	out->announced = false;
	return 0;
}

static void
close_pipe(struct output_pipe *out)
{
	char text[40];

	if (out->read_fd == -1)
		return;
	/* If the channel is full the end of the pipe says the same a little later. */
	if (out->announced && output.channel_fd != -1)
		fd_send(output.channel_fd, text,
		    (size_t)snprintf(text, sizeof(text), "END id=%" PRId64, out->id), NULL, 0);
	fd_clear(&out->read_fd);
	fd_clear(&out->write_fd);
	out->id = 0;
}

int
output_open(struct program *program)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		program->output[i].read_fd = program->output[i].write_fd = -1;
	if (!output.logger || program->conf->role == CONF_ROLE_LOGGER)
		return 0;
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		if (open_pipe(&program->output[i]) == -1)
			return -1;
	send_streams();
	return 0;
}

void
output_close(struct program *program)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		close_pipe(&program->output[i]);
}

void
output_changed(struct program *program)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		program->output[i].announced = false;
	send_streams();
}

void
output_adopt(struct program *program)
{
	char path[64];
	struct stat st;

	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		struct output_pipe *out = &program->output[i];
		int read_fd, write_fd;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)program->pid,
		    i == OUTPUT_STDOUT ? STDOUT_FILENO : STDERR_FILENO);
		if (out->read_fd == -1 || stat(path, &st) == -1 || !S_ISFIFO(st.st_mode))
			continue;
		read_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		write_fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (read_fd == -1 || write_fd == -1) {
			log_warn("%s: its old output can't be taken over", program->name);
			fd_close(read_fd);
			fd_close(write_fd);
			continue;
		}
		close_pipe(out);
		*out = (struct output_pipe){
			.read_fd = read_fd, .write_fd = write_fd, .id = ++output.last_id
		};
	}
	send_streams();
}

int
output_child_fd(const struct program *program, enum output_stream stream)
{
	const struct conf_log *settings = &program->conf->log;
	const char *path = stream == OUTPUT_STDOUT ? settings->stdout_log : settings->stderr_log;

	if (!output.logger || program->conf->role == CONF_ROLE_LOGGER)
		return stream == OUTPUT_STDOUT ? STDOUT_FILENO : STDERR_FILENO;
	if (stream == OUTPUT_STDERR && settings->redirect_stderr)
		return output_child_fd(program, OUTPUT_STDOUT);
	if (strcmp(path, "none") == 0 && !settings->to_stdout && !settings->to_syslog)
		return -1;
	return program->output[stream].write_fd;
}

int
output_new_channel(void)
{
	int fds[2];

	if (output.channel_fd != -1) {
		event_del(&output.read_event);
		event_del(&output.write_event);
	}
	fd_clear(&output.channel_fd);
	fd_clear(&output.child_fd);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == -1)
		return -1;
	output.channel_fd = fds[0];
	output.child_fd = fds[1];
	return 0;
}

int
output_channel_child_fd(void)
{
	return output.child_fd;
}

void
output_channel_started(void)
{
	struct program *program;

	fd_clear(&output.child_fd);
	output.limits_pending = true;
	output.own.announced = false;
	output.own.passed = false;
	TAILQ_FOREACH (program, supervisor_programs(), entry)
		for (int i = 0; i < OUTPUT_STREAMS; i++)
			program->output[i].announced = program->output[i].passed = false;
	event_assign(&output.read_event, supervisor_base(), output.channel_fd, EV_READ | EV_PERSIST,
	    on_channel, NULL);
	event_assign(
	    &output.write_event, supervisor_base(), output.channel_fd, EV_WRITE, on_channel, NULL);
	event_add(&output.read_event, NULL);
	send_streams();
	/* From now on somebody reads the pipe; what is written before it does so waits there. */
	log_to_fd(output.own.write_fd);
}

void
output_reopen(void)
{
	if (output.channel_fd != -1 && fd_send(output.channel_fd, "REOPEN", 6, NULL, 0) == -1)
		log_warn("jobd-logger: REOPEN");
}

/* Tells the logger what it does not know yet, as far as the channel takes it; the rest follows when
 * it takes more. */
static void
send_streams(void)
{
	struct program *program;
	const struct conf *conf;
	struct conf_log own;
	char path[PATH_MAX];

	if (output.channel_fd == -1 || output.child_fd != -1)
		return;
	conf = output.generation->conf;
	/* Whoever started jobd sees what it says, also when it is in the file. */
	own = conf->log;
	own.to_stdout = true;
	own.to_syslog |= conf->log_syslog;
	if (output.limits_pending && send_limits() == -1)
		goto later;
	snprintf(path, sizeof(path), "%s/jobd.log", conf->log_dir);
	if (!output.own.announced && send_stream(&output.own, "jobd", "stderr", path, &own) == -1)
		goto later;
	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		for (int i = 0; i < OUTPUT_STREAMS; i++) {
			if (program->output[i].announced || program->output[i].id == 0)
				continue;
			stream_path(program, (enum output_stream)i, path, sizeof(path));
			if (send_stream(&program->output[i], program->name,
				i == OUTPUT_STDOUT ? "stdout" : "stderr", path,
				&program->conf->log) == -1)
				goto later;
		}
	}
	return;
later:
	if (errno == EAGAIN)
		event_add(&output.write_event, NULL);
	else
		log_warn("jobd-logger: channel");
}

static int
send_limits(void)
{
	const struct conf *conf = output.generation->conf;
	char text[200];
	int len = snprintf(text, sizeof(text),
	    "LIMITS memory=%" PRId64 " disk=%" PRId64 " block_ms=%" PRId64 " look_gid=%" PRId64
	    " act_gid=%" PRId64,
	    conf->logger_memory_bytes, conf->logger_disk_bytes, conf->logger_block_ms,
	    peer_groups()->look, peer_groups()->act);

	if (fd_send(output.channel_fd, text, (size_t)len, NULL, 0) == -1)
		return -1;
	output.limits_pending = false;
	return 0;
}

/* A stream's first message carries its pipe. */
static int
send_stream(struct output_pipe *out, const char *name, const char *stream, const char *path,
    const struct conf_log *settings)
{
	static const char *const formats[] = {
		[CONF_LOG_RAW] = "raw", [CONF_LOG_TEXT] = "text", [CONF_LOG_JSON] = "json"
	};
	/* Static: it is large, and little of it is used. */
	static char text[MESSAGE_MAX];
	size_t len;

	if (out->id == 0)
		return 0;
	len = (size_t)snprintf(text, sizeof(text), "STREAM id=%" PRId64 " name=", out->id);
	len += put_encoded(text + len, sizeof(text) - len, name);
	len += (size_t)snprintf(text + len, sizeof(text) - len, " stream=%s path=", stream);
	len += put_encoded(text + len, sizeof(text) - len, path);
	len += (size_t)snprintf(text + len, sizeof(text) - len,
	    " maxbytes=%" PRId64 " backups=%" PRId64
	    " gzip=%d format=%s timestamps=%d prefix=%d to_stdout=%d to_syslog=%d mode=0%o",
	    settings->maxbytes, settings->backups, settings->gzip, formats[settings->format],
	    settings->timestamps, settings->prefix, settings->to_stdout, settings->to_syslog,
	    (unsigned int)settings->mode);
	if (fd_send(output.channel_fd, text, len, &out->read_fd, out->passed ? 0 : 1) == -1)
		return -1;
	out->announced = out->passed = true;
	return 0;
}

/* Instance 2 of "web" writes to "web-2.log", also where the file was named by hand. */
static void
stream_path(const struct program *program, enum output_stream stream, char *buf, size_t size)
{
	const struct conf_log *settings = &program->conf->log;
	bool is_stderr = stream == OUTPUT_STDERR;
	char path[PATH_MAX], number[16] = "";
	size_t stem;

	conf_log_path(program->generation->conf, program->conf, is_stderr, path, sizeof(path));
	stem = strlen(path);
	if (stem > 4 && strcmp(path + stem - 4, ".log") == 0)
		stem -= 4;
	if (program->numbered && strcmp(path, "none") != 0)
		snprintf(number, sizeof(number), "-%d", program->instance);
	if (is_stderr && settings->stderr_log[0] == '\0')
		stem -= strlen("_error");
	snprintf(buf, size, "%.*s%s%s", (int)stem, path, number, path + stem);
}

static size_t
put_encoded(char *buf, size_t size, const char *text)
{
	size_t len = 0;

	for (; *text != '\0' && len + 4 <= size; text++) {
		if (isgraph((unsigned char)*text) && *text != '%')
			buf[len++] = *text;
		else
			len +=
			    (size_t)snprintf(buf + len, size - len, "%%%02X", (unsigned char)*text);
	}
	buf[len] = '\0';
	return len;
}

static void
on_channel(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)arg;
	if (what & EV_READ)
		read_message();
	if (what & EV_WRITE)
		send_streams();
}

/* "DROPPED id=7 lines=12 bytes=3400" */
static void
read_message(void)
{
	char text[512];
	int fds[FD_PASS_MAX];
	size_t fd_count;
	ssize_t len = fd_receive(output.channel_fd, text, sizeof(text) - 1, fds, &fd_count);
	int64_t id, lines, bytes;
	struct output_pipe *out;

	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	while (fd_count > 0)
		fd_close(fds[--fd_count]);
	if (len <= 0) {
		/* It has ended; its successor gets a new channel. */
		event_del(&output.read_event);
		event_del(&output.write_event);
		fd_clear(&output.channel_fd);
		return;
	}
	text[len] = '\0';
	if (sscanf(text, "DROPPED id=%" SCNd64 " lines=%" SCNd64 " bytes=%" SCNd64, &id, &lines,
		&bytes) != 3) {
		log_warnx("jobd-logger: unknown message '%s'", text);
		return;
	}
	if ((out = find_pipe(id)) != NULL) {
		out->dropped_lines = lines;
		out->dropped_bytes = bytes;
	}
}

static struct output_pipe *
find_pipe(int64_t id)
{
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry)
		for (int i = 0; i < OUTPUT_STREAMS; i++)
			if (program->output[i].id == id)
				return &program->output[i];
	return output.own.id == id ? &output.own : NULL;
}
