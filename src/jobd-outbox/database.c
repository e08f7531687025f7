#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"

#include "database.h"

#define WHY_MAX 400

enum phase {
	PHASE_CLOSED,
	PHASE_CONNECT,
	PHASE_PREPARE,
	PHASE_IDLE,
	PHASE_LOOK,
	PHASE_OPEN, /* the owner has the rows; the transaction waits for him */
	PHASE_MARK,
};

struct database {
	const struct database_owner *owner;
	void *arg;
	struct event_base *base;
	PGconn *connection;
	PGresult *rows;
	struct event *readable, *writable, *deadline;
	enum phase phase;
	int64_t timeout_ms;
	char batch[24];
	char *statements[STATEMENT_COUNT], *channel;
	bool is_limited;
	bool unchanged;
	char why[WHY_MAX]; /* the first error of the pipeline; "" = none */
};

static const char *const statement_names[] = {
	[STATEMENT_SELECT] = "select",
	[STATEMENT_DONE] = "done",
	[STATEMENT_REFUSED] = "refused",
};

static void lose(struct database *, const char *why);
static void lose_connection(struct database *);
static void on_deadline(evutil_socket_t, short events, void *database);
static void on_connecting(evutil_socket_t, short events, void *database);
static void on_readable(evutil_socket_t, short events, void *database);
static void on_writable(evutil_socket_t, short events, void *database);

struct database *
database_new(struct event_base *base, const struct database_owner *owner, void *arg)
{
	struct database *database = calloc(1, sizeof(*database));

	if (database == NULL)
		return NULL;
	*database = (struct database){ .owner = owner, .arg = arg, .base = base };
	database->deadline = evtimer_new(base, on_deadline, database);
	if (database->deadline != NULL)
		return database;
	free(database);
	return NULL;
}

void
database_free(struct database *database)
{
	if (database == NULL)
		return;
	database_close(database);
	event_free(database->deadline);
	free(database);
}

static void
event_clear(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

void
database_close(struct database *database)
{
	event_clear(&database->readable);
	event_clear(&database->writable);
	event_del(database->deadline);
	PQclear(database->rows);
	PQfinish(database->connection);
	database->rows = NULL;
	database->connection = NULL;
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		free(database->statements[i]);
		database->statements[i] = NULL;
	}
	free(database->channel);
	database->channel = NULL;
	database->phase = PHASE_CLOSED;
}

static void
lose(struct database *database, const char *why)
{
	char text[WHY_MAX];
	size_t len = 0;

	/* Messages of libpq have several lines, and blanks in pairs. */
	for (; *why != '\0' && len < sizeof(text) - 1; why++)
		if (*why != '\n' && *why != '\t' && *why != ' ')
			text[len++] = *why;
		else if (len > 0 && text[len - 1] != ' ')
			text[len++] = ' ';
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	database_close(database);
	database->owner->lost(database->arg, len > 0 ? text : "the connection was closed");
}

static void
lose_connection(struct database *database)
{
	lose(database, PQerrorMessage(database->connection));
}

static void
enter(struct database *database, enum phase phase)
{
	struct timeval patience = { .tv_sec = database->timeout_ms / 1000,
		.tv_usec = database->timeout_ms % 1000 * 1000 };

	database->phase = phase;
	if (phase == PHASE_IDLE || phase == PHASE_OPEN)
		event_del(database->deadline);
	else
		event_add(database->deadline, &patience);
}

static void
on_deadline(evutil_socket_t fd, short events, void *arg)
{
	struct database *database = arg;

	(void)fd;
	(void)events;
	lose(database, database->phase == PHASE_CONNECT ? "no connection within the time-out"
							: "no answer within the time-out");
}

/* Connecting. */

