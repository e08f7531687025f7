#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobctl/command.h"
#include "jobctl/job_view.h"
#include "jobctl/queue_view.h"
#include "jobctl/screen.h"
#include "jobctl/status.h"
#include "jobctl/terminal.h"
#include "proto/verbs.h"

#define INTERVAL_MS INT64_C(2000)
/* Of the screen that looks when something happens. */
#define SCREEN_INTERVAL_MS INT64_C(500)
#define RUNNING_MAX        "200"
/* Above the lists. */
#define HEAD_LINES 2
/* Of each list: its heading and a blank line. */
#define LIST_LINES 2

enum list { LIST_PROGRAMS, LIST_QUEUES, LIST_JOBS, LIST_COUNT };

/* All that is asked in one turn. */
struct picture {
	struct listing lists[LIST_COUNT];
	struct row stats;
	struct monotime taken;
};

/* How many jobs were processed when; for the rate. */
struct progress {
	struct monotime at;
	int64_t processed, per_second;
};

static int become_screen(struct session *, int64_t interval_ms);
static int take_picture(struct session *, const struct call *, struct picture *, int *code);
static void take_queue(struct session *, struct picture *);
static int receive_list(struct session *, struct client *, const struct view *, struct listing *);
static void free_picture(struct picture *);
static int watch(struct session *, const struct call *, int64_t interval_ms);
static void draw(struct session *, const struct picture *, const struct progress *, int height);
static void draw_head(struct session *, const struct picture *, const struct progress *);
static void share_rows(const struct picture *, int height, size_t shown[LIST_COUNT]);
static void note_progress(struct progress *, const struct picture *);
static void print_json(const struct picture *);

/* clang-format off */
static const struct column programs_columns[] = {
	{ "PROGRAM",     "name",        CELL_ANY,   20, 2, NULL },
	{ "STATE",       "state",       CELL_STATE, 8,  2, NULL },
	{ "RESTARTS",    "restarts",    CELL_NUMBER, 0, 2, NULL },
	{ "DESCRIPTION", "description", CELL_ANY,   0,  0, NULL },
	{ NULL,          NULL,          CELL_ANY,   0,  0, NULL },
};
/* clang-format on */
static const struct view programs_view = {
	.member = "programs",
	.columns = programs_columns,
	.headings = true,
	.fits = true,
};

static const struct view *const views[LIST_COUNT] = {
	[LIST_PROGRAMS] = &programs_view,
	[LIST_QUEUES] = &queues_view,
	[LIST_JOBS] = &jobs_view,
};

int
cmd_top(struct session *session, struct client *client, const struct call *call)
{
	int64_t interval_ms = INTERVAL_MS;
	struct progress progress = { 0 };
	struct picture picture;
	const char *errstr;
	int code = EXIT_OK;

	(void)client;
	if (call->options.interval != NULL &&
	    text_to_duration_ms(call->options.interval, &interval_ms, &errstr) == -1) {
		complain("--interval: '%s' %s", call->options.interval, errstr);
		return EXIT_USAGE;
	}
	if (!session->json && screen_is_possible()) {
		if (interval_ms < 100)
			interval_ms = 100;
		code = become_screen(
		    session, call->options.interval != NULL ? interval_ms : SCREEN_INTERVAL_MS);
		return code != EXIT_OK ? code : watch(session, call, interval_ms);
	}
	/* For a file or a pipe: once. */
	if (take_picture(session, call, &picture, &code) == 0 && session->json)
		print_json(&picture);
	else if (code == EXIT_OK)
		draw(session, &picture, &progress, 0);
	free_picture(&picture);
	return code;
}

/* The screen is a program of its own, so that jobctl need not load what it needs.  Returns only
 * without it: EXIT_OK, or the code of what is wrong with jobd. */
static int
become_screen(struct session *session, int64_t interval_ms)
{
	const char *dir = getenv("JOBD_LIBEXECDIR");
	char path[PATH_MAX], interval[32];
	int code = EXIT_OK;
	struct client *client = session_open(session, SOCKET_CONTROL, &code);

	if (client == NULL)
		return code;
	client_close(client);
	snprintf(path, sizeof(path), "%s/jobd-top",
	    dir != NULL && dir[0] != '\0' ? dir : JOBD_LIBEXECDIR);
	snprintf(interval, sizeof(interval), "%" PRId64, interval_ms);
	execl(path, path, session_run_dir(session), interval, (char *)NULL);
	return EXIT_OK;
}

/* Without that screen: until somebody ends it, or jobd does. */
static int
watch(struct session *session, const struct call *call, int64_t interval_ms)
{
	struct progress progress = { 0 };
	struct picture picture;
	bool is_first = true;
	int code;

	for (;;) {
		enum screen_event event = SCREEN_TIME;
		int64_t left_ms;

		if (take_picture(session, call, &picture, &code) == -1)
			break;
		note_progress(&progress, &picture);
		if (is_first)
			screen_enter();
		is_first = false;
		do {
			screen_clear();
			draw(session, &picture, &progress, terminal_height());
			screen_show();
			left_ms = interval_ms - monotime_diff_ms(monotime_now(), picture.taken);
			if (left_ms > 0)
				event = screen_wait(-1, (int)left_ms);
		} while (left_ms > 0 && event != SCREEN_QUIT);
		free_picture(&picture);
		if (event == SCREEN_QUIT) {
			screen_leave();
			return EXIT_OK;
		}
	}
	free_picture(&picture);
	if (is_first)
		return code;
	screen_leave();
	complain("%s: the connection to jobd has ended", session_run_dir(session));
	return EXIT_NOT_RUNNING;
}

