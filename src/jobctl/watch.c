#include <sys/ioctl.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobctl/status.h"
#include "jobctl/watch.h"
#include "proto/verbs.h"

/* The other screen, without the cursor; and back. */
#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define SCREEN_LEAVE "\033[?25h\033[?1049l"
#define SCREEN_CLEAR "\033[H\033[2J"

static void watch(struct session *, struct client *events, const struct call *);
static int ask_status(struct session *, const struct call *, struct listing *);
static int follow_events(struct client *events);
static int take_events(struct client *events);
static void draw(struct session *, const struct listing *);
static int wait_for_change(struct client *events);
static const char *render_description(const struct value *row, char *buf, size_t size);
static void catch_signals(void);

/* clang-format off */
static const struct column columns[] = {
	{ "NAME",        "name",        CELL_ANY, 30, 3, NULL },
	{ "STATE",       "state",       CELL_ANY, 10, 0, NULL },
	{ "DESCRIPTION", "description", CELL_ANY, 0,  0, render_description },
	{ NULL,          NULL,          CELL_ANY, 0,  0, NULL },
};
/* clang-format on */
static const struct view watch_view = { .member = "programs", .columns = columns };

/* When the rows on the screen were received: uptimes go on from there without asking. */
static struct monotime received;

int
watch_run(struct session *session, struct client *client, const struct call *call)
{
	if (session->json || !isatty(STDOUT_FILENO)) {
		complain("status --watch needs a terminal: 'jobctl events' follows changes");
		return EXIT_USAGE;
	}
	/* Events first: nothing happens unseen between the status and them. */
	if (follow_events(client) == -1)
		return EXIT_FAILED;
	catch_signals();
	fputs(SCREEN_ENTER, stdout);
	watch(session, client, call);
	fputs(SCREEN_LEAVE, stdout);
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

/* Returns when jobd is gone; people end it by a signal. */
static void
watch(struct session *session, struct client *events, const struct call *call)
{
	struct listing listing;
	int change = 1;

	while (change == 1) {
		if (ask_status(session, call, &listing) == -1)
			change = -1;
		else
			do {
				draw(session, &listing);
				change = wait_for_change(events);
			} while (change == 0);
		listing_end(&listing);
	}
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

/* 1 after events, 0 when the same rows need to be drawn anew, -1 when jobd is gone. */
static int
wait_for_change(struct client *events)
{
	struct pollfd ready = { .fd = client_fd(events), .events = POLLIN };
	int64_t shown_ms = monotime_diff_ms(monotime_now(), received);

	if (!client_has_unread(events) && poll(&ready, 1, 1000 - (int)(shown_ms % 1000)) <= 0)
		return 0;
	return take_events(events);
}

/* All that have come: one drawing shows them. */
static int
take_events(struct client *events)
{
	struct resp_item item;
	const char *errstr;

	do {
		if (client_receive(events, &item, &errstr) == -1 && errno != EINTR)
			return -1;
	} while (client_has_unread(events));
	return 1;
}

static void
draw(struct session *session, const struct listing *listing)
{
	struct view view = watch_view;
	struct winsize window = { 0 };
	size_t count = listing->count, room;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
	room = window.ws_row > 3 ? window.ws_row - 3U : 1;
	printf(SCREEN_CLEAR "Programs of %s (Ctrl-C ends this)\n\n", session_run_dir(session));
	if (count > room)
		count = room;
	view.max_width = window.ws_col;
	session->output->list(&view, listing->rows, count);
	if (count < listing->count)
		printf("... and %zu more", listing->count - count);
	fflush(stdout);
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

static void
put(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) == -1)
		return;
}

/* The terminal is given back as it was, however we leave. */
static void
leave(int signum)
{
	put(SCREEN_LEAVE);
	_exit(signum == SIGINT ? EXIT_OK : 128 + signum);
}

static void
suspend(int signum)
{
	int saved = errno;

	(void)signum;
	put(SCREEN_LEAVE);
	raise(SIGSTOP);
	put(SCREEN_ENTER);
	errno = saved;
}

/* Only interrupts poll(2): the screen is drawn anew. */
static void
resized(int signum)
{
	(void)signum;
}

static void
catch_signals(void)
{
	static const struct {
		int signum;
		void (*handler)(int);
	} signals[] = {
		{SIGINT,    leave  },
		{ SIGTERM,  leave  },
		{ SIGHUP,   leave  },
		{ SIGQUIT,  leave  },
		{ SIGTSTP,  suspend},
		{ SIGWINCH, resized},
	};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_handler = signals[i].handler };

		sigfillset(&action.sa_mask);
		sigaction(signals[i].signum, &action, NULL);
	}
}
