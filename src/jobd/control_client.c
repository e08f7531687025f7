#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"

#include "control_client.h"
#include "control_rows.h"

static void client_added(struct control_client *, size_t len);
static void add_missing(struct control_client *, const char *word);
static const char *nearest_program(const char *word);

/* Bytes move to the front only when the rest is too small for a reply. */
size_t
client_room(struct control_client *client)
{
	if (client->out_start > 0 && CONTROL_OUT_SIZE - client->out_end < CONTROL_REPLY_MAX) {
		memmove(client->out, client->out + client->out_start,
		    client->out_end - client->out_start);
		client->out_end -= client->out_start;
		client->out_start = 0;
	}
	return CONTROL_OUT_SIZE - client->out_end;
}

/* The deadline for taking output begins with its first byte. */
static void
client_added(struct control_client *client, size_t len)
{
	if (client->out_start == client->out_end)
		client->quiet_since = monotime_now();
	client->out_end += len;
}

void
client_add_ok(struct control_client *client, const char *text)
{
	size_t room = client_room(client);

	client_added(client, reply_ok(client->out + client->out_end, room, text));
}

void
client_add_error(struct control_client *client, const char *code, const char *fmt, ...)
{
	char text[CONTROL_REPLY_MAX - 64];
	size_t room = client_room(client);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	client_added(client, reply_error(client->out + client->out_end, room, code, text));
}

void
client_add_array(struct control_client *client, size_t count)
{
	size_t room = client_room(client);

	client->reply.items_left = count;
	client_added(client, reply_array(client->out + client->out_end, room, count));
}

void
client_add_row(struct control_client *client, const char *text, int64_t len)
{
	size_t room = client_room(client);
	char *end = client->out + client->out_end;

	if (client->reply.items_left > 0)
		client->reply.items_left--;
	client_added(
	    client, len < 0 ? reply_nil(end, room) : reply_bulk(end, room, text, (size_t)len));
}

size_t
client_add_bytes(struct control_client *client, const char *data, size_t len)
{
	size_t room = client_room(client);

	if (len > room)
		len = room;
	memcpy(client->out + client->out_end, data, len);
	client_added(client, len);
	return len;
}

bool
client_pad(struct control_client *client)
{
	while (client->reply.items_left > 0) {
		if (client_room(client) < CONTROL_REPLY_MAX)
			return false;
		client_add_row(client, NULL, -1);
	}
	return true;
}

size_t
client_select(struct control_client *client)
{
	const struct request *request = &client->reply.request;
	uint64_t bit = client_bit(client);
	struct program *program;
	size_t count = 0;

	client->reply.missing = 0;
	for (size_t i = 0; i < request->arg_count; i++) {
		const char *word = request->args[i];

		program = supervisor_match(word, NULL);
		if (program == NULL && strcmp(word, "all") != 0) {
			client->reply.missing |= UINT64_C(1) << i;
			count++;
		}
		for (; program != NULL; program = supervisor_match(word, program)) {
			count += (program->asked & bit) == 0;
			program->asked |= bit;
		}
	}
	return count;
}

struct program *
client_next_asked(struct control_client *client)
{
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry)
		if (program->asked & client_bit(client))
			return program;
	return NULL;
}

bool
client_add_missing(struct control_client *client)
{
	struct reply *reply = &client->reply;

	for (size_t i = 0; i < reply->request.arg_count; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if ((reply->missing & bit) == 0)
			continue;
		if (client_room(client) < CONTROL_REPLY_MAX)
			return false;
		reply->missing &= ~bit;
		add_missing(client, reply->request.args[i]);
	}
	return true;
}

static void
add_missing(struct control_client *client, const char *word)
{
	const struct conf_program *conf = conf_find_program(supervisor_generation()->conf, word);
	const char *code = "no_such_program", *nearest = nearest_program(word);
	char message[512], row[CONTROL_REPLY_MAX - 64];

	if (conf != NULL && !conf->enabled) {
		code = "disabled";
		snprintf(message, sizeof(message), "'%s' is not enabled in the configuration",
		    conf->name);
	} else if (nearest != NULL) {
		snprintf(message, sizeof(message),
		    "no program is called '%.100s', did you mean '%s'?", word, nearest);
	} else {
		snprintf(message, sizeof(message), "no program is called '%.100s'", word);
	}
	client_add_row(client, row, row_result(word, "error", code, message, row, sizeof(row)));
}

static const char *
nearest_program(const char *word)
{
	const char *best = NULL;
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		const char *const names[] = { program->conf->name, best, NULL };
		const char *nearest = words_nearest(word, names);

		best = nearest != NULL ? nearest : best;
	}
	return best;
}
