#include <stdio.h>
#include <string.h>

#include "jobctl/attempts.h"
#include "jobctl/command.h"
#include "jobctl/job_view.h"
#include "jobctl/job_wait.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

int
job_wait(struct client *client, const char *jid, int64_t timeout_ms, struct row *job)
{
	if (!check_word(jid) || send_line(client, "%s %s", VERB_WAIT, jid) != EXIT_OK)
		return -1;
	client_set_timeout(client, timeout_ms);
	return receive_row(client, job);
}

int
job_wait_print(struct session *session, struct client *client, const char *jid)
{
	const char *state, *message;
	struct row job;
	int code;

	if (job_wait(client, jid, -1, &job) == -1)
		return EXIT_FAILED;
	state = row_text(job.value, "state");
	message = row_text(job.value, "failure.message");
	if (session->json)
		session->output->record(&job_view, &job);
	else
		attempts_print_output(job.value);
	code = attempts_exit_code(job.value);
	if (strcmp(state, "done") != 0) {
		complain("job %s: %s%s%s", jid, state, *message == '\0' ? "" : ": ", message);
		if (code == EXIT_OK)
			code = EXIT_FAILED;
	}
	row_free(&job);
	return code;
}
