#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/follow.h"
#include "jobctl/lines.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

/* What supervisorctl prints when no number is given. */
#define TAIL_BYTES  1600
#define LOGS_LINES  INT64_C(10)
#define JOBD_STREAM "jobd"

/* One piece of a log. */
struct piece {
	char name[68], stream[16];
	const char *bytes;
	size_t len;
};

static int tail(
    struct session *, struct client *, const struct call *, const char *name, const char *stream);
static int name_refused(const char *name, const struct resp_item *);
static void print_text(const struct piece *, const char *member, const char *bytes, size_t len);
static void print_lines(const struct piece *);
static bool wants_colour(void);
static int receive_piece(struct client *, const struct resp_item *first, struct piece *);
static int receive_words(struct client *, struct piece *);
static int each_name(
    struct session *, struct client *, const struct call *, const char *verb, const char *done);

static void
tail_options(const struct call *call, char *buf, size_t size)
{
	size_t len;

	if (call->options.count >= 0)
		len = (size_t)snprintf(buf, size, " lines=%" PRId64, call->options.count);
	else
		len = (size_t)snprintf(buf, size, " bytes=%" PRId64,
		    call->options.bytes >= 0 ? call->options.bytes : TAIL_BYTES);
	if (call->options.follow)
		snprintf(buf + len, size - len, " follow=1");
}

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
	return tail(session, client, call, JOBD_STREAM, "stderr");
}

/* The bytes go out as they came: no line is made, no character is looked at. */
static int
tail(struct session *session, struct client *client, const struct call *call, const char *name,
    const char *stream)
{
	struct piece piece = { .len = 0 };
	struct resp_item item;
	const char *errstr;
	char words[80];

	snprintf(piece.name, sizeof(piece.name), "%s", name);
	snprintf(piece.stream, sizeof(piece.stream), "%s", stream);
	tail_options(call, words, sizeof(words));
	if (send_line(client, "%s %s %s%s", VERB_TAIL, name, stream, words) != EXIT_OK)
		return EXIT_FAILED;
	if (call->options.follow) {
		follow_until_interrupted();
		client_set_timeout(client, -1);
	}
	for (;;) {
		if (client_receive(client, &item, &errstr) == -1) {
			complain("%s", errstr);
			return EXIT_FAILED;
		}
		if (item.kind == RESP_NIL)
			return EXIT_OK;
		if (item.kind != RESP_BULK)
			return name_refused(name, &item);
		piece.bytes = item.data;
		piece.len = item.len;
		if (session->json)
			print_text(&piece, "text", piece.bytes, piece.len);
		else
			fwrite(piece.bytes, 1, piece.len, stdout);
		if (call->options.follow)
			fflush(stdout);
	}
}

/* As supervisorctl says it, where it is the name that is wrong. */
static int
name_refused(const char *name, const struct resp_item *item)
{
	char text[1024];

	if (item->kind != RESP_ERROR) {
		complain("the server's answer is not what was asked for");
		return EXIT_FAILED;
	}
	snprintf(text, sizeof(text), "%.*s", (int)item->len, item->data);
	if (refusal_is(text, "NOSUCH"))
		printf("%s: ERROR (no such process name)\n", name);
	else
		printf("%s: ERROR (%s)\n", name, refusal_text(text));
	return EXIT_FAILED;
}

static void
print_text(const struct piece *piece, const char *member, const char *bytes, size_t len)
{
	/* A byte becomes six at most. */
	size_t size = len * 6 + sizeof(*piece) * 6 + 64;
	char *buf = malloc(size);
	struct json json;

	if (buf == NULL)
		return;
	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", piece->name);
	json_string(&json, "stream", piece->stream);
	json_string_len(&json, member, bytes, len);
	json_object_end(&json);
	if (json_end(&json) != -1)
		puts(buf);
	free(buf);
}

static void
print_lines(const struct piece *piece)
{
	const char *bytes = piece->bytes;
	size_t len = piece->len;

	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t line_len = end == NULL ? len : (size_t)(end - bytes);

		print_text(piece, "line", bytes, line_len);
		line_len += end != NULL;
		bytes += line_len;
		len -= line_len;
	}
}

