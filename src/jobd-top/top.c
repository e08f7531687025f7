#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "proto/client.h"
#include "proto/verbs.h"

#include "draw.h"
#include "picture.h"
#include "top.h"

/* Uptimes go on, and a scheduler that was restarted is found again. */
#define TICK_MS 1000
/* A look takes at most this part of the time, however long each takes. */
#define LOOK_PART 10
#define CTRL_L    12

static struct {
	const char *run_dir;
	struct picture picture;
	struct view view;
	struct client *events[2];
	bool is_over, is_lost, is_stale;
	char line[512]; /* what a question is about */
	const char *socket;
} top;

static const char *const sockets[] = { PROTO_CONTROL_SOCKET, PROTO_QUEUE_SOCKET };

/* Events. */

static void
follow(size_t i)
{
	char path[4096];
	const char *errstr;
	struct resp_item item;

	if (top.events[i] != NULL ||
	    snprintf(path, sizeof(path), "%s/%s", top.run_dir, sockets[i]) >= (int)sizeof(path))
		return;
	top.events[i] = client_open(path, TICK_MS, &errstr);
	if (top.events[i] == NULL)
		return;
	if (client_send(top.events[i], &errstr, "%s", VERB_EVENTS) == -1 ||
	    client_receive(top.events[i], &item, &errstr) == -1 || item.kind != RESP_OK) {
		client_close(top.events[i]);
		top.events[i] = NULL;
		return;
	}
	client_set_timeout(top.events[i], -1);
	top.is_stale = true;
}

/* What happened is seen by looking. */
static void
read_events(size_t i)
{
	struct resp_item item;
	const char *errstr;

	do {
		if (client_receive(top.events[i], &item, &errstr) == -1) {
			client_close(top.events[i]);
			top.events[i] = NULL;
			top.is_lost = i == 0;
			break;
		}
	} while (client_has_unread(top.events[i]));
	top.is_stale = true;
}

/* Keys. */

static const json_t *
chosen_row(void)
{
	return json_array_get(top.picture.lists[top.view.list], top.view.chosen[top.view.list]);
}

static void
act(void)
{
	char text[200];

	if (picture_act(top.run_dir, top.socket, top.line, text, sizeof(text)) == 0)
		top.view.message[0] = '\0';
	else
		snprintf(top.view.message, sizeof(top.view.message), "%s", text);
	top.is_stale = true;
}

struct wish {
	int key;
	enum picture_list list;
	const char *socket, *verb, *question; /* NULL: it is done at once */
	const char *member;                   /* what the row is called by */
};

static const struct wish wishes[] = {
	{'s',  LIST_PROGRAMS, PROTO_CONTROL_SOCKET, VERB_START " wait=0",   NULL,      "name"},
	{ 'x', LIST_PROGRAMS, PROTO_CONTROL_SOCKET, VERB_STOP " wait=0",    "Stop",    "name"},
	{ 'r', LIST_PROGRAMS, PROTO_CONTROL_SOCKET, VERB_RESTART " wait=0", "Restart", "name"},
	{ 'p', LIST_QUEUES,   PROTO_QUEUE_SOCKET,   VERB_QUEUE " PAUSE",    NULL,      "name"},
	{ 'c', LIST_JOBS,     PROTO_QUEUE_SOCKET,   VERB_CANCEL,            "Cancel",  "jid" },
	{ 'K', LIST_JOBS,     PROTO_QUEUE_SOCKET,   VERB_KILL,              "Kill",    "jid" },
};

static void
wish(const struct wish *wish)
{
	const json_t *row = chosen_row();
	const char *name = member_text(row, wish->member), *verb = wish->verb;

	if (name[0] == '\0' || strpbrk(name, " \t\r\n={[") != NULL)
		return;
	if (wish->key == 'p' && json_is_true(json_object_get(row, "paused")))
		verb = VERB_QUEUE " RESUME";
	snprintf(top.line, sizeof(top.line), "%s %s", verb, name);
	top.socket = wish->socket;
	if (wish->question == NULL) {
		act();
		return;
	}
	snprintf(top.view.message, sizeof(top.view.message), "%s %s? y: yes, any other key: no",
	    wish->question, name);
	top.view.asks = true;
}

static void
move_by(int64_t rows)
{
	size_t count = json_array_size(top.picture.lists[top.view.list]);
	int64_t at = (int64_t)top.view.chosen[top.view.list] + rows;

	if (at < 0)
		at = 0;
	if (at >= (int64_t)count)
		at = count > 0 ? (int64_t)count - 1 : 0;
	top.view.chosen[top.view.list] = (size_t)at;
}

