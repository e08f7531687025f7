#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/audit.h"
#include "proto/verbs.h"

#define DEADLINE_MS 2000

static bool
is_change(const struct call *call)
{
	command_fn *const changes[] = { cmd_start, cmd_stop, cmd_restart, cmd_signal, cmd_scale,
		cmd_reload, cmd_loglevel, cmd_clear, cmd_rotate };

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (call->command->run == changes[i])
			return true;
	return false;
}

static void
tell(struct session *session, const struct call *call, const char *result)
{
	char text[1024], verb[32], object[240] = "";
	struct client *client;
	struct resp_item item;
	const char *errstr;
	struct json json;

	snprintf(verb, sizeof(verb), "%s", call->command->name);
	for (char *at = verb; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	for (size_t i = 0; i < call->arg_count; i++)
		snprintf(object + strlen(object), sizeof(object) - strlen(object), "%s%s",
		    i > 0 ? " " : "", call->args[i]);
	json_begin(&json, text, sizeof(text));
	json_object(&json, NULL);
	json_string(&json, "verb", verb);
	json_string(&json, "object", object);
	json_string(&json, "result", result);
	json_object_end(&json);
	if (json_end(&json) == -1 ||
	    (client = session_try(session, SOCKET_QUEUE, DEADLINE_MS, &errstr)) == NULL)
		return;
	if (client_send(client, &errstr, "%s %s", VERB_AUDIT, text) == 0)
		(void)client_receive(client, &item, &errstr);
	client_close(client);
}

void
audit_after(struct session *session, const struct call *call, int code)
{
	if (is_change(call))
		tell(session, call, code == EXIT_OK ? "ok" : "failed");
}

void
audit_before(struct session *session, const struct call *call)
{
	if (call->command->run == cmd_shutdown)
		tell(session, call, "begun");
}
