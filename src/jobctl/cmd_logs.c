#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/lines.h"
#include "jobctl/log_stream.h"
#include "jobctl/results.h"
#include "jobctl/terminal.h"
#include "proto/verbs.h"

#define LOGS_LINES INT64_C(10)

/* Some whole lines of one stream. */
struct piece {
	char name[68], stream[16];
	const char *bytes;
	size_t len;
};

struct logs {
	struct listing listing; /* JSON: a row for each line */
	struct lines lines;     /* text */
};

static int make_request(const struct call *, int64_t count, char *buf, size_t size);
static int take_piece(void *arg, struct client *, const struct resp_item *);
static int receive_piece(struct client *, const struct resp_item *first, struct piece *);
static int add_lines(struct listing *, const struct piece *);
static int add_line(struct listing *, const struct piece *, const char *line, size_t len);

static const struct view lines_view = { .member = "lines" };
static const struct view followed_view = { .member = "lines", .endless = true };

int
cmd_logs(struct session *session, struct client *client, const struct call *call)
{
	struct logs logs = { .listing = { .session = session } };
	char first[PROTO_LINE_MAX], again[PROTO_LINE_MAX];
	struct log_stream request = {
		.session = session,
		.name = call->arg_count == 0 ? "all" : call->args[0],
		.first = first,
		.again = call->options.follow ? again : NULL,
		.take = take_piece,
		.arg = &logs,
	};
	int code;

	if (make_request(call, call->options.count, first, sizeof(first)) == -1 ||
	    make_request(call, 0, again, sizeof(again)) == -1)
		return EXIT_USAGE;
	logs.listing.view = call->options.follow ? &followed_view : &lines_view;
	lines_init(&logs.lines, stdout, terminal_is_coloured());
	code = log_stream_run(&request, client);
	if (code == EXIT_OK && session->json)
		listing_show(&logs.listing);
	listing_end(&logs.listing);
	return code;
}

static int
make_request(const struct call *call, int64_t count, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "%s lines=%" PRId64 "%s", VERB_LOGS,
	    count >= 0 ? count : LOGS_LINES, call->options.follow ? " follow=1" : "");

	for (size_t i = 0; i < call->arg_count && len < size; i++) {
		if (!check_word(call->args[i]))
			return -1;
		len += (size_t)snprintf(buf + len, size - len, " %s", call->args[i]);
	}
	if (len < size)
		return 0;
	complain("too many names for one request: use patterns");
	return -1;
}

static int
take_piece(void *arg, struct client *client, const struct resp_item *first)
{
	struct logs *logs = arg;
	struct piece piece;

	if (receive_piece(client, first, &piece) == -1)
		return -1;
	if (logs->listing.session->json)
		return add_lines(&logs->listing, &piece);
	lines_print(
	    &logs->lines, piece.name, strcmp(piece.stream, "stderr") == 0, piece.bytes, piece.len);
	return 0;
}

/* "*3" has come; name, stream and bytes follow. */
static int
receive_piece(struct client *client, const struct resp_item *first, struct piece *piece)
{
	char *const words[] = { piece->name, piece->stream };
	const size_t sizes[] = { sizeof(piece->name), sizeof(piece->stream) };
	struct resp_item item;
	const char *errstr;

	for (size_t i = 0; i < 3; i++) {
		if (first->kind != RESP_ARRAY || first->number != 3) {
			complain("the server's answer is not what was asked for");
			return -1;
		}
		if (client_receive(client, &item, &errstr) == -1) {
			complain("%s", errstr);
			return -1;
		}
		if (item.kind != RESP_BULK) {
			complain("the server's answer is not what was asked for");
			return -1;
		}
		if (i < 2)
			snprintf(words[i], sizes[i], "%.*s", (int)item.len, item.data);
	}
	piece->bytes = item.data;
	piece->len = item.len;
	return 0;
}

static int
add_lines(struct listing *listing, const struct piece *piece)
{
	const char *bytes = piece->bytes;
	size_t len = piece->len;

	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t line_len = end == NULL ? len : (size_t)(end - bytes);

		if (add_line(listing, piece, bytes, line_len) == -1)
			return -1;
		line_len += end != NULL;
		bytes += line_len;
		len -= line_len;
	}
	return 0;
}

static int
add_line(struct listing *listing, const struct piece *piece, const char *line, size_t len)
{
	/* A byte becomes six at most. */
	size_t size = (sizeof(*piece) + len) * 6 + 100;
	char *buf = malloc(size);
	const struct value *row;
	struct json json;
	int64_t json_len;
	int result = -1;

	if (buf == NULL) {
		complain("out of memory");
		return -1;
	}
	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", piece->name);
	json_string(&json, "stream", piece->stream);
	json_string_len(&json, "line", line, len);
	json_object_end(&json);
	json_len = json_end(&json);
	if (json_len != -1)
		result = listing_add(listing, buf, (size_t)json_len, &row);
	free(buf);
	return result;
}

int
cmd_clear(struct session *session, struct client *client, const struct call *call)
{
	return results_of_each(session, client, call, VERB_CLEAR, "cleared");
}

int
cmd_rotate(struct session *session, struct client *client, const struct call *call)
{
	if (call->arg_count > 0)
		return results_of_each(session, client, call, VERB_ROTATE, "rotated");
	if (send_line(client, "%s", VERB_ROTATE) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	session->output->fact("result", "Rotated all logs");
	return EXIT_OK;
}
