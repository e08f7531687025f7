#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "jobd-logger/log_verbs.h"
#include "jobd-logger/stream.h"
#include "proto/verbs.h"

#define COUNT_MAX   INT64_C(1000000000000)
#define TAIL_LINES  10
#define ROW_MAX     (8 * 1024)
#define OPTIONS_MAX 4
#define VERBS_COUNT (sizeof(verbs) / sizeof(verbs[0]))

struct verb {
	const char *word;
	bool needs_act; /* else looking is enough */
	size_t args_min, args_max;
	const char *options[OPTIONS_MAX]; /* NULL-ended */
	void (*run)(struct log_client *, const struct request *);
};

static void run_hello(struct log_client *, const struct request *);
static void run_end(struct log_client *, const struct request *);
static void run_tail(struct log_client *, const struct request *);
static void run_logs(struct log_client *, const struct request *);
static void run_clear(struct log_client *, const struct request *);
static void run_rotate(struct log_client *, const struct request *);
static void run_stats(struct log_client *, const struct request *);

/* clang-format off */
static const struct verb verbs[] = {
	{ VERB_HELLO,	false,	0, 0,			{ NULL },				run_hello },
	{ VERB_END,	false,	0, 0,			{ NULL },				run_end },
	{ VERB_TAIL,	false,	1, 2,			{ "lines", "bytes", "follow", NULL },	run_tail },
	{ VERB_LOGS,	false,	0, REQUEST_ARGS_MAX,	{ "lines", "follow", NULL },		run_logs },
	{ VERB_CLEAR,	true,	1, 1,			{ NULL },				run_clear },
	{ VERB_ROTATE,	true,	0, 1,			{ NULL },				run_rotate },
	{ VERB_STATS,	false,	0, 0,			{ NULL },				run_stats },
};
/* clang-format on */

