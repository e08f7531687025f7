#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/log_stream.h"
#include "proto/verbs.h"

/* What supervisorctl prints when no number is given. */
#define TAIL_BYTES 1600
/* jobd writes its own log to stderr. */
#define JOBD_NAME   "jobd"
#define JOBD_STREAM "stderr"

struct tail {
	struct session *session;
	const char *name, *stream;
	FILE *file; /* where the bytes go; NULL if each piece is a JSON document */
};

static int tail(
    struct session *, struct client *, const struct call *, const char *name, const char *stream);
static void how_much(const struct call *, char *buf, size_t size);
static int take_piece(void *arg, struct client *, const struct resp_item *);
static int tail_json(struct log_stream *, struct client *, struct tail *);
static int print_json(const struct tail *, const char *bytes, size_t len);

int
cmd_tail(struct session *session, struct client *client, const struct call *call)
{
	const char *stream = call->arg_count > 1 ? call->args[1] : "stdout";

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (strcmp(stream, "stdout") != 0 && strcmp(stream, "stderr") != 0) {
		complain("Error: bad channel '%s': it is stdout or stderr", stream);
		return EXIT_USAGE;
	}
	return tail(session, client, call, call->args[0], stream);
}

int
cmd_maintail(struct session *session, struct client *client, const struct call *call)
{
	return tail(session, client, call, JOBD_NAME, JOBD_STREAM);
}

/* The bytes go out as they came: no line is made, no character is looked at. */
static int
tail(struct session *session, struct client *client, const struct call *call, const char *name,
    const char *stream)
{
	struct tail tail = { session, name, stream, session->json ? NULL : stdout };
	char first[PROTO_LINE_MAX], again[PROTO_LINE_MAX], words[40];
	struct log_stream request = {
		.session = session,
		.name = name,
		.first = first,
		.again = call->options.follow ? again : NULL,
		.take = take_piece,
		.arg = &tail,
	};

	how_much(call, words, sizeof(words));
	snprintf(first, sizeof(first), "%s %s %s %s%s", VERB_TAIL, name, stream, words,
	    call->options.follow ? " follow=1" : "");
	snprintf(again, sizeof(again), "%s %s %s lines=0 follow=1", VERB_TAIL, name, stream);
	if (session->json && !call->options.follow)
		return tail_json(&request, client, &tail);
	return log_stream_run(&request, client);
}

static void
how_much(const struct call *call, char *buf, size_t size)
{
	if (call->options.count >= 0)
		snprintf(buf, size, "lines=%" PRId64, call->options.count);
	else
		snprintf(buf, size, "bytes=%" PRId64,
		    call->options.bytes >= 0 ? call->options.bytes : TAIL_BYTES);
}

static int
take_piece(void *arg, struct client *client, const struct resp_item *item)
{
	const struct tail *tail = arg;

	(void)client;
	if (item->kind != RESP_BULK) {
		complain("the server's answer is not what was asked for");
		return -1;
	}
	if (tail->file == NULL)
		return print_json(tail, item->data, item->len);
	fwrite(item->data, 1, item->len, tail->file);
	return 0;
}

/* One document of all pieces. */
static int
tail_json(struct log_stream *request, struct client *client, struct tail *tail)
{
	char *text = NULL;
	size_t len;
	int code;

	tail->file = open_memstream(&text, &len);
	if (tail->file == NULL) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	code = log_stream_run(request, client);
	fclose(tail->file);
	if (code == EXIT_OK && print_json(tail, text, len) == -1)
		code = EXIT_FAILED;
	free(text);
	return code;
}

static int
print_json(const struct tail *tail, const char *bytes, size_t len)
{
	/* A byte becomes six at most. */
	size_t size = (strlen(tail->name) + len) * 6 + 100;
	char *buf = malloc(size);
	struct json json;

	if (buf == NULL) {
		complain("out of memory");
		return -1;
	}
	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", tail->name);
	json_string(&json, "stream", tail->stream);
	json_string_len(&json, "text", bytes, len);
	json_object_end(&json);
	if (json_end(&json) != -1)
		puts(buf);
	free(buf);
	return 0;
}
