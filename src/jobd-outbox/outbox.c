#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"

#include "outbox_private.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 30000
/* After the first look: a server needs a moment to notice that the one before us is gone, and until
 * then it keeps the rows locked that he had. */
#define SECOND_LOOK_MS 2000
#define CONNECTED      "connected"
#define URL_MAX_BYTES  8192

/* Those of the table that contrib/postgresql/outbox.sql makes. */
/* clang-format off */
static const char *const own_statements[STATEMENT_COUNT] = {
	[STATEMENT_SELECT] =
	    "SELECT id, id AS jid, type, args, queue, at, priority, options FROM jobd.outbox "
	    "WHERE error IS NULL ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED",
	[STATEMENT_DONE] = "DELETE FROM jobd.outbox WHERE id = $1",
	[STATEMENT_REFUSED] = "UPDATE jobd.outbox SET error = $2 WHERE id = $1",
};
/* clang-format on */

static void on_timer(evutil_socket_t, short events, void *outbox);
static void ready(void *outbox);
static void rows(void *outbox);
static void committed(void *outbox, bool unchanged);
static void notified(void *outbox);
static void lost(void *outbox, const char *why);
static bool is_unique_type(const void *outbox, const char *type);

static const struct database_owner database_owner = {
	.ready = ready,
	.rows = rows,
	.committed = committed,
	.notified = notified,
	.lost = lost,
};

struct outbox *
outbox_new(struct event_base *base, struct pusher *pusher, const struct conf *conf,
    const struct conf_outbox *own, const struct outbox_owner *owner, void *arg)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox == NULL)
		return NULL;
	*outbox = (struct outbox){ .owner = owner, .arg = arg, .pusher = pusher };
	outbox->pause_ms = PAUSE_MIN_MS;
	outbox_adopt(outbox, conf, own);
	outbox->timer = evtimer_new(base, on_timer, outbox);
	outbox->database = database_new(base, &database_owner, outbox);
	if (outbox->timer != NULL && outbox->database != NULL)
		return outbox;
	outbox_free(outbox);
	return NULL;
}

void
outbox_free(struct outbox *outbox)
{
	if (outbox == NULL)
		return;
	pusher_forget(outbox->pusher, outbox);
	database_free(outbox->database);
	if (outbox->timer != NULL)
		event_free(outbox->timer);
	batch_clear(&outbox->batch);
	free(outbox);
}

void
outbox_adopt(struct outbox *outbox, const struct conf *conf, const struct conf_outbox *own)
{
	outbox->conf = conf;
	outbox->own = own;
	outbox->rules = (struct row_rules){ .outbox = own->name,
		.type = own->job,
		.remember_sec = own->remember_ms / 1000,
		.is_unique_type = is_unique_type,
		.arg = outbox };
}

static bool
is_unique_type(const void *arg, const char *type)
{
	const struct outbox *outbox = arg;
	const struct conf_job *job = conf_find_job(outbox->conf, type);

	return job != NULL && (job->unique_for_ms > 0 || job->unique_key[0] != '\0');
}

const struct conf_outbox *
outbox_conf(const struct outbox *outbox)
{
	return outbox->own;
}

bool
outbox_is_known(const struct outbox *outbox)
{
	return outbox->text[0] != '\0';
}

/* In front of the reason libpq says at length where the server is. */
const char *
outbox_trouble(const struct outbox *outbox)
{
	static const char failed[] = " failed: ";
	const char *reason = strstr(outbox->text, failed);

	if (outbox->text[0] == '\0')
		return "not connected yet";
	if (strcmp(outbox->text, CONNECTED) == 0)
		return NULL;
	return reason != NULL ? reason + sizeof(failed) - 1 : outbox->text;
}

/* Each thing is said once, until there is another one. */
static void
say(struct outbox *outbox, bool is_good, const char *text)
{
	if (strcmp(outbox->text, text) == 0)
		return;
	if (is_good)
		log_info("outbox '%s': %s", outbox->own->name, text);
	else
		log_warnx("outbox '%s': %s; trying again until it works", outbox->own->name, text);
	snprintf(outbox->text, sizeof(outbox->text), "%s", text);
	outbox->owner->said(outbox->arg);
}

static void
wait_ms(struct outbox *outbox, int64_t ms)
{
	struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(outbox->timer, &time);
}

static void
close_down(struct outbox *outbox)
{
	event_del(outbox->timer);
	pusher_forget(outbox->pusher, outbox);
	database_close(outbox->database);
	batch_clear(&outbox->batch);
	outbox->state = STATE_CLOSED;
}

void
outbox_fail(struct outbox *outbox, const char *why)
{
	char text[OUTBOX_TEXT_MAX];

	snprintf(text, sizeof(text), "%s", why);
	close_down(outbox);
	if (outbox->stopping) {
		outbox->owner->stopped(outbox->arg);
		return;
	}
	say(outbox, false, text);
	outbox->state = STATE_PAUSE;
	wait_ms(outbox, outbox->pause_ms);
	outbox->pause_ms *= 2;
	if (outbox->pause_ms > PAUSE_MAX_MS)
		outbox->pause_ms = PAUSE_MAX_MS;
}

static void
lost(void *outbox, const char *why)
{
	outbox_fail(outbox, why);
}

