#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "jobctl/command.h"
#include "jobctl/help.h"
#include "jobctl/output.h"
#include "proto/verbs.h"

static int usage_error(const struct command *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int check_count(const struct call *);
static int run_call(struct session *, struct call *);
static int unknown_command(const char *name);

const struct command *
command_find(const char *name)
{
	for (const struct command *command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

const char *
command_nearest(const char *name)
{
	const char *names[64];
	size_t count = 0;

	for (const struct command *command = commands;
	     command->name != NULL && count < sizeof(names) / sizeof(names[0]) - 1; command++)
		names[count++] = command->name;
	names[count] = NULL;
	return words_nearest(name, names);
}

int
command_run(struct session *session, const char **words)
{
	struct call call = { .command = command_find(words[0]), .args = words + 1 };
	bool was_json = session->json;
	char err[256];
	int code;

	if (call.command == NULL)
		return unknown_command(words[0]);
	option_values_init(&call.options);
	if (option_parse(words + 1, call.command->options | OPTION_GLOBAL, false, &call.options,
		&call.arg_count, err, sizeof(err)) == -1)
		return usage_error(call.command, "%s", err);
	if (call.options.help)
		return help_command(call.command);
	code = check_count(&call);
	if (code != EXIT_OK)
		return code;
	session_apply(session, &call.options);
	code = run_call(session, &call);
	session_set_json(session, was_json);
	return code;
}

static int
run_call(struct session *session, struct call *call)
{
	struct client *client = NULL;
	int code;

	if (call->command->socket != SOCKET_NONE) {
		client = session_open(session, call->command->socket, &code);
		/* As supervisorctl: what can't be asked is unknown. */
		if (client == NULL)
			return call->command->run == cmd_status && code != EXIT_USAGE ? EXIT_UNKNOWN
										      : code;
	}
	code = call->command->run(session, client, call);
	client_close(client);
	return code;
}

static int
check_count(const struct call *call)
{
	const struct command *command = call->command;

	if (call->arg_count < (size_t)command->min_args)
		return usage_error(command, "%s requires %s", command->name, command->needs);
	if (command->max_args == 0 && call->arg_count > 0)
		return usage_error(command, "%s accepts no arguments", command->name);
	if (call->arg_count > (size_t)command->max_args)
		return usage_error(
		    command, "too many arguments: '%s'", call->args[command->max_args]);
	return EXIT_OK;
}

static int
usage_error(const struct command *command, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("Error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: jobctl %s%s%s\n", command->name,
	    command->usage[0] == '\0' ? "" : " ", command->usage);
	return EXIT_USAGE;
}

static int
unknown_command(const char *name)
{
	const char *nearest = command_nearest(name);

	if (nearest != NULL)
		complain("unknown command '%s': did you mean '%s'?", name, nearest);
	else
		complain("unknown command '%s': 'jobctl help' lists them", name);
	return EXIT_USAGE;
}

bool
check_word(const char *word)
{
	const char *c = word;

	while (*c != '\0' && !isspace((unsigned char)*c) && (unsigned char)*c >= 0x20 && *c != 0x7f)
		c++;
	/* A word that begins so is JSON to the server, and key=value is an option. */
	if (*word != '\0' && *c == '\0' && *word != '{' && *word != '[' &&
	    strchr(word, '=') == NULL)
		return true;
	complain("'%s' is not a name", word);
	return false;
}

int
send_names(struct client *client, const char *verb, const char *words, const struct call *call,
    size_t first_arg)
{
	char line[PROTO_LINE_MAX];
	size_t len;

	len =
	    (size_t)snprintf(line, sizeof(line), "%s%s%s", verb, *words == '\0' ? "" : " ", words);
	for (size_t i = first_arg; i < call->arg_count; i++) {
		if (!check_word(call->args[i]))
			return EXIT_USAGE;
		len += (size_t)snprintf(line + len, sizeof(line) - len, " %s", call->args[i]);
		if (len >= sizeof(line)) {
			complain("too many names for one request: use patterns, or 'all'");
			return EXIT_USAGE;
		}
	}
	return send_line(client, "%s", line);
}

int
send_line(struct client *client, const char *fmt, ...)
{
	const char *errstr;
	char *line;
	va_list ap;
	int code = EXIT_OK;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) == -1)
		line = NULL;
	va_end(ap);
	if (line == NULL) {
		complain("out of memory");
		return EXIT_FAILED;
	}
	if (client_send(client, &errstr, "%s", line) == -1) {
		complain("%s", errstr);
		code = EXIT_FAILED;
	}
	free(line);
	return code;
}
