#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/attempts.h"
#include "jobctl/command.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

static int one_name(
    struct session *, struct client *, const struct call *, const char *verb, const char *done);

/* clang-format off */
static const struct column jobs_columns[] = {
	{ "JID",      "jid",         CELL_ANY,  0, 2, NULL },
	{ "TYPE",     "jobtype",     CELL_ANY,  0, 2, NULL },
	{ "QUEUE",    "queue",       CELL_ANY,  0, 2, NULL },
	{ "STATE",    "state",       CELL_ANY,  0, 2, NULL },
	{ "RUN AT",   "run_at",      CELL_TIME, 0, 2, NULL },
	{ "STARTED",  "started_at",  CELL_TIME, 0, 2, NULL },
	{ "FINISHED", "finished_at", CELL_TIME, 0, 0, NULL },
	{ NULL,       NULL,          CELL_ANY,  0, 0, NULL },
};
static const struct column job_columns[] = {
	{ "jid",      "jid",         CELL_ANY,  0, 0, NULL },
	{ "type",     "jobtype",     CELL_ANY,  0, 0, NULL },
	{ "args",     "args",        CELL_ANY,  0, 0, NULL },
	{ "queue",    "queue",       CELL_ANY,  0, 0, NULL },
	{ "state",    "state",       CELL_ANY,  0, 0, NULL },
	{ "priority", "priority",    CELL_ANY,  0, 0, NULL },
	{ "created",  "created_at",  CELL_TIME, 0, 0, NULL },
	{ "run at",   "run_at",      CELL_TIME, 0, 0, NULL },
	{ "started",  "started_at",  CELL_TIME, 0, 0, NULL },
	{ "finished", "finished_at", CELL_TIME, 0, 0, NULL },
	{ NULL,       NULL,          CELL_ANY,  0, 0, NULL },
};
static const struct column ticks_columns[] = {
	{ "DUE AT",  "due_at",  CELL_TIME,     0, 2, NULL },
	{ "RESULT",  "result",  CELL_ANY,      0, 2, NULL },
	{ "LATE",    "late_ms", CELL_DURATION, 0, 2, NULL },
	{ "JID",     "jid",     CELL_ANY,      0, 2, NULL },
	{ "REASON",  "reason",  CELL_ANY,      0, 0, NULL },
	{ NULL,      NULL,      CELL_ANY,      0, 0, NULL },
};
/* clang-format on */
static const struct view jobs_view = {
	.member = "jobs",
	.columns = jobs_columns,
	.headings = true,
	.empty = "No jobs",
};
static const struct view job_view = { .columns = job_columns };
static const struct view ticks_view = {
	.member = "ticks",
	.columns = ticks_columns,
	.headings = true,
	.empty = "It has not been due yet",
};

int
cmd_jobs(struct session *session, struct client *client, const struct call *call)
{
	const struct {
		const char *member, *value;
	} filters[] = {
		{"state",  call->options.state},
		{ "type",  call->options.type },
		{ "queue", call->options.queue},
	};
	char request[2048];
	struct json json;

	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (filters[i].value != NULL)
			json_string(&json, filters[i].member, filters[i].value);
	if (call->options.limit >= 0)
		json_int(&json, "limit", call->options.limit);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the values are too long");
		return EXIT_USAGE;
	}
	if (send_line(client, "%s %s", VERB_JOBS, request) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &jobs_view);
}

int
cmd_job(struct session *session, struct client *client, const struct call *call)
{
	struct row row;

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (send_line(client, "%s %s", VERB_JOB, call->args[0]) != EXIT_OK ||
	    receive_row(client, &row) == -1)
		return EXIT_FAILED;
	session->output->record(&job_view, &row);
	if (!session->json)
		attempts_print(row.value);
	row_free(&row);
	return EXIT_OK;
}

int
cmd_ticks(struct session *session, struct client *client, const struct call *call)
{
	char limit[40] = "";

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (call->options.count >= 0)
		snprintf(limit, sizeof(limit), " limit=%" PRId64, call->options.count);
	if (send_line(client, "%s %s%s", VERB_TICKS, call->args[0], limit) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &ticks_view);
}

int
cmd_cancel(struct session *session, struct client *client, const struct call *call)
{
	return one_name(session, client, call, VERB_CANCEL, "cancelled");
}

int
cmd_retry(struct session *session, struct client *client, const struct call *call)
{
	return one_name(session, client, call, VERB_RETRY, "ready");
}

int
cmd_pause(struct session *session, struct client *client, const struct call *call)
{
	return one_name(session, client, call, VERB_PAUSE, "paused");
}

int
cmd_resume(struct session *session, struct client *client, const struct call *call)
{
	return one_name(session, client, call, VERB_RESUME, "resumed");
}

static int
one_name(struct session *session, struct client *client, const struct call *call, const char *verb,
    const char *done)
{
	char text[1024];

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (send_line(client, "%s %s", verb, call->args[0]) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	snprintf(text, sizeof(text), "%s: %s", call->args[0], done);
	session->output->fact("result", text);
	return EXIT_OK;
}
