#include <stdio.h>
#include <string.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static int show_plan(struct session *, struct client *, const char *verb, const struct view *);
static const char *render_done(const struct value *row, char *buf, size_t size);

/* clang-format off */
static const struct column planned_columns[] = {
	{ "NAME",   "name",   CELL_ANY, 20, 2, NULL },
	{ "KIND",   "kind",   CELL_ANY, 0,  2, NULL },
	{ "ACTION", "action", CELL_ANY, 0,  2, NULL },
	{ "WHY",    "why",    CELL_ANY, 0,  0, NULL },
	{ NULL,     NULL,     CELL_ANY, 0,  0, NULL },
};
static const struct column done_columns[] = {
	{ "NAME",   "name",   CELL_ANY, 20, 2, NULL },
	{ "KIND",   "kind",   CELL_ANY, 0,  2, NULL },
	{ "DONE",   "action", CELL_ANY, 0,  2, render_done },
	{ "WHY",    "why",    CELL_ANY, 0,  0, NULL },
	{ NULL,     NULL,     CELL_ANY, 0,  0, NULL },
};
static const struct { const char *action, *done; } done_words[] = {
	{ "add",     "added" },
	{ "remove",  "removed" },
	{ "restart", "restarted" },
	{ "signal",  "signalled" },
	{ "change",  "changed" },
	{ "none",    "kept" },
};
/* clang-format on */
static const struct view planned_view = {
	.member = "plan",
	.columns = planned_columns,
	.headings = true,
	.empty = "Nothing to do: the configuration has not changed",
};
static const struct view done_view = {
	.member = "plan",
	.columns = done_columns,
	.headings = true,
	.empty =
	    "Nothing to do: the configuration has not changed; secrets in files were read again",
};

static const char *
render_done(const struct value *row, char *buf, size_t size)
{
	const char *action = row_text(row, "action");

	(void)buf;
	(void)size;
	for (size_t i = 0; i < sizeof(done_words) / sizeof(done_words[0]); i++)
		if (strcmp(action, done_words[i].action) == 0)
			return done_words[i].done;
	return action;
}

int
cmd_plan(struct session *session, struct client *client, const struct call *call)
{
	(void)call;
	return show_plan(session, client, VERB_PLAN, &planned_view);
}

int
cmd_reload(struct session *session, struct client *client, const struct call *call)
{
	if (call->arg_count > 1 || (call->arg_count == 1 && strcmp(call->args[0], "all") != 0)) {
		complain("a reload is applied whole: 'jobctl plan' shows what it would do");
		return EXIT_USAGE;
	}
	/* Stopping what has changed takes as long as it takes. */
	client_set_timeout(client, -1);
	return show_plan(session, client, VERB_RELOAD, &done_view);
}

/* People are not shown what stays as it is. */
static int
show_plan(struct session *session, struct client *client, const char *verb, const struct view *view)
{
	struct listing listing = { 0 };
	const struct value *row;
	int result;

	if (send_line(client, "%s", verb) != EXIT_OK)
		return EXIT_FAILED;
	result = listing_begin(&listing, session, client, view);
	if (result == 1)
		complain("%s%s", refusal_text(listing.refusal),
		    refusal_is(listing.refusal, "CONFIG") ? " (nothing has changed)" : "");
	if (result == 0) {
		while ((result = listing_next(&listing, &row)) == 1)
			if (!session->json && strcmp(row_text(row, "action"), "none") == 0)
				row_free(&listing.rows[--listing.count]);
		if (result == 0)
			listing_show(&listing);
	}
	listing_end(&listing);
	return result == 0 ? EXIT_OK : EXIT_FAILED;
}

/* Commands of supervisorctl for which there is another way here. */
int
cmd_instead(struct session *session, struct client *client, const struct call *call)
{
	static const struct {
		const char *name, *words;
	} ways[] = {
		{"avail",   "'jobctl status' lists what is there, 'jobctl plan' what the "
			   "configuration would add or take away"   },
		{ "add",    "write the program into the configuration, then 'jobctl reload'" },
		{ "remove", "take the program out of the configuration, then 'jobctl reload'"},
	};

	(void)session;
	(void)client;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(call->command->name, ways[i].name) == 0)
			complain("there is no '%s': %s", ways[i].name, ways[i].words);
	return EXIT_FAILED;
}
