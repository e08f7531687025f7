#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/args.h"
#include "jobctl/command.h"
#include "jobctl/job_view.h"
#include "jobctl/job_wait.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static char *make_request(const char *job, const char *args);

int
cmd_run(struct session *session, struct client *client, const struct call *call)
{
	char *request = make_request(call->args[0], call->options.args);
	struct row job;
	int code;

	if (request == NULL)
		return EXIT_USAGE;
	code = send_line(client, "%s %s", VERB_RUN, request);
	free(request);
	if (code != EXIT_OK || receive_row(client, &job) == -1)
		return EXIT_FAILED;
	if (call->options.wait)
		code = job_wait_print(session, client, row_text(job.value, "jid"));
	else if (session->json)
		session->output->record(&job_view, &job);
	else
		session->output->fact("jid", row_text(job.value, "jid"));
	row_free(&job);
	return code;
}

/* Allocated; NULL after a complaint. */
static char *
make_request(const char *job, const char *args)
{
	size_t size = strlen(job) * 6 + (args == NULL ? 0 : strlen(args)) + 64;
	char *request, *array = NULL;
	struct json json;

	if (args != NULL && (array = args_array("--args", args)) == NULL)
		return NULL;
	request = malloc(size);
	if (request == NULL) {
		complain("out of memory");
		free(array);
		return NULL;
	}
	json_begin(&json, request, size);
	json_object(&json, NULL);
	json_string(&json, "job", job);
	if (array != NULL)
		json_raw(&json, "args", array);
	json_object_end(&json);
	json_end(&json);
	free(array);
	return request;
}
