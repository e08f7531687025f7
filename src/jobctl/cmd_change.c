#include <stdio.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/when.h"
#include "proto/verbs.h"

int
cmd_change(struct session *session, struct client *client, const struct call *call)
{
	const struct option_values *given = &call->options;
	char request[2048], text[300], time[WALLTIME_TEXT_MAX];
	struct walltime at = { 0 };
	struct json json;

	if (given->at == NULL && given->priority < 0 && given->queue == NULL) {
		complain("change takes --priority, --at or --queue");
		return EXIT_USAGE;
	}
	if (given->at != NULL && when_read(given->at, &at) == -1)
		return EXIT_USAGE;
	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	json_string(&json, "jid", call->args[0]);
	if (given->priority >= 0)
		json_int(&json, "priority", given->priority);
	if (given->at != NULL)
		json_string(&json, "run_at", walltime_format(at, time, sizeof(time)));
	if (given->queue != NULL)
		json_string(&json, "queue", given->queue);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the values are too long");
		return EXIT_USAGE;
	}
	if (send_line(client, "%s %s", VERB_CHANGE, request) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	snprintf(text, sizeof(text), "%s: changed", call->args[0]);
	session->output->fact("result", text);
	return EXIT_OK;
}
