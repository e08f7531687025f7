#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/attempts.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static char *make_request(const char *job, const char *args);
static int wait_for(struct session *, struct client *, const char *jid);

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
		code = wait_for(session, client, row_text(job.value, "jid"));
	else if (session->json)
		puts(job.raw);
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
	char *request;
	struct json json;

	if (args != NULL && !row_is_array(args)) {
		complain("--args: '%s' is not a JSON array", args);
		return NULL;
	}
	request = malloc(size);
	if (request == NULL) {
		complain("out of memory");
		return NULL;
	}
	json_begin(&json, request, size);
	json_object(&json, NULL);
	json_string(&json, "job", job);
	if (args != NULL)
		json_raw(&json, "args", args);
	json_object_end(&json);
	json_end(&json);
	/* JSON has line breaks between its words only. */
	for (char *c = request; (c = strpbrk(c, "\r\n")) != NULL;)
		*c = ' ';
	return request;
}

/* The job's output and exit code become ours. */
static int
wait_for(struct session *session, struct client *client, const char *jid)
{
	const char *state;
	struct row job;
	int code;

	if (!check_word(jid) || send_line(client, "%s %s", VERB_WAIT, jid) != EXIT_OK)
		return EXIT_FAILED;
	client_set_timeout(client, -1);
	if (receive_row(client, &job) == -1)
		return EXIT_FAILED;
	state = row_text(job.value, "state");
	if (session->json)
		puts(job.raw);
	else
		attempts_print_output(job.value);
	code = attempts_exit_code(job.value);
	if (strcmp(state, "done") != 0) {
		complain("job %s: %s", jid, state);
		if (code == EXIT_OK)
			code = EXIT_FAILED;
	}
	row_free(&job);
	return code;
}
