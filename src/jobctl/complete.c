#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/command.h"
#include "jobctl/complete.h"
#include "jobctl/filter.h"
#include "jobctl/row.h"
#include "proto/verbs.h"

/* A prompt does not wait longer than this. */
#define DEADLINE_MS 500

/* What stands before the word that is completed. */
struct place {
	struct session session;
	const struct command *command; /* NULL before the command */
	const char *first;             /* its first word, or NULL */
	size_t arg_index;
	const char *before; /* the word in front, or "" */
	const char *prefix; /* what is there of the word */
};

static void find_place(struct place *, const char **words);
static void take_word(struct place *, const char *word);
static void complete_value(const struct option *, struct place *);
static void complete_options(const struct place *);
static void complete_commands(const struct place *);
static void complete_group(const struct place *);
static void complete_argument(struct place *);
static void offer(const struct place *, const char *word, const char *meaning);
static void offer_states(const struct place *);
static void offer_words(const struct place *, const char *const *words);
static void offer_whole_program(const struct place *, const struct value *row);
static void offer_rows(struct place *, enum session_socket, const char *request, const char *member,
    const char *meaning);

static const char *const signal_words[] = { "HUP", "INT", "QUIT", "KILL", "TERM", "USR1", "USR2",
	"STOP", "CONT", "WINCH", NULL };
static const char *const stream_words[] = { "stdout", "stderr", NULL };
static const char *const level_words[] = { "error", "warning", "info", "debug", NULL };

int
complete_words(const char **words)
{
	struct place place = { 0 };
	const struct option *option;
	uint64_t allowed;

	find_place(&place, words);
	allowed = OPTION_GLOBAL | (place.command == NULL ? 0 : place.command->options);
	option = option_find(place.before, allowed);
	if (option != NULL && option->kind != OPTION_FLAG)
		complete_value(option, &place);
	else if (*place.prefix == '-')
		complete_options(&place);
	else if (place.first == NULL)
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
		else if (words[0][0] != '-')
			take_word(place, words[0]);
		place->before = words[0];
	}
	if (words[0] != NULL)
		place->prefix = words[0];
}

static bool
has_two_words(const struct command *command)
{
	return command != NULL && strchr(command->name, ' ') != NULL;
}

/* The command's first word, perhaps its second, then arguments. */
static void
take_word(struct place *place, const char *word)
{
	const char *name[] = { place->first == NULL ? word : place->first, word, NULL };
	const struct command *command;
	size_t count;

	if (place->first == NULL) {
		name[1] = NULL;
		place->first = word;
		place->command = command_find(name, &count);
		return;
	}
	command = command_find(name, &count);
	if (place->arg_index == 0 && count == 2 && !has_two_words(place->command))
		place->command = command;
	else
		place->arg_index++;
}

static void
complete_value(const struct option *option, struct place *place)
{
	if (option->id == OPTION_CONF)
		puts(":files");
	else if (option->id == OPTION_RUN_DIR)
		puts(":directories");
	else if (option->id == OPTION_STATE)
		offer_states(place);
	else if (option->id == OPTION_TYPE)
		offer_rows(place, SOCKET_QUEUE, VERB_SCHEDULES, "name", "schedule");
	else if ((option->id & (OPTION_QUEUE | OPTION_TO_QUEUE)) != 0)
		offer_rows(place, SOCKET_QUEUE, VERB_QUEUES, "name", "");
}

static void
complete_options(const struct place *place)
{
	uint64_t allowed = OPTION_GLOBAL | (place->command == NULL ? 0 : place->command->options);

	for (const struct option *option = options; option->name != NULL; option++)
		if ((option->id & allowed) != 0 && option->id != OPTION_BYTES)
			offer(place, option->name, option->summary);
}

static void
complete_commands(const struct place *place)
{
	const struct command *last = NULL;
	char word[64];

	for (const struct command *command = commands; command->name != NULL; last = command++) {
		size_t len = strcspn(command->name, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, command->name);
		if (command->name[len] == '\0')
			offer(place, word, command->summary);
		else if (last == NULL || strncmp(last->name, word, len) != 0)
			offer(place, word, "");
	}
}

/* The second words of the commands that begin as this one does. */
static void
complete_group(const struct place *place)
{
	size_t len = strlen(place->first);

	for (const struct command *command = commands; command->name != NULL; command++)
		if (strncmp(command->name, place->first, len) == 0 && command->name[len] == ' ')
			offer(place, command->name + len + 1, command->summary);
}

static void
complete_argument(struct place *place)
{
	enum argument argument;

	if (place->arg_index == 0 && !has_two_words(place->command))
		complete_group(place);
	if (place->command == NULL)
		return;
	argument = place->command->argument;
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
	else if (argument == ARGUMENT_TYPE && place->arg_index > 0)
		return;
	else if (argument == ARGUMENT_TYPE)
		offer_rows(place, SOCKET_QUEUE, VERB_SCHEDULES, "name", "schedule");
	else if (argument == ARGUMENT_WORKER)
		offer_rows(place, SOCKET_QUEUE, VERB_WORKERS, "wid", "hostname");
	else if (argument == ARGUMENT_QUEUE)
		offer_rows(place, SOCKET_QUEUE, VERB_QUEUES, "name", "");
	else if (argument == ARGUMENT_JID || argument == ARGUMENT_JIDS)
		offer_rows(place, SOCKET_QUEUE, VERB_JOBS " {\"limit\":30}", "jid", "jobtype");
	else if (argument != ARGUMENT_NONE && argument != ARGUMENT_ANY &&
		 (argument != ARGUMENT_SCALE || place->arg_index == 0))
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

/* The last of "dead,ret". */
static void
offer_states(const struct place *place)
{
	const char *comma = strrchr(place->prefix, ',');
	size_t len = comma == NULL ? 0 : (size_t)(comma - place->prefix) + 1;

	for (const char *const *state = filter_states; *state != NULL; state++) {
		char word[256];

		snprintf(word, sizeof(word), "%.*s%s", (int)len, place->prefix, *state);
		offer(place, word, "");
	}
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