static void
choose_list(int list)
{
	if (top.picture.stats != NULL || list == LIST_PROGRAMS)
		top.view.list = (enum picture_list)list;
}

static void
answer(int key)
{
	top.view.asks = false;
	top.view.message[0] = '\0';
	if (key == 'y' || key == 'Y')
		act();
}

static void
press(int key)
{
	static const struct {
		int key, rows;
	} moves[] = {
		{KEY_UP,     -1     },
                { 'k',       -1     },
                { KEY_DOWN,  1      },
                { 'j',       1      },
                { KEY_PPAGE, -10    },
		{ KEY_NPAGE, 10     },
                { KEY_HOME,  -100000},
                { KEY_END,   100000 }
	};

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (moves[i].key == key)
			move_by(moves[i].rows);
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (wishes[i].key == key && wishes[i].list == top.view.list)
			wish(&wishes[i]);
	if (key == '\t')
		choose_list((int)(top.view.list + 1) % LIST_COUNT);
	else if (key >= '1' && key < '1' + LIST_COUNT)
		choose_list(key - '1');
	else if (key == CTRL_L) {
		clearok(stdscr, TRUE);
		top.is_stale = true;
	}
	top.is_over = key == 'q' || key == 'Q';
	top.view.helps = key == '?';
}

static void
read_keys(void)
{
	int key;

	while ((key = getch()) != ERR && !top.is_over) {
		if (top.view.asks)
			answer(key);
		else if (top.view.helps)
			top.view.helps = false;
		else if (key != KEY_RESIZE) {
			top.view.message[0] = '\0';
			press(key);
		}
	}
}

/* The loop. */

static int
time_until_look(int64_t interval_ms)
{
	int64_t pause_ms = top.picture.took_ms * LOOK_PART, since_ms;

	if (!top.is_stale)
		return TICK_MS;
	if (pause_ms < interval_ms)
		pause_ms = interval_ms;
	since_ms = monotime_diff_ms(monotime_now(), top.picture.taken);
	return since_ms >= pause_ms ? 0 : (int)(pause_ms - since_ms);
}

static void
wait_for_something(int64_t interval_ms)
{
	struct pollfd ready[] = {
		{.fd = 0,   .events = POLLIN},
                { .fd = -1, .events = POLLIN},
		{ .fd = -1, .events = POLLIN}
	};
	int timeout_ms = time_until_look(interval_ms);

	for (size_t i = 0; i < 2; i++)
		if (top.events[i] != NULL)
			ready[i + 1].fd = client_fd(top.events[i]);
	if (poll(ready, 3, timeout_ms < TICK_MS ? timeout_ms : TICK_MS) == -1 && errno != EINTR)
		top.is_over = true;
	if ((ready[0].revents & (POLLHUP | POLLERR)) != 0)
		top.is_over = true;
	for (size_t i = 0; i < 2; i++)
		if (ready[i + 1].fd != -1 && ready[i + 1].revents != 0)
			read_events(i);
	read_keys();
	/* Without a scheduler there is nothing to follow. */
	if (top.events[1] == NULL && !top.is_lost)
		follow(1);
}

static void
watch(int64_t interval_ms)
{
	while (!top.is_over && !top.is_lost) {
		if (top.is_stale && time_until_look(interval_ms) == 0) {
			top.is_stale = false;
			if (picture_take(&top.picture, top.run_dir) == -1) {
				top.is_lost = true;
				break;
			}
		}
		draw_all(&top.view, &top.picture);
		wait_for_something(interval_ms);
	}
}

int
top_run(const char *run_dir, int64_t interval_ms)
{
	top.run_dir = top.view.run_dir = run_dir;
	follow(0);
	follow(1);
	if (top.events[0] == NULL || picture_take(&top.picture, run_dir) == -1) {
		fprintf(stderr, "jobctl: %s: jobd does not answer\n", run_dir);
		return TOP_NOT_RUNNING;
	}
	if (draw_begin() == -1) {
		fprintf(stderr, "jobctl: the terminal is not known (TERM)\n");
		return TOP_FAILED;
	}
	watch(interval_ms);
	draw_end();
	picture_free(&top.picture);
	for (size_t i = 0; i < 2; i++)
		if (top.events[i] != NULL)
			client_close(top.events[i]);
	if (!top.is_lost)
		return TOP_OK;
	fprintf(stderr, "jobctl: %s: the connection to jobd has ended\n", run_dir);
	return TOP_NOT_RUNNING;
}
