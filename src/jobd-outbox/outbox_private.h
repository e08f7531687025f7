/*
 * The state of an outbox, for outbox.c, which connects, waits and looks, and outbox_push.c, which
 * brings the rows into the queue.  Never included from elsewhere.
 */
#ifndef OUTBOX_OUTBOX_PRIVATE_H
#define OUTBOX_OUTBOX_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "batch.h"
#include "database.h"
#include "outbox.h"
#include "row.h"

#define OUTBOX_TEXT_MAX 500

enum state {
	STATE_CLOSED,
	STATE_PAUSE, /* something was wrong: it is tried again */
	STATE_OPENING,
	STATE_IDLE,
	STATE_LOOKING,
	STATE_PUSHING,
	STATE_MARKING,
};

struct outbox {
	const struct conf *conf;
	const struct conf_outbox *own;
	const struct outbox_owner *owner;
	void *arg;
	struct pusher *pusher;
	struct database *database;
	struct event *timer; /* the end of a pause, or of an idle time */
	enum state state;
	int64_t pause_ms;
	bool told;   /* there may be rows that the last look did not see */
	bool is_new; /* the connection is: there is to be a second look */
	bool stopping;
	struct row_columns columns;
	struct row_rules rules;
	struct batch batch;
	size_t unsure; /* the row whose job is being looked for */
	const char *values[ROW_COLUMNS_MAX];
	char last_jid[ROW_JID_MAX]; /* of the first row that was marked last */
	char text[OUTBOX_TEXT_MAX];
};

/* Closes the connection and makes it anew after a pause: the server undoes what was not committed.
 */
void outbox_fail(struct outbox *, const char *why);
/* The batch: all rows, in as many requests as they need; then what is not sure; then the marks. */
void outbox_push(struct outbox *);

#endif
