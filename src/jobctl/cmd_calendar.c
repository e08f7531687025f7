#include <inttypes.h>
#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static int set_paused(
    struct session *, struct client *, const struct call *, const char *verb, const char *done);

/* clang-format off */
static const struct column ticks_columns[] = {
	{ "DUE AT",  "due_at",  CELL_TIME,     0, 2, NULL },
	{ "RESULT",  "result",  CELL_ANY,      0, 2, NULL },
	{ "LATE",    "late_ms", CELL_DURATION, 0, 2, NULL },
	{ "JID",     "jid",     CELL_ANY,      0, 2, NULL },
	{ "REASON",  "reason",  CELL_ANY,      0, 0, NULL },
	{ NULL,      NULL,      CELL_ANY,      0, 0, NULL },
};
/* clang-format on */
static const struct view ticks_view = {
	.member = "ticks",
	.columns = ticks_columns,
	.headings = true,
	.empty = "It has not been due yet",
};

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
cmd_pause(struct session *session, struct client *client, const struct call *call)
{
	return set_paused(session, client, call, VERB_PAUSE, "paused");
}

int
cmd_resume(struct session *session, struct client *client, const struct call *call)
{
	return set_paused(session, client, call, VERB_RESUME, "resumed");
}

static int
set_paused(struct session *session, struct client *client, const struct call *call,
    const char *verb, const char *done)
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
