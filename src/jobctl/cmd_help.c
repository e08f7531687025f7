#include "jobctl/command.h"
#include "jobctl/help.h"

int
cmd_help(struct session *session, struct client *client, const struct call *call)
{
	const struct command *command;
	const char *nearest;

	(void)session;
	(void)client;
	if (call->arg_count == 0)
		return help_all(stdout);
	command = command_find(call->args[0]);
	if (command != NULL)
		return help_command(command);
	nearest = command_nearest(call->args[0]);
	complain("no help on '%s'%s%s%s", call->args[0], nearest == NULL ? "" : ": is '",
	    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "' meant?");
	return EXIT_FAILED;
}
