#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/attempts.h"
#include "jobctl/command.h"
#include "jobctl/jid.h"
#include "jobctl/job_view.h"
#include "jobctl/job_wait.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

/* A server that greets slowly may need a minute; then there is no runner, or it is busy. */
#define PATIENCE_MS INT64_C(90000)

static int push_test(struct client *, const char *jid, const char *address);
static int tell_result(struct session *, const char *address, const struct row *job);

int
cmd_mail_test(struct session *session, struct client *client, const struct call *call)
{
	char jid[JID_TEXT_MAX];
	struct row job;
	int code;

	jid_new(jid);
	code = push_test(client, jid, call->args[0]);
	if (code != EXIT_OK)
		return code;
	if (job_wait(client, jid, PATIENCE_MS, &job) == -1) {
		complain("'jobctl why %s' tells what it waits for", jid);
		return EXIT_FAILED;
	}
	code = tell_result(session, call->args[0], &job);
	row_free(&job);
	return code;
}

/* Tried once: who tests wants to know now. */
static int
push_test(struct client *client, const char *jid, const char *address)
{
	char job[2048];
	struct json json;

	json_begin(&json, job, sizeof(job));
	json_object(&json, NULL);
	json_string(&json, "jid", jid);
	json_string(&json, "jobtype", PROTO_MAIL_TEST);
	json_array(&json, "args");
	json_string(&json, NULL, address);
	json_array_end(&json);
	json_int(&json, "retry", -1);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the address is too long");
		return EXIT_USAGE;
	}
	if (send_line(client, "%s %s", VERB_PUSH, job) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	return EXIT_OK;
}

static int
tell_result(struct session *session, const char *address, const struct row *job)
{
	bool is_sent = strcmp(row_text(job->value, "state"), "done") == 0;
	const char *message = row_text(job->value, "failure.message");
	char text[600];

	if (session->json) {
		session->output->record(&job_view, job);
	} else if (is_sent) {
		snprintf(text, sizeof(text), "%s: the server has taken the mail", address);
		session->output->fact("result", text);
	}
	if (is_sent)
		return EXIT_OK;
	if (!session->json)
		attempts_print_output(job->value);
	complain(
	    "%s: no mail: %s", address, *message != '\0' ? message : row_text(job->value, "state"));
	return EXIT_FAILED;
}
