/*
 * One connection to a PostgreSQL database on the event loop: prepares the three statements of an
 * outbox, runs them, and hears NOTIFY.  Never blocks but where libpq asks a name server, never
 * connects anew by itself, and never knows what the rows mean.
 */
#ifndef OUTBOX_DATABASE_H
#define OUTBOX_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

enum database_statement {
	STATEMENT_SELECT,  /* $1, if it is there: the most rows */
	STATEMENT_DONE,    /* $1: the row's id */
	STATEMENT_REFUSED, /* $1: the row's id, $2: why */
	STATEMENT_COUNT,
};

struct database;

struct database_settings {
	const char *name; /* as the server shows the connection */
	const char *url;  /* anything that libpq takes */
	const char *statements[STATEMENT_COUNT];
	const char *channel; /* that is listened to; "" = none */
	int64_t timeout_ms;  /* of each step */
	int64_t batch;
};

struct database_owner {
	/* Connected; the columns of the select are known. */
	void (*ready)(void *arg);
	/* What database_look() found; the transaction is open until database_commit(). */
	void (*rows)(void *arg);
	/* `unchanged`: one of the marks met no row. */
	void (*committed)(void *arg, bool unchanged);
	/* Somebody said NOTIFY; may come at any time. */
	void (*notified)(void *arg);
	/* The connection is closed, and with it the transaction; `why` is good for this call. */
	void (*lost)(void *arg, const char *why);
};

/* NULL without memory.  It is closed at first. */
struct database *database_new(struct event_base *, const struct database_owner *, void *arg);
void database_free(struct database *);
/* The settings are copied by libpq, or not needed any more when this returns. */
void database_open(struct database *, const struct database_settings *);
void database_close(struct database *);

/* Begins a transaction and selects; only when nothing else is under way. */
void database_look(struct database *);
/* Of the select, or of its description: good until database_commit(). */
int database_row_count(const struct database *);
int database_column_count(const struct database *);
const char *database_column_name(const struct database *, int column);
/* Text; NULL where the value is null. */
const char *database_value(const struct database *, int row, int column);
/* Whether the select takes the number of rows as $1. */
bool database_select_is_limited(const struct database *);
/* Inside the transaction, to be sent with its commit; `why` is NULL for one that is done. */
void database_mark(struct database *, const char *id, const char *why);
void database_commit(struct database *);

#endif