static bool
wants_colour(void)
{
	const char *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (none == NULL || *none == '\0');
}

int
cmd_logs(struct session *session, struct client *client, const struct call *call)
{
	struct resp_item item;
	struct lines lines;
	struct piece piece;
	const char *errstr;
	char words[80];
	int code;

	snprintf(words, sizeof(words), "lines=%" PRId64 "%s",
	    call->options.count >= 0 ? call->options.count : LOGS_LINES,
	    call->options.follow ? " follow=1" : "");
	code = send_names(client, VERB_LOGS, words, call, 0);
	if (code != EXIT_OK)
		return code;
	if (call->options.follow) {
		follow_until_interrupted();
		client_set_timeout(client, -1);
	}
	lines_init(&lines, stdout, wants_colour());
	for (;;) {
		if (client_receive(client, &item, &errstr) == -1) {
			complain("%s", errstr);
			return EXIT_FAILED;
		}
		if (item.kind == RESP_NIL)
			return EXIT_OK;
		if (item.kind == RESP_ERROR)
			return name_refused(call->arg_count == 0 ? "logs" : call->args[0], &item);
		if (receive_piece(client, &item, &piece) == -1)
			return EXIT_FAILED;
		if (session->json)
			print_lines(&piece);
		else
			lines_print(&lines, piece.name, strcmp(piece.stream, "stderr") == 0,
			    piece.bytes, piece.len);
		if (call->options.follow && !client_has_unread(client))
			fflush(stdout);
	}
}

/* "*3" has come; name, stream and bytes follow. */
static int
receive_piece(struct client *client, const struct resp_item *first, struct piece *piece)
{
	struct resp_item item;
	const char *errstr;

	if (first->kind != RESP_ARRAY || first->number != 3) {
		complain("the server's answer is not what was asked for");
		return -1;
	}
	if (receive_words(client, piece) == -1)
		return -1;
	if (client_receive(client, &item, &errstr) == -1) {
		complain("%s", errstr);
		return -1;
	}
	if (item.kind != RESP_BULK) {
		complain("the server's answer is not what was asked for");
		return -1;
	}
	piece->bytes = item.data;
	piece->len = item.len;
	return 0;
}

static int
receive_words(struct client *client, struct piece *piece)
{
	char *const targets[] = { piece->name, piece->stream };
	const size_t sizes[] = { sizeof(piece->name), sizeof(piece->stream) };
	struct resp_item item;
	const char *errstr;

	for (size_t i = 0; i < 2; i++) {
		if (client_receive(client, &item, &errstr) == -1) {
			complain("%s", errstr);
			return -1;
		}
		if (item.kind != RESP_BULK && item.kind != RESP_OK) {
			complain("the server's answer is not what was asked for");
			return -1;
		}
		snprintf(targets[i], sizes[i], "%.*s", (int)item.len, item.data);
	}
	return 0;
}

int
cmd_clear(struct session *session, struct client *client, const struct call *call)
{
	return each_name(session, client, call, VERB_CLEAR, "cleared");
}

int
cmd_rotate(struct session *session, struct client *client, const struct call *call)
{
	if (call->arg_count > 0)
		return each_name(session, client, call, VERB_ROTATE, "rotated");
	if (send_line(client, "%s", VERB_ROTATE) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	session->output->fact("result", "Rotated all logs");
	return EXIT_OK;
}

/* One request for each name, so that a wrong one does not hide the others. */
static int
each_name(struct session *session, struct client *client, const struct call *call, const char *verb,
    const char *done)
{
	struct listing listing = { .session = session, .client = client, .view = &results_view };
	int code = EXIT_OK;

	for (size_t i = 0; i < call->arg_count; i++) {
		int one = EXIT_FAILED;

		if (check_word(call->args[i]) &&
		    send_line(client, "%s %s", verb, call->args[i]) == EXIT_OK)
			one = results_receive(&listing, call->args[i], done);
		if (one != EXIT_OK)
			code = one;
	}
	listing_show(&listing);
	listing_end(&listing);
	return code;
}
