#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "socket/connection.h"
#include "jobd_link.h"
#include "proto/verbs.h"

#define REPLY_MAX_BYTES (256 * 1024)

/* What the open request is; one at a time. */
enum asked { ASKED_NOTHING, ASKED_STATUS, ASKED_OWNER };

struct jobd_link {
	const struct link_owner *owner;
	void *arg;
	struct connection *events, *requests;
	bool follows;
	bool look; /* STATUS is to be asked */
	bool is_open;
	enum asked asked;
	int64_t rows_left;
};

static void events_ready(void *);
static bool events_reply(void *, const struct resp_item *);
static void events_lost(void *);
static void requests_ready(void *);
static bool requests_reply(void *, const struct resp_item *);
static void requests_lost(void *);
static void open_requests(struct jobd_link *);
static void ask_next(struct jobd_link *);
static void take_row(struct jobd_link *, const struct resp_item *);

static const struct connection_kind events_kind = {
	.name = "control socket (events)",
	.reply_max = REPLY_MAX_BYTES,
	.hello = connection_hello,
	.ready = events_ready,
	.reply = events_reply,
	.lost = events_lost,
};

static const struct connection_kind requests_kind = {
	.name = "control socket (programs)",
	.reply_max = REPLY_MAX_BYTES,
	.hello = connection_hello,
	.ready = requests_ready,
	.reply = requests_reply,
	.lost = requests_lost,
};

struct jobd_link *
jobd_link_new(
    struct event_base *base, const char *socket_path, const struct link_owner *owner, void *arg)
{
	struct jobd_link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->owner = owner;
	link->arg = arg;
	link->events = connection_new(base, &events_kind, socket_path, link);
	link->requests = connection_new(base, &requests_kind, socket_path, link);
	if (link->events != NULL && link->requests != NULL)
		return link;
	jobd_link_free(link);
	return NULL;
}

void
jobd_link_free(struct jobd_link *link)
{
	if (link == NULL)
		return;
	connection_free(link->events);
	connection_free(link->requests);
	free(link);
}

void
jobd_link_follow(struct jobd_link *link, bool on)
{
	if (link->follows == on)
		return;
	link->follows = on;
	if (on) {
		connection_open(link->events);
		return;
	}
	connection_close(link->events);
	connection_close(link->requests);
	link->look = link->is_open = false;
	link->asked = ASKED_NOTHING;
}

/* What happened before is asked afterwards, so that nothing falls between. */
static void
events_ready(void *arg)
{
	static const char request[] = VERB_EVENTS " inner=1\r\n";
	struct jobd_link *link = arg;

	connection_send(link->events, request, sizeof(request) - 1);
}

static bool
events_reply(void *arg, const struct resp_item *item)
{
	struct jobd_link *link = arg;
	json_t *event;
	const char *name;

	if (item->kind == RESP_OK)
		jobd_link_look(link);
	if (item->kind != RESP_BULK)
		return item->kind == RESP_OK;
	if ((event = json_loadb(item->data, item->len, 0, NULL)) == NULL)
		return false;
	name = json_string_value(json_object_get(event, "program"));
	/* An event says less than the state, which may be another one by now. */
	if (name != NULL && link->owner->wants(link->arg, name))
		jobd_link_look(link);
	json_decref(event);
	return true;
}

static void
events_lost(void *arg)
{
	(void)arg; /* the next connection looks again */
}

void
jobd_link_look(struct jobd_link *link)
{
	link->look = true;
	open_requests(link);
}

void
jobd_link_tell(struct jobd_link *link)
{
	open_requests(link);
}

static void
open_requests(struct jobd_link *link)
{
	if (!link->follows)
		return;
	if (link->is_open && connection_is_ready(link->requests) && link->asked == ASKED_NOTHING)
		ask_next(link);
	else if (!link->is_open) {
		link->is_open = true;
		connection_open(link->requests);
	}
}

static void
ask_next(struct jobd_link *link)
{
	static const char status[] = VERB_STATUS "\r\n";
	char *line;

	link->asked = ASKED_NOTHING;
	if (link->look) {
		link->look = false;
		link->asked = ASKED_STATUS;
		link->rows_left = -1;
		connection_send(link->requests, status, sizeof(status) - 1);
	} else if ((line = link->owner->next(link->arg)) != NULL) {
		link->asked = ASKED_OWNER;
		connection_send(link->requests, line, strlen(line));
		connection_send(link->requests, "\r\n", 2);
		free(line);
	} else {
		link->is_open = false;
		connection_finish(link->requests);
	}
}

static void
requests_ready(void *arg)
{
	ask_next(arg);
}

/* A request whose answer is not known is made again: twice told is not worse than once. */
static void
requests_lost(void *arg)
{
	struct jobd_link *link = arg;

	if (link->asked == ASKED_STATUS)
		link->look = true;
	if (link->asked == ASKED_OWNER)
		link->owner->answered(link->arg, LINK_LOST);
	link->asked = ASKED_NOTHING;
}

static void
take_row(struct jobd_link *link, const struct resp_item *item)
{
	json_t *row = json_loadb(item->data, item->len, 0, NULL);
	struct link_program program = {
		.name = json_string_value(json_object_get(row, "name")),
		.program = json_string_value(json_object_get(row, "program")),
		.state = json_string_value(json_object_get(row, "state")),
		.pid = (pid_t)json_integer_value(json_object_get(row, "pid")),
		.uptime_ms = json_integer_value(json_object_get(row, "uptime_ms")),
	};

	if (program.name != NULL && program.program != NULL && program.state != NULL &&
	    link->owner->wants(link->arg, program.program))
		link->owner->seen(link->arg, &program);
	json_decref(row);
}

static bool
requests_reply(void *arg, const struct resp_item *item)
{
	struct jobd_link *link = arg;

	if (link->asked == ASKED_OWNER) {
		if (item->kind == RESP_ERROR)
			log_info("control socket: %.*s", (int)item->len, item->data);
		link->asked = ASKED_NOTHING;
		link->owner->answered(link->arg, item->kind == RESP_OK ? LINK_DONE : LINK_REFUSED);
		/* How it is now is what the refusal was about. */
		link->look |= item->kind == RESP_ERROR;
	} else if (link->asked == ASKED_STATUS && link->rows_left == -1) {
		if (item->kind != RESP_ARRAY)
			return false;
		link->rows_left = item->number;
	} else if (link->asked == ASKED_STATUS) {
		if (item->kind == RESP_BULK)
			take_row(link, item);
		link->rows_left--;
	} else {
		return false;
	}
	if (link->asked == ASKED_STATUS && link->rows_left == 0)
		link->owner->seen_all(link->arg);
	if (link->asked != ASKED_STATUS || link->rows_left == 0)
		ask_next(link);
	return true;
}