static void
ignore_notice(void *arg, const char *text)
{
	(void)arg;
	log_debug("PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
}

/* Its socket may be another one at each step. */
static bool
wait_for(struct database *database, PostgresPollingStatusType what)
{
	short events = what == PGRES_POLLING_READING ? EV_READ : EV_WRITE;

	event_clear(&database->readable);
	database->readable = event_new(
	    database->base, PQsocket(database->connection), events, on_connecting, database);
	return database->readable != NULL && event_add(database->readable, NULL) == 0;
}

static bool
copy_settings(struct database *database, const struct database_settings *settings)
{
	bool failed = (database->channel = strdup(settings->channel)) == NULL;

	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		failed |= (database->statements[i] = strdup(settings->statements[i])) == NULL;
	snprintf(database->batch, sizeof(database->batch), "%" PRId64, settings->batch);
	database->timeout_ms = settings->timeout_ms;
	database->why[0] = '\0';
	return !failed;
}

void
database_open(struct database *database, const struct database_settings *settings)
{
	/* What the URL says itself wins, because it comes last.  A host that vanished is noticed
	 * by the kernel: nobody wakes up here for it. */
	const char *const words[] = { "fallback_application_name", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "client_encoding", "dbname", NULL };
	const char *const values[] = { settings->name, "60", "10", "3", "UTF8", settings->url,
		NULL };

	database_close(database);
	if (!copy_settings(database, settings) ||
	    (database->connection = PQconnectStartParams(words, values, 1)) == NULL) {
		lose(database, "out of memory");
		return;
	}
	PQsetNoticeProcessor(database->connection, ignore_notice, NULL);
	if (PQstatus(database->connection) == CONNECTION_BAD)
		lose_connection(database);
	else if (!wait_for(database, PGRES_POLLING_WRITING))
		lose(database, "out of memory");
	else
		enter(database, PHASE_CONNECT);
}

/* Sends what is queued, as far as the server takes it now. */
static void
flush(struct database *database)
{
	int more = PQflush(database->connection);

	if (more == 1)
		event_add(database->writable, NULL);
	else if (more == -1)
		lose_connection(database);
}

/* Everything up to here is one step: its results come, then the end of the pipeline. */
static void
finish_step(struct database *database, bool queued, enum phase phase)
{
	if (!queued || PQpipelineSync(database->connection) == 0) {
		lose(database, database->why[0] != '\0' ? database->why
							: PQerrorMessage(database->connection));
		return;
	}
	enter(database, phase);
	flush(database);
}

static bool
send_plain(struct database *database, const char *sql)
{
	return PQsendQueryParams(database->connection, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static bool
send_listen(struct database *database)
{
	char *channel, sql[256];

	if (database->channel[0] == '\0')
		return true;
	channel =
	    PQescapeIdentifier(database->connection, database->channel, strlen(database->channel));
	if (channel == NULL)
		return false;
	snprintf(sql, sizeof(sql), "LISTEN %s", channel);
	PQfreemem(channel);
	return send_plain(database, sql);
}

/* Times are read in the form that these two give them. */
static void
prepare(struct database *database)
{
	PGconn *connection = database->connection;
	int fd = PQsocket(connection);
	bool queued;

	event_clear(&database->readable);
	database->readable =
	    event_new(database->base, fd, EV_READ | EV_PERSIST, on_readable, database);
	database->writable = event_new(database->base, fd, EV_WRITE, on_writable, database);
	if (database->readable == NULL || database->writable == NULL ||
	    event_add(database->readable, NULL) == -1 || PQsetnonblocking(connection, 1) == -1 ||
	    PQenterPipelineMode(connection) == 0) {
		lose(database, "the connection can't be used: out of memory");
		return;
	}
	queued = send_plain(database, "SET datestyle TO ISO") &&
		 send_plain(database, "SET timezone TO 'UTC'");
	for (size_t i = 0; i < STATEMENT_COUNT && queued; i++)
		queued = PQsendPrepare(
			     connection, statement_names[i], database->statements[i], 0, NULL) == 1;
	queued = queued &&
		 PQsendDescribePrepared(connection, statement_names[STATEMENT_SELECT]) == 1 &&
		 send_listen(database);
	finish_step(database, queued, PHASE_PREPARE);
}

static void
on_connecting(evutil_socket_t fd, short events, void *arg)
{
	struct database *database = arg;
	PostgresPollingStatusType status = PQconnectPoll(database->connection);

	(void)fd;
	(void)events;
	if (status == PGRES_POLLING_OK)
		prepare(database);
	else if (status == PGRES_POLLING_FAILED)
		lose_connection(database);
	else if (!wait_for(database, status))
		lose(database, "out of memory");
}

/* What comes back. */

static void
keep_rows(struct database *database, PGresult *result)
{
	PQclear(database->rows);
	database->rows = result;
}

static void
note_error(struct database *database, const PGresult *result)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (database->why[0] == '\0')
		snprintf(database->why, sizeof(database->why), "%s",
		    text != NULL ? text : PQresultErrorMessage(result));
}

/* All results of the step have come. */
static void
end_step(struct database *database)
{
	enum phase ended = database->phase;

	if (database->why[0] != '\0') {
		lose(database, database->why);
		return;
	}
	enter(database, ended == PHASE_LOOK ? PHASE_OPEN : PHASE_IDLE);
	if (ended == PHASE_PREPARE)
		database->owner->ready(database->arg);
	else if (ended == PHASE_LOOK)
		database->owner->rows(database->arg);
	else if (ended == PHASE_MARK)
		database->owner->committed(database->arg, database->unchanged);
}

/* The result is freed, or kept. */
static void
take(struct database *database, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_PIPELINE_SYNC) {
		PQclear(result);
		end_step(database);
		return;
	}
	if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
		note_error(database, result);
	if (database->phase == PHASE_MARK && strcmp(PQcmdTuples(result), "0") == 0)
		database->unchanged = true;
	/* The description of the select is the only one that has columns. */
	if ((database->phase == PHASE_PREPARE && PQnfields(result) > 0) ||
	    (database->phase == PHASE_LOOK && status == PGRES_TUPLES_OK)) {
		if (database->phase == PHASE_PREPARE)
			database->is_limited = PQnparams(result) > 0;
		keep_rows(database, result);
		return;
	}
	PQclear(result);
}

static bool
is_waiting(const struct database *database)
{
	return database->phase == PHASE_PREPARE || database->phase == PHASE_LOOK ||
	       database->phase == PHASE_MARK;
}

static bool
has_notification(struct database *database)
{
	PGnotify *notify;
	bool any = false;

	while ((notify = PQnotifies(database->connection)) != NULL) {
		PQfreemem(notify);
		any = true;
	}
	return any;
}

/* The owner may close the connection, or send more, in any of its calls. */
static void
on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct database *database = arg;
	PGresult *result;

	(void)fd;
	(void)events;
	if (PQconsumeInput(database->connection) == 0) {
		lose_connection(database);
		return;
	}
	while (is_waiting(database) && !PQisBusy(database->connection))
		if ((result = PQgetResult(database->connection)) != NULL)
			take(database, result);
	if (database->connection == NULL)
		return;
	if (PQstatus(database->connection) == CONNECTION_BAD)
		lose_connection(database);
	else if (has_notification(database))
		database->owner->notified(database->arg);
}

