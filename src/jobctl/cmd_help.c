#include "jobctl/command.h"
#include "jobctl/help.h"

int
cmd_help(struct session *session, struct client *client, const struct call *call)
{
	const struct command *command;
	const char *nearest;
	size_t words;

	(void)session;
	(void)client;
	if (call->arg_count == 0)
		return help_all(stdout);
	command = command_find(call->args, &words);
	if (command != NULL && words == call->arg_count)
		return help_command(command);
	if (command_is_group(call->args[0]) && call->arg_count == 1)
		return help_group(call->args[0]);
	nearest = command_nearest(call->args);
	complain("no help on '%s%s%s'%s%s%s", call->args[0], call->arg_count > 1 ? " " : "",
	    call->arg_count > 1 ? call->args[1] : "", nearest == NULL ? "" : ": is '",
	    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "' meant?");
	return EXIT_FAILED;
}
