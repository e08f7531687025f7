#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobctl/screen.h"
#include "jobctl/status.h"
#include "jobctl/terminal.h"
#include "jobctl/watch.h"
#include "proto/verbs.h"

/* What wait_for_change() has seen; UNCHANGED rows need only be drawn anew. */
enum change { UNCHANGED, CHANGED, GONE, QUIT };

static bool watch(struct session *, struct client *events, const struct call *);
static int ask_status(struct session *, const struct call *, struct listing *);
static int follow_events(struct client *events);
static enum change take_events(struct client *events);
static void draw(struct session *, const struct listing *);
static enum change wait_for_change(struct client *events);
static const char *render_description(const struct value *row, char *buf, size_t size);

/* clang-format off */
static const struct column columns[] = {
	{ "NAME",        "name",        CELL_ANY, 30, 3, NULL },
	{ "STATE",       "state",       CELL_ANY, 10, 0, NULL },
	{ "DESCRIPTION", "description", CELL_ANY, 0,  0, render_description },
	{ NULL,          NULL,          CELL_ANY, 0,  0, NULL },
};
/* clang-format on */
static const struct view watch_view = { .member = "programs", .columns = columns, .fits = true };

/* When the rows on the screen were received: uptimes go on from there without asking. */
static struct monotime received;

int
watch_run(struct session *session, struct client *client, const struct call *call)
{
	bool is_over;

	if (session->json || !screen_is_possible()) {
		complain("status --watch needs a terminal: 'jobctl events' follows changes");
		return EXIT_USAGE;
	}
	/* Events first: nothing happens unseen between the status and them. */
	if (follow_events(client) == -1)
		return EXIT_FAILED;
	screen_enter();
	is_over = watch(session, client, call);
	screen_leave();
	if (is_over)
		return EXIT_OK;
	complain("%s: the connection to jobd has ended", session_run_dir(session));
	return EXIT_NOT_RUNNING;
}

static int
follow_events(struct client *events)
{
	if (send_line(events, "%s", VERB_EVENTS) != EXIT_OK)
		return -1;
	return receive_ok(events);
}

/* True when somebody ends it, false when jobd is gone. */
static bool
watch(struct session *session, struct client *events, const struct call *call)
{
	enum change change = CHANGED;
	struct listing listing;

	while (change == CHANGED) {
		if (ask_status(session, call, &listing) == -1)
			change = GONE;
		else
			do {
				draw(session, &listing);
				change = wait_for_change(events);
			} while (change == UNCHANGED);
		listing_end(&listing);
	}
	return change == QUIT;
}

/* By a connection of its own: the server drops one that asks for nothing for long. */
static int
ask_status(struct session *session, const struct call *call, struct listing *listing)
{
	const char *errstr;
	struct client *client = session_try(session, SOCKET_CONTROL, SESSION_DEADLINE_MS, &errstr);
	size_t unknown;
	int result;

	*listing = (struct listing){ 0 };
	if (client == NULL)
		return -1;
	result = status_receive(session, client, call, listing, NULL, &unknown);
	listing_sort(listing, "name");
	received = monotime_now();
	client_close(client);
	return result;
}

static enum change
wait_for_change(struct client *events)
{
	int64_t shown_ms = monotime_diff_ms(monotime_now(), received);

	if (!client_has_unread(events)) {
		enum screen_event event =
		    screen_wait(client_fd(events), 1000 - (int)(shown_ms % 1000));

		if (event != SCREEN_READY)
			return event == SCREEN_QUIT ? QUIT : UNCHANGED;
	}
	return take_events(events);
}

/* All that have come: one drawing shows them. */
static enum change
take_events(struct client *events)
{
	struct resp_item item;
	const char *errstr;

	do {
		if (client_receive(events, &item, &errstr) == -1 && errno != EINTR)
			return GONE;
	} while (client_has_unread(events));
	return CHANGED;
}

static void
draw(struct session *session, const struct listing *listing)
{
	int height = terminal_height();
	size_t count = listing->count, room = height > 3 ? (size_t)height - 3 : 1;

	screen_clear();
	printf("Programs of %s (q ends this)\n\n", session_run_dir(session));
	if (count > room)
		count = room;
	output_list(session->output, &watch_view, listing->rows, count);
	if (count < listing->count)
		printf("... and %zu more", listing->count - count);
	screen_show();
}

/* The server's words, with an uptime that has gone on since then. */
static const char *
render_description(const struct value *row, char *buf, size_t size)
{
	const char *text = row_text(row, "description"), *uptime = strstr(text, ", uptime ");
	int64_t since_ms = monotime_diff_ms(monotime_now(), received);
	char uptime_text[64];

	if (uptime == NULL)
		return text;
	text_from_uptime_ms(
	    row_number(row, "uptime_ms", 0) + since_ms, uptime_text, sizeof(uptime_text));
	snprintf(buf, size, "%.*s, uptime %s", (int)(uptime - text), text, uptime_text);
	return buf;
}