/* -1, with an exit code, if jobd does not answer; without a scheduler there are only programs. */
static int
take_picture(struct session *session, const struct call *call, struct picture *picture, int *code)
{
	struct client *client;
	size_t unknown;
	int result;

	memset(picture, 0, sizeof(*picture));
	picture->taken = monotime_now();
	*code = EXIT_OK;
	client = session_open(session, SOCKET_CONTROL, code);
	if (client == NULL)
		return -1;
	result =
	    status_receive(session, client, call, &picture->lists[LIST_PROGRAMS], NULL, &unknown);
	client_close(client);
	if (result == -1) {
		*code = EXIT_FAILED;
		return -1;
	}
	listing_sort(&picture->lists[LIST_PROGRAMS], "name");
	take_queue(session, picture);
	return 0;
}

static void
take_queue(struct session *session, struct picture *picture)
{
	const char *errstr;
	struct client *client = session_try(session, SOCKET_QUEUE, SESSION_DEADLINE_MS, &errstr);

	if (client == NULL)
		return;
	if (send_line(client, "%s", VERB_QUEUES) == EXIT_OK &&
	    receive_list(session, client, &queues_view, &picture->lists[LIST_QUEUES]) == 0 &&
	    send_line(client, "%s {\"state\":\"running\",\"limit\":" RUNNING_MAX "}", VERB_JOBS) ==
		EXIT_OK &&
	    receive_list(session, client, &jobs_view, &picture->lists[LIST_JOBS]) == 0 &&
	    send_line(client, "%s hours=1", VERB_STATS) == EXIT_OK &&
	    receive_row(client, &picture->stats) == -1)
		picture->stats = (struct row){ 0 };
	client_close(client);
}

static int
receive_list(struct session *session, struct client *client, const struct view *view,
    struct listing *listing)
{
	const struct value *row;
	int result = listing_begin(listing, session, client, view);

	while (result == 0 || result == 1) {
		result = listing_next(listing, &row);
		if (result == 0)
			return 0;
	}
	return -1;
}

static void
free_picture(struct picture *picture)
{
	for (int i = 0; i < LIST_COUNT; i++)
		listing_end(&picture->lists[i]);
	row_free(&picture->stats);
}

static void
note_progress(struct progress *progress, const struct picture *picture)
{
	int64_t processed = row_number(picture->stats.value, "processed", 0);
	int64_t ms = monotime_diff_ms(picture->taken, progress->at);

	progress->per_second = 0;
	if (monotime_is_set(progress->at) && ms > 0 && processed > progress->processed)
		progress->per_second = (processed - progress->processed) * 1000 / ms;
	progress->processed = processed;
	progress->at = picture->taken;
}

static void
draw(struct session *session, const struct picture *picture, const struct progress *progress,
    int height)
{
	size_t shown[LIST_COUNT];

	draw_head(session, picture, progress);
	share_rows(picture, height, shown);
	for (int i = 0; i < LIST_COUNT; i++) {
		const struct listing *listing = &picture->lists[i];

		if (listing->count == 0)
			continue;
		putchar('\n');
		output_list(session->output, views[i], listing->rows, shown[i]);
	}
}

/* "/run/jobd 10:15:02  programs 3 of 4 running  jobs 12 ready, 3 running  done 1234 (12/s)" */
static void
draw_head(struct session *session, const struct picture *picture, const struct progress *progress)
{
	const struct listing *programs = &picture->lists[LIST_PROGRAMS];
	const struct value *stats = picture->stats.value;
	size_t running = 0;

	for (size_t i = 0; i < programs->count; i++)
		running += strcmp(row_text(programs->rows[i].value, "state"), "RUNNING") == 0;
	printf("jobd %s   programs %zu of %zu running", session_run_dir(session), running,
	    programs->count);
	if (stats != NULL) {
		printf("\njobs %" PRId64 " ready, %" PRId64 " running, %" PRId64
		       " scheduled, %" PRId64 " in retry, %" PRId64 " dead   processed %" PRId64,
		    row_number(stats, "states.ready", 0), row_number(stats, "states.running", 0),
		    row_number(stats, "states.scheduled", 0), row_number(stats, "states.retry", 0),
		    row_number(stats, "states.dead", 0), row_number(stats, "processed", 0));
		if (progress->per_second > 0)
			printf(" (%" PRId64 "/s)", progress->per_second);
		printf(", failures %" PRId64, row_number(stats, "failures", 0));
	}
	putchar('\n');
}

/* What one list does not need is given to the next; height 0 is without end. */
static void
share_rows(const struct picture *picture, int height, size_t shown[LIST_COUNT])
{
	int used = 0, left = height - HEAD_LINES;
	size_t room;

	for (int i = 0; i < LIST_COUNT; i++)
		if (picture->lists[i].count > 0) {
			left -= LIST_LINES;
			used++;
		}
	for (int i = 0; i < LIST_COUNT; i++) {
		size_t count = picture->lists[i].count;

		shown[i] = count;
		if (height == 0 || count == 0)
			continue;
		room = left > used ? (size_t)(left / used) : 1;
		if (count > room)
			shown[i] = room;
		left -= (int)shown[i];
		used--;
	}
}

static void
print_json(const struct picture *picture)
{
	putchar('{');
	for (int i = 0; i < LIST_COUNT; i++) {
		const struct listing *listing = &picture->lists[i];

		printf("%s\"%s\":[", i == 0 ? "" : ",", views[i]->member);
		for (size_t j = 0; j < listing->count; j++) {
			if (j > 0)
				putchar(',');
			output_json_print(views[i], &listing->rows[j]);
		}
		putchar(']');
	}
	printf(",\"stats\":%s}\n", picture->stats.raw == NULL ? "null" : picture->stats.raw);
}