static const struct verb *
verb_find(const char *word)
{
	for (size_t i = 0; i < VERBS_COUNT; i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}

void
log_verbs_run(struct log_client *client, char *line)
{
	const struct verb *verb;
	struct request request;
	const char *errstr;

	if (request_parse(line, &request, &errstr) == -1) {
		client_reply_error(client, "ERR", "%s", errstr);
		return;
	}
	if ((verb = verb_find(request.verb)) == NULL)
		client_reply_error(client, "ERR", "unknown request '%.50s'", request.verb);
	else if (request.arg_count < verb->args_min || request.arg_count > verb->args_max)
		client_reply_error(client, "ERR", "%s: %s", verb->word,
		    request.arg_count < verb->args_min ? "a name is missing" : "too many words");
	else if ((errstr = request_unknown_option(&request, verb->options)) != NULL)
		client_reply_error(client, "ERR", "%s: unknown option '%.50s'", verb->word, errstr);
	else if (verb->needs_act ? !client->may_act : !client->may_look)
		client_reply_error(client, "DENIED", "user %u may not do that", client->uid);
	else
		verb->run(client, &request);
}

static void
run_hello(struct log_client *client, const struct request *request)
{
	char text[200] = "HI ";
	struct json json;

	(void)request;
	json_begin(&json, text + 3, sizeof(text) - 3);
	json_object(&json, NULL);
	json_int(&json, "v", PROTO_VERSION);
	json_string(&json, "version", PACKAGE_VERSION);
	json_int(&json, "pid", getpid());
	json_object_end(&json);
	(void)json_end(&json);
	client_reply_ok(client, text);
}

static void
run_end(struct log_client *client, const struct request *request)
{
	(void)request;
	client_reply_ok(client, "OK");
	client->is_closing = true;
}

/* ---- names ---- */

/* NAME is also every instance NAME:n; a pattern is tried on the whole name. */
static bool
name_matches(const char *word, const char *name)
{
	size_t len = strlen(word);

	return strcmp(word, "all") == 0 || fnmatch(word, name, 0) == 0 ||
	       (strncmp(word, name, len) == 0 && name[len] == ':');
}

static bool
is_asked_for(const struct request *request, const struct stream *stream)
{
	if (request->arg_count == 0)
		return true;
	for (size_t i = 0; i < request->arg_count; i++)
		if (name_matches(request->args[i], stream_format(stream)->program))
			return true;
	return false;
}

/* A file that several streams share is taken once, for its first stream. */
static bool
is_first_of_sink(const struct stream *stream)
{
	const struct stream *other;

	for (other = stream_first(); other != stream; other = stream_next(other))
		if (stream_sink(other) == stream_sink(stream))
			return false;
	return true;
}

/* ---- TAIL and LOGS ---- */

static int
log_add(struct log_client *client, const struct stream *stream, int64_t lines, int64_t bytes)
{
	struct client_log *log =
	    realloc(client->logs, (client->log_count + 1) * sizeof(*client->logs));

	if (log == NULL)
		return -1;
	client->logs = log;
	log = &client->logs[client->log_count++];
	*log = (struct client_log){ .sink = stream_sink(stream), .is_dirty = true };
	strlcpy(log->name, stream_format(stream)->program, sizeof(log->name));
	strlcpy(log->stream, stream_format(stream)->stream, sizeof(log->stream));
	sink_hold(log->sink);
	tail_init(&log->tail, sink_generations(log->sink), lines, bytes, client->with_names);
	return 0;
}

static bool
option_number(struct log_client *client, const struct request *request, const char *key,
    int64_t max, int64_t initial, int64_t *value)
{
	const char *errstr;

	if (request_option_int(request, key, 0, max, initial, value, &errstr) == 0)
		return true;
	client_reply_error(
	    client, "ERR", "option '%s': '%.50s' %s", key, request_option(request, key), errstr);
	return false;
}

/* The stream of exactly that name; else the first instance's. */
static struct stream *
stream_named(const char *name, const char *kind)
{
	struct stream *stream, *instance = NULL;

	for (stream = stream_first(); stream != NULL; stream = stream_next(stream)) {
		const struct line_format *format = stream_format(stream);

		if (strcmp(format->stream, kind) != 0)
			continue;
		if (strcmp(format->program, name) == 0)
			return stream;
		if (instance == NULL && strncmp(format->program, name, strlen(name)) == 0 &&
		    format->program[strlen(name)] == ':')
			instance = stream;
	}
	return instance;
}

static void
run_tail(struct log_client *client, const struct request *request)
{
	const char *kind = request->arg_count > 1 ? request->args[1] : "stdout";
	int64_t lines, bytes, follow;
	struct stream *stream;

	if (!option_number(client, request, "bytes", COUNT_MAX, -1, &bytes) ||
	    !option_number(
		client, request, "lines", COUNT_MAX, bytes == -1 ? TAIL_LINES : -1, &lines) ||
	    !option_number(client, request, "follow", 1, 0, &follow))
		return;
	if (lines != -1 && bytes != -1)
		client_reply_error(client, "ERR", "TAIL: either lines or bytes");
	else if (strcmp(kind, "stdout") != 0 && strcmp(kind, "stderr") != 0)
		client_reply_error(client, "ERR", "'%.50s' is neither stdout nor stderr", kind);
	else if ((stream = stream_named(request->args[0], kind)) == NULL)
		client_reply_error(client, "NOSUCH", "no program '%.64s'", request->args[0]);
	else if (stream_sink(stream) == NULL)
		client_reply_error(
		    client, "NOFILE", "%s of %.64s is kept in no file", kind, request->args[0]);
	else {
		client->with_names = false;
		client->follows = follow;
		if (log_add(client, stream, lines, bytes) == -1)
			client_reply_error(client, "ERR", "out of memory");
	}
}

static void
run_logs(struct log_client *client, const struct request *request)
{
	int64_t lines, follow;
	struct stream *stream;
	bool is_found = request->arg_count == 0;

	if (!option_number(client, request, "lines", COUNT_MAX, TAIL_LINES, &lines) ||
	    !option_number(client, request, "follow", 1, 0, &follow))
		return;
	client->with_names = true;
	client->follows = follow;
	for (stream = stream_first(); stream != NULL; stream = stream_next(stream)) {
		if (!is_asked_for(request, stream))
			continue;
		is_found = true;
		if (stream_sink(stream) == NULL || !is_first_of_sink(stream))
			continue;
		if (log_add(client, stream, lines, -1) == -1) {
			client_logs_end(client);
			client_reply_error(client, "ERR", "out of memory");
			return;
		}
	}
	if (!is_found)
		client_reply_error(client, "NOSUCH", "no program '%.64s'", request->args[0]);
	else if (client->log_count == 0)
		client_reply_nil(client);
}

/* ---- CLEAR and ROTATE ---- */

static void
on_operation(void *arg, int error)
{
	struct log_client *client = arg;

	if (error != 0)
		client->operation_error = error;
	if (--client->operations > 0)
		return;
	if (client->operation_error != 0)
		client_reply_error(client, "ERR", "%s", strerror(client->operation_error));
	else
		client_reply_ok(client, "OK");
	client_flush(client);
}

static void
operate(struct log_client *client, const struct request *request, enum sink_operation operation)
{
	struct stream *stream;
	bool is_found = request->arg_count == 0;

	client->operation_error = 0;
	/* One more than there are, so that none of them is the last while others are added. */
	client->operations = 1;
	for (stream = stream_first(); stream != NULL; stream = stream_next(stream)) {
		if (!is_asked_for(request, stream))
			continue;
		is_found = true;
		if (stream_sink(stream) != NULL && is_first_of_sink(stream) &&
		    sink_operate(stream_sink(stream), operation, on_operation, client) == 0)
			client->operations++;
	}
	if (is_found) {
		on_operation(client, 0);
		return;
	}
	client->operations = 0;
	client_reply_error(client, "NOSUCH", "no program '%.64s'", request->args[0]);
}

static void
run_clear(struct log_client *client, const struct request *request)
{
	operate(client, request, SINK_CLEAR);
}

static void
run_rotate(struct log_client *client, const struct request *request)
{
	operate(client, request, SINK_ROTATE);
}

/* ---- STATS ---- */

static void
stats_row(struct log_client *client, const struct stream *stream)
{
	const struct journal_stream *counts = stream_counts(stream);
	struct sink *sink = stream_sink(stream);
	char row[ROW_MAX];
	struct json json;
	int64_t len;

	json_begin(&json, row, sizeof(row));
	json_object(&json, NULL);
	json_string(&json, "name", stream_format(stream)->program);
	json_string(&json, "stream", stream_format(stream)->stream);
	json_string(&json, "path", sink != NULL ? sink_path(sink) : NULL);
	json_int(&json, "bytes", counts->bytes);
	json_int(&json, "lines", counts->lines);
	json_int(&json, "dropped_lines", counts->dropped_lines);
	json_int(&json, "dropped_bytes", counts->dropped_bytes);
	json_int(
	    &json, "rotations", sink != NULL ? generations_rotations(sink_generations(sink)) : 0);
	json_int(&json, "file_bytes", sink != NULL ? generations_bytes(sink_generations(sink)) : 0);
	json_string(&json, "error",
	    sink != NULL && sink_error(sink) != 0 ? strerror(sink_error(sink)) : NULL);
	json_object_end(&json);
	if ((len = json_end(&json)) == -1)
		client_reply_nil(client);
	else
		client_reply_bulk(client, row, (size_t)len);
}

static void
run_stats(struct log_client *client, const struct request *request)
{
	const struct stream *stream;
	size_t count = 0;

	(void)request;
	for (stream = stream_first(); stream != NULL; stream = stream_next(stream))
		count++;
	client_reply_array(client, count);
	for (stream = stream_first(); stream != NULL; stream = stream_next(stream))
		stats_row(client, stream);
}