/* The first line of the file, read at each try: passwords change.  Caller frees. */
static char *
read_url(const struct conf_outbox *own, char *why, size_t size)
{
	size_t len;
	char *text;

	if (own->database_file[0] == '\0')
		return strdup(own->database);
	if ((text = file_read(own->database_file, URL_MAX_BYTES, &len, why, size)) != NULL)
		text[strcspn(text, "\r\n")] = '\0';
	return text;
}

void
outbox_open(struct outbox *outbox)
{
	const struct conf_outbox *own = outbox->own;
	const char *const given[STATEMENT_COUNT] = { own->select, own->done, own->refused };
	char name[100], why[OUTBOX_TEXT_MAX] = "out of memory";
	struct database_settings settings = { .name = name,
		.channel = own->channel,
		.timeout_ms = own->timeout_ms,
		.batch = own->batch };
	char *url = read_url(own, why, sizeof(why));

	if (url == NULL) {
		outbox_fail(outbox, why);
		return;
	}
	snprintf(name, sizeof(name), "jobd outbox %s", own->name);
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		settings.statements[i] = own->select[0] != '\0' ? given[i] : own_statements[i];
	settings.url = url;
	outbox->state = STATE_OPENING;
	database_open(outbox->database, &settings);
	freezero(url, strlen(url));
}

/* Nothing is under way: what now? */
static void
rest(struct outbox *outbox)
{
	outbox->state = STATE_IDLE;
	batch_clear(&outbox->batch);
	event_del(outbox->timer);
	if (outbox->stopping) {
		close_down(outbox);
		outbox->owner->stopped(outbox->arg);
	} else if (outbox->told && pusher_is_ready(outbox->pusher)) {
		outbox->told = false;
		outbox->state = STATE_LOOKING;
		database_look(outbox->database);
	} else if (!outbox->told && outbox->is_new) {
		outbox->is_new = false;
		wait_ms(outbox, SECOND_LOOK_MS);
	} else if (!outbox->told && outbox->own->every_ms > 0) {
		wait_ms(outbox, outbox->own->every_ms);
	}
}

static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct outbox *outbox = arg;

	(void)fd;
	(void)events;
	if (outbox->state == STATE_PAUSE)
		outbox_open(outbox);
	else if (outbox->state == STATE_IDLE)
		notified(outbox);
}

static void
notified(void *arg)
{
	struct outbox *outbox = arg;

	outbox->told = true;
	if (outbox->state == STATE_IDLE)
		rest(outbox);
}

void
outbox_wake(struct outbox *outbox)
{
	if (outbox->state == STATE_IDLE)
		rest(outbox);
}

void
outbox_stop(struct outbox *outbox)
{
	outbox->stopping = true;
	if (outbox->state == STATE_PUSHING || outbox->state == STATE_MARKING)
		return;
	close_down(outbox);
	outbox->owner->stopped(outbox->arg);
}

bool
outbox_is_stopped(const struct outbox *outbox)
{
	return outbox->stopping && outbox->state == STATE_CLOSED;
}

static void
ready(void *arg)
{
	struct outbox *outbox = arg;
	const char *names[ROW_COLUMNS_MAX];
	char why[ROW_WHY_MAX];
	int count = database_column_count(outbox->database);

	for (int i = 0; i < count && i < ROW_COLUMNS_MAX; i++)
		names[i] = database_column_name(outbox->database, i);
	if (row_columns_read(&outbox->columns, &outbox->rules, names, (size_t)count, why) == -1) {
		outbox_fail(outbox, why);
		return;
	}
	outbox->told = outbox->is_new = true;
	rest(outbox);
}

static void
rows(void *arg)
{
	struct outbox *outbox = arg;
	size_t count = (size_t)database_row_count(outbox->database);
	bool may_be_more = count > 0;

	if (database_select_is_limited(outbox->database))
		may_be_more = (int64_t)count >= outbox->own->batch;
	outbox->told |= may_be_more;
	if (count == 0) {
		outbox->state = STATE_MARKING;
		database_commit(outbox->database);
	} else if (batch_begin(&outbox->batch, count) == -1) {
		outbox_fail(outbox, "out of memory");
	} else {
		outbox->state = STATE_PUSHING;
		outbox_push(outbox);
	}
}

/* Rows that were marked are not to be found again; one with a statement that does nothing is. */
static bool
is_repeated(struct outbox *outbox)
{
	const char *jid = outbox->batch.rows[0].jid;
	bool again = outbox->own->select[0] != '\0' && strcmp(outbox->last_jid, jid) == 0;

	snprintf(outbox->last_jid, sizeof(outbox->last_jid), "%s", jid);
	return again;
}

static void
committed(void *arg, bool unchanged)
{
	struct outbox *outbox = arg;

	if (outbox->batch.count > 0 && unchanged)
		outbox_fail(outbox, "a statement that marks a row has changed none");
	else if (outbox->batch.count > 0 && is_repeated(outbox))
		outbox_fail(outbox, "the select finds rows again that are marked");
	else {
		/* Not before: what is wrong with rights and statements shows only now. */
		say(outbox, true, CONNECTED);
		outbox->pause_ms = PAUSE_MIN_MS;
		rest(outbox);
	}
}
