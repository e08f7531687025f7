#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "jobctl/audit.h"
#include "jobctl/command.h"
#include "jobctl/help.h"
#include "jobctl/output.h"
#include "proto/verbs.h"

static int usage_error(const struct command *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int check_count(const struct call *);
static int run_formatted(struct session *, struct call *);
static int run_call(struct session *, struct call *);
static int unknown_command(const char *const *words);

/* How many words of `words` the name takes: all of its own; 0 if it is another name. */
static size_t
match_name(const char *name, const char *const *words)
{
	size_t len = strlen(words[0]);

	if (strncmp(name, words[0], len) != 0)
		return 0;
	if (name[len] == '\0')
		return 1;
	return name[len] == ' ' && words[1] != NULL && strcmp(name + len + 1, words[1]) == 0 ? 2
											     : 0;
}

const struct command *
command_find(const char *const *words, size_t *count)
{
	const struct command *found = NULL;

	*count = 0;
	for (const struct command *command = commands; command->name != NULL; command++) {
		size_t matching = match_name(command->name, words);

		if (matching > *count) {
			*count = matching;
			found = command;
		}
	}
	return found;
}

bool
command_is_group(const char *word)
{
	size_t len = strlen(word);

	for (const struct command *command = commands; command->name != NULL; command++)
		if (strncmp(command->name, word, len) == 0 && command->name[len] == ' ')
			return true;
	return false;
}

const char *
command_nearest(const char *const *words)
{
	bool is_group = command_is_group(words[0]);
	const char *names[128];
	size_t count = 0;
	char name[128];

	for (const struct command *command = commands;
	     command->name != NULL && count < sizeof(names) / sizeof(names[0]) - 1; command++)
		names[count++] = command->name;
	names[count] = NULL;
	snprintf(name, sizeof(name), "%s%s%s", words[0], is_group && words[1] != NULL ? " " : "",
	    is_group && words[1] != NULL ? words[1] : "");
	return words_nearest(name, names);
}

static bool
is_help(const char *word)
{
	return word != NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

int
command_run(struct session *session, const char **words)
{
	size_t name_words;
	struct call call = { .command = command_find(words, &name_words) };
	bool was_json = session->json;
	char err[256];
	int code;

	if (call.command == NULL && command_is_group(words[0]) && is_help(words[1]))
		return help_group(words[0]);
	if (call.command == NULL)
		return unknown_command(words);
	call.args = words + name_words;
	option_values_init(&call.options);
	if (option_parse(words + name_words, call.command->options | OPTION_GLOBAL, false,
		&call.options, &call.arg_count, err, sizeof(err)) == -1)
		return usage_error(call.command, "%s", err);
	if (call.options.help)
		return help_command(call.command);
	code = check_count(&call);
	if (code != EXIT_OK)
		return code;
	session_apply(session, &call.options);
	code =
	    call.options.format == NULL ? run_call(session, &call) : run_formatted(session, &call);
	session_set_json(session, was_json);
	return code;
}

/* To all but the output it is as with --json: nothing is said to people. */
static int
run_formatted(struct session *session, struct call *call)
{
	const struct option_values *given = &call->options;
	char err[256];
	int code;

	if (session->json || given->watch || given->total)
		return usage_error(call->command, "--format does not go with %s",
		    session->json  ? "--json"
		    : given->watch ? "--watch"
				   : "--count");
	if (output_format_begin(given->format, err, sizeof(err)) == -1)
		return usage_error(call->command, "--format: %s", err);
	session_set_json(session, true);
	session->output = &output_format;
	code = run_call(session, call);
	return output_format_end() ? code : EXIT_USAGE;
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
	audit_before(session, call);
	code = call->command->run(session, client, call);
	client_close(client);
	audit_after(session, call, code);
	return code;
}

static int
check_count(const struct call *call)
{
	const struct command *command = call->command;
	size_t words;

	if (call->arg_count < (size_t)command->min_args)
		return usage_error(command, "%s requires %s", command->name, command->needs);
	if (command->max_args == 0 && call->arg_count > 0 &&
	    command_find(call->args, &words) != NULL)
		return usage_error(command, "%s accepts no arguments: is 'jobctl %s' meant?",
		    command->name, call->args[0]);
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
unknown_command(const char *const *words)
{
	bool is_group = command_is_group(words[0]);
	const char *nearest = command_nearest(words), *second = is_group ? words[1] : NULL;

	if (is_group && second == NULL)
		complain(
		    "'%s' takes another word: 'jobctl help %s' lists them", words[0], words[0]);
	else if (nearest != NULL)
		complain("unknown command '%s%s%s': did you mean '%s'?", words[0],
		    second == NULL ? "" : " ", second == NULL ? "" : second, nearest);
	else
		complain("unknown command '%s%s%s': 'jobctl help' lists them", words[0],
		    second == NULL ? "" : " ", second == NULL ? "" : second);
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
