#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/command.h"
#include "jobctl/complete.h"
#include "jobctl/row.h"
#include "proto/verbs.h"

/* A prompt does not wait longer than this. */
#define DEADLINE_MS 500

/* What stands before the word that is completed. */
struct place {
	struct session session;
	const struct command *command; /* NULL before the command */
	size_t arg_index;
	const char *before; /* the word in front, or "" */
	const char *prefix; /* what is there of the word */
};

static void find_place(struct place *, const char **words);
static void complete_value(const struct option *, const struct place *);
static void complete_options(const struct place *);
static void complete_commands(const struct place *);
static void complete_argument(struct place *);
static void offer(const struct place *, const char *word, const char *meaning);
static void offer_words(const struct place *, const char *const *words);
static void offer_whole_program(const struct place *, const struct value *row);
static void offer_rows(struct place *, enum session_socket, const char *request, const char *member,
    const char *meaning);

static const char *const signal_words[] = { "HUP", "INT", "QUIT", "KILL", "TERM", "USR1", "USR2",
	"STOP", "CONT", "WINCH", NULL };
static const char *const stream_words[] = { "stdout", "stderr", NULL };
static const char *const level_words[] = { "error", "warning", "info", "debug", NULL };
static const char *const state_words[] = { "scheduled", "ready", "blocked", "running", "retry",
	"done", "dead", "cancelled", NULL };

int
complete_words(const char **words)
{
	struct place place = { 0 };
	const struct option *option;
	uint32_t allowed;

	find_place(&place, words);
	allowed = OPTION_GLOBAL | (place.command == NULL ? 0 : place.command->options);
	option = option_find(place.before, allowed);
	if (option != NULL && option->kind != OPTION_FLAG)
		complete_value(option, &place);
	else if (*place.prefix == '-')
		complete_options(&place);
	else if (place.command == NULL)
		complete_commands(&place);
	else
		complete_argument(&place);
	session_end(&place.session);
	return 0;
}

static void
find_place(struct place *place, const char **words)
{
	place->before = place->prefix = "";
	place->session.run_dir_option = getenv("JOBD_RUN_DIR");
	for (; words[0] != NULL && words[1] != NULL; words++) {
		const struct option *option = option_find(place->before,
		    OPTION_GLOBAL | (place->command == NULL ? 0 : place->command->options));

		if (option != NULL && option->id == OPTION_RUN_DIR)
			place->session.run_dir_option = words[0];
		else if (option != NULL && option->id == OPTION_CONF)
			place->session.conf_file = words[0];
		else if (option != NULL && option->kind != OPTION_FLAG)
			;
		else if (words[0][0] != '-' && place->command == NULL)
			place->command = command_find(words[0]);
		else if (words[0][0] != '-')
			place->arg_index++;
		place->before = words[0];
	}
	if (words[0] != NULL)
		place->prefix = words[0];
}

static void
complete_value(const struct option *option, const struct place *place)
{
	if (option->id == OPTION_CONF)
		puts(":files");
	else if (option->id == OPTION_RUN_DIR)
		puts(":directories");
	else if (option->id == OPTION_STATE)
		offer_words(place, state_words);
}

static void
complete_options(const struct place *place)
{
	uint32_t allowed = OPTION_GLOBAL | (place->command == NULL ? 0 : place->command->options);

	for (const struct option *option = options; option->name != NULL; option++)
		if ((option->id & allowed) != 0 && option->id != OPTION_BYTES)
			offer(place, option->name, option->summary);
}

static void
complete_commands(const struct place *place)
{
	for (const struct command *command = commands; command->name != NULL; command++)
		offer(place, command->name, command->summary);
}

static void
complete_argument(struct place *place)
{
	enum argument argument = place->command->argument;

	if (place->arg_index >= (size_t)place->command->max_args)
		return;
	if (argument == ARGUMENT_SIGNAL && place->arg_index == 0)
		offer_words(place, signal_words);
	else if (argument == ARGUMENT_STREAM && place->arg_index == 1)
		offer_words(place, stream_words);
	else if (argument == ARGUMENT_LEVEL)
		offer_words(place, level_words);
	else if (argument == ARGUMENT_COMMAND)
		complete_commands(place);
	else if (argument == ARGUMENT_FILE)
		puts(":files");
	else if (argument == ARGUMENT_JOB)
		offer_rows(place, SOCKET_QUEUE, VERB_SCHEDULES, "name", "schedule");
	else if (argument == ARGUMENT_JID)
		offer_rows(place, SOCKET_QUEUE, VERB_JOBS " {\"limit\":30}", "jid", "jobtype");
	else if (argument != ARGUMENT_NONE && (argument != ARGUMENT_SCALE || place->arg_index == 0))
		offer_rows(place, SOCKET_CONTROL, VERB_STATUS " all=1", "name", "state");
}

static void
offer(const struct place *place, const char *word, const char *meaning)
{
	if (strncmp(word, place->prefix, strlen(place->prefix)) != 0)
		return;
	if (*meaning == '\0')
		puts(word);
	else
		printf("%s\t%s\n", word, meaning);
}

static void
offer_words(const struct place *place, const char *const *words)
{
	for (; *words != NULL; words++)
		offer(place, *words, "");
}

/* Names that a server knows; without a server, or without an answer in time, there are none. */
static void
offer_rows(struct place *place, enum session_socket which, const char *request, const char *member,
    const char *meaning)
{
	const char *errstr;
	struct client *client = session_try(&place->session, which, DEADLINE_MS, &errstr);
	struct resp_item item;
	int64_t left = 0;

	if (client != NULL && client_send(client, &errstr, "%s", request) == 0 &&
	    client_receive(client, &item, &errstr) == 0 && item.kind == RESP_ARRAY)
		left = item.number;
	while (
	    left-- > 0 && client_receive(client, &item, &errstr) == 0 && item.kind == RESP_BULK) {
		struct row row;

		if (row_read(&row, item.data, item.len) == -1)
			break;
		offer_whole_program(place, row.value);
		offer(place, row_text(row.value, member), row_text(row.value, meaning));
		row_free(&row);
	}
	client_close(client);
}

/* In front of its first instance; rows of other kinds have none. */
static void
offer_whole_program(const struct place *place, const struct value *row)
{
	const char *program = row_text(row, "program");

	if (row_number(row, "instance", 0) == 1 && strcmp(program, row_text(row, "name")) != 0)
		offer(place, program, "all instances");
}
