#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jobctl/command.h"
#include "jobctl/follow.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static int follow_events(struct session *, struct client *, const struct call *);
static void print_event(const struct value *row);
static void print_change(const struct value *row);
static int show_history(struct session *, struct client *, const struct call *);
static const char *render_how(const struct value *row, char *buf, size_t size);

static const struct view events_view = { .line = print_event, .endless = true };
static const struct view changes_view = { .line = print_change, .endless = true };

/* clang-format off */
static const struct column history_columns[] = {
	{ "AT",     "at",     CELL_TIME,     0, 2, NULL },
	{ "NAME",   "name",   CELL_ANY,      0, 2, NULL },
	{ "PID",    "pid",    CELL_ANY,      0, 2, NULL },
	{ "REASON", "reason", CELL_ANY,      0, 2, NULL },
	{ "AFTER",  "uptime_ms", CELL_DURATION, 0, 2, NULL },
	{ "HOW",    "code",   CELL_ANY,      0, 0, render_how },
	{ NULL,     NULL,     CELL_ANY,      0, 0, NULL },
};
/* clang-format on */
static const struct view history_view = {
	.member = "exits",
	.columns = history_columns,
	.headings = true,
	.empty = "It has not ended yet",
};

int
cmd_events(struct session *session, struct client *client, const struct call *call)
{
	enum session_socket socket = call->options.of_queue ? SOCKET_QUEUE : SOCKET_CONTROL;
	int code;

	(void)client;
	if ((client = session_open(session, socket, &code)) == NULL)
		return code;
	code = follow_events(session, client, call);
	client_close(client);
	return code;
}

static int
follow_events(struct session *session, struct client *client, const struct call *call)
{
	const struct view *view = call->options.of_queue ? &changes_view : &events_view;
	char since[40] = "";
	struct listing listing;
	const struct value *row;
	int result;

	if (call->options.since >= 0)
		snprintf(since, sizeof(since), " since=%" PRId64, call->options.since);
	if (send_line(client, "%s%s", VERB_EVENTS, since) != EXIT_OK)
		return EXIT_FAILED;
	follow_until_interrupted();
	result = listing_begin(&listing, session, client, view);
	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	client_set_timeout(client, -1);
	if (result == 0)
		do
			result = listing_next(&listing, &row);
		while (result == 1);
	listing_end(&listing);
	return result == 0 ? EXIT_OK : EXIT_FAILED;
}

static void
print_word(const char *before, const char *word, const char *behind)
{
	if (*word == '\0')
		return;
	fputs(before, stdout);
	print_clean(word, 0);
	fputs(behind, stdout);
}

/*
 * "17 2026-11-22T05:30:00+01:00 web RUNNING -> EXITED (crash) pid 12"
 * "18 2026-11-22T05:30:01+01:00 web RUNNING (check failing) pid 14: HTTP 503"
 */
static void
print_event(const struct value *row)
{
	const char *from = row_text(row, "from"), *to = row_text(row, "to");
	char at[64], how[256];
	int64_t pid = row_number(row, "pid", 0);
	const struct value *end = row_member(row, "exit");

	printf("%" PRId64 " %s ", row_number(row, "seq", 0),
	    row_cell(row, "at", CELL_TIME, at, sizeof(at)));
	print_clean(row_text(row, "name"), 0);
	printf(" %s", from);
	if (strcmp(from, to) != 0)
		printf(" -> %s", to);
	print_word(" (", row_text(row, "reason"), ")");
	if (pid > 0)
		printf(" pid %" PRId64, pid);
	print_word(", ", render_how(end, how, sizeof(how)), "");
	if (end == NULL)
		print_word(": ", row_text(row, "text"), "");
	putchar('\n');
}

/*
 * "17 2026-11-22T05:30:00+01:00 send_push 0123456789ab running -> done in notifications (exit)"
 * "18 2026-11-22T05:30:01+01:00 breaker http://127.0.0.1:8000 closed -> open (5 failures)"
 */
static void
print_change(const struct value *row)
{
	const char *jid = row_text(row, "jid"), *from = row_text(row, "from");
	char at[64];

	printf("%" PRId64 " %s ", row_number(row, "seq", 0),
	    row_cell(row, "at", CELL_TIME, at, sizeof(at)));
	print_clean(row_text(row, *jid != '\0' ? "type" : "kind"), 0);
	print_word(" ", *jid != '\0' ? jid : row_text(row, "name"), "");
	printf(" %s -> %s", *from != '\0' ? from : "new", row_text(row, "to"));
	print_word(" in ", row_text(row, "queue"), "");
	print_word(" (", row_text(row, "reason"), ")");
	putchar('\n');
}

/* "exit code 1", "SIGKILL", "SIGSEGV, core dumped", "SIGTERM: check failed: HTTP 503"; "" for what
 * has not ended. */
static const char *
render_how(const struct value *row, char *buf, size_t size)
{
	const char *signal_name = row_text(row, "signal");
	int64_t code = row_number(row, "code", -1);

	buf[0] = '\0';
	if (*signal_name != '\0')
		snprintf(buf, size, "%s%s", signal_name,
		    row_is(row, "core", VALUE_TRUE) ? ", core dumped" : "");
	else if (row_number(row, "signal", 0) > 0)
		snprintf(buf, size, "signal %" PRId64, row_number(row, "signal", 0));
	else if (code >= 0)
		snprintf(buf, size, "exit code %" PRId64, code);
	if (*row_text(row, "text") != '\0') {
		strlcat(buf, buf[0] != '\0' ? ": " : "", size);
		strlcat(buf, row_text(row, "text"), size);
	}
	return buf;
}

/* The scheduler's database reaches back further than jobd's memory. */
int
cmd_history(struct session *session, struct client *client, const struct call *call)
{
	const char *errstr;
	char limit[40] = "";
	int code;

	(void)client;
	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	client = session_try(session, SOCKET_QUEUE, SESSION_DEADLINE_MS, &errstr);
	if (client != NULL && call->options.count >= 0)
		snprintf(limit, sizeof(limit), " limit=%" PRId64, call->options.count);
	if (client == NULL)
		client = session_open(session, SOCKET_CONTROL, &code);
	if (client == NULL)
		return code;
	code = send_line(client, "%s %s%s", VERB_HISTORY, call->args[0], limit);
	if (code == EXIT_OK)
		code = show_history(session, client, call);
	client_close(client);
	return code;
}

/* jobd's own memory takes no limit: what is too much is not shown. */
static int
show_history(struct session *session, struct client *client, const struct call *call)
{
	size_t most = call->options.count >= 0 ? (size_t)call->options.count : SIZE_MAX;
	struct listing listing;
	const struct value *row;
	int result = listing_begin(&listing, session, client, &history_view), code = EXIT_OK;

	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	if (result == 0) {
		while ((result = listing_next(&listing, &row)) == 1) {
			bool is_unknown = strcmp(row_text(row, "result"), "error") == 0;

			if (is_unknown) {
				complain("%s", row_text(row, "message"));
				code = EXIT_FAILED;
			}
			if (is_unknown || listing.count > most)
				row_free(&listing.rows[--listing.count]);
		}
		if (result == 0 && (code == EXIT_OK || listing.count > 0))
			listing_show(&listing);
	}
	listing_end(&listing);
	return result == 0 ? code : EXIT_FAILED;
}