static void
on_writable(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	flush(arg);
}

/* What is asked. */

void
database_look(struct database *database)
{
	const char *values[] = { database->batch };
	bool queued = send_plain(database, "BEGIN");

	queued =
	    queued && PQsendQueryPrepared(database->connection, statement_names[STATEMENT_SELECT],
			  database->is_limited ? 1 : 0, values, NULL, NULL, 0) == 1;
	finish_step(database, queued, PHASE_LOOK);
}

/* That it could not be queued is found at the commit. */
void
database_mark(struct database *database, const char *id, const char *why)
{
	const char *values[] = { id, why };
	const char *name = statement_names[why == NULL ? STATEMENT_DONE : STATEMENT_REFUSED];

	if (PQsendQueryPrepared(
		database->connection, name, why == NULL ? 1 : 2, values, NULL, NULL, 0) == 0)
		snprintf(database->why, sizeof(database->why), "%s",
		    PQerrorMessage(database->connection));
}

void
database_commit(struct database *database)
{
	database->unchanged = false;
	finish_step(
	    database, database->why[0] == '\0' && send_plain(database, "COMMIT"), PHASE_MARK);
}

int
database_row_count(const struct database *database)
{
	return PQntuples(database->rows);
}

int
database_column_count(const struct database *database)
{
	return PQnfields(database->rows);
}

const char *
database_column_name(const struct database *database, int column)
{
	return PQfname(database->rows, column);
}

const char *
database_value(const struct database *database, int row, int column)
{
	return PQgetisnull(database->rows, row, column) ? NULL
							: PQgetvalue(database->rows, row, column);
}

bool
database_select_is_limited(const struct database *database)
{
	return database->is_limited;
}
