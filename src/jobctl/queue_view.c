#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "jobctl/job_view.h"
#include "jobctl/queue_view.h"

static const char *render_latency(const struct value *row, char *buf, size_t size);
static const char *render_running(const struct value *row, char *buf, size_t size);
static const char *render_rate(const struct value *row, char *buf, size_t size);
static const char *render_weight(const struct value *row, char *buf, size_t size);
static const char *render_state(const struct value *row, char *buf, size_t size);
static const char *render_labels(const struct value *row, char *buf, size_t size);
static const char *render_busy(const struct value *row, char *buf, size_t size);
static const char *render_memory(const struct value *row, char *buf, size_t size);
static const char *render_up(const struct value *row, char *buf, size_t size);
static const char *render_beat(const struct value *row, char *buf, size_t size);

/* clang-format off */
static const struct column queues_columns[] = {
	{ "QUEUE",     "name",       CELL_ANY,    0, 2, NULL },
	{ "SIZE",      "size",       CELL_NUMBER, 0, 2, NULL },
	{ "LATENCY",   "latency_ms", CELL_NUMBER, 0, 2, render_latency },
	{ "RUNNING",   "running",    CELL_NUMBER, 0, 2, render_running },
	{ "RATE",      "rate",       CELL_NUMBER, 0, 2, render_rate },
	{ "WEIGHT",    "weight",     CELL_NUMBER, 0, 2, render_weight },
	{ "SCHEDULED", "scheduled",  CELL_NUMBER, 0, 2, NULL },
	{ "RETRY",     "retry",      CELL_NUMBER, 0, 2, NULL },
	{ "BLOCKED",   "blocked",    CELL_NUMBER, 0, 2, NULL },
	{ "DEAD",      "dead",       CELL_NUMBER, 0, 2, NULL },
	{ "STATE",     "paused",     CELL_STATE,  0, 0, render_state },
	{ NULL,        NULL,         CELL_ANY,    0, 0, NULL },
};
static const struct column workers_columns[] = {
	{ "WID",     "wid",         CELL_ANY,    0, 2, NULL },
	{ "HOST",    "hostname",    CELL_ANY,    0, 2, NULL },
	{ "PID",     "pid",         CELL_NUMBER, 0, 2, NULL },
	{ "STATE",   "state",       CELL_STATE,  0, 2, NULL },
	{ "RUNNING", "running",     CELL_NUMBER, 0, 2, render_busy },
	{ "CONNS",   "connections", CELL_NUMBER, 0, 2, NULL },
	{ "MEMORY",  "rss_kb",      CELL_NUMBER, 0, 2, render_memory },
	{ "UP",      "started_at",  CELL_NUMBER, 0, 2, render_up },
	{ "BEAT",    "beat_at",     CELL_NUMBER, 0, 2, render_beat },
	{ "LABELS",  "labels",      CELL_ANY,    0, 0, render_labels },
	{ NULL,      NULL,          CELL_ANY,    0, 0, NULL },
};
static const struct column breakers_columns[] = {
	{ "TARGET",   "target",   CELL_ANY,    0, 2, NULL },
	{ "STATE",    "state",    CELL_STATE,  0, 2, NULL },
	{ "FAILURES", "failures", CELL_NUMBER, 0, 2, NULL },
	{ "UNTIL",    "until",    CELL_TIME,   0, 0, NULL },
	{ NULL,       NULL,       CELL_ANY,    0, 0, NULL },
};
static const struct column outboxes_columns[] = {
	{ "OUTBOX",  "name",       CELL_ANY,   0, 2, NULL },
	{ "STATE",   "state",      CELL_STATE, 0, 2, NULL },
	{ "SINCE",   "changed_at", CELL_TIME,  0, 2, NULL },
	{ "TROUBLE", "trouble",    CELL_ANY,   0, 0, NULL },
	{ NULL,      NULL,         CELL_ANY,   0, 0, NULL },
};
/* clang-format on */

const struct view queues_view = {
	.member = "queues",
	.columns = queues_columns,
	.headings = true,
	.fits = true,
	.empty = "No queues",
};
const struct view workers_view = {
	.member = "workers",
	.columns = workers_columns,
	.headings = true,
	.fits = true,
	.empty = "No workers",
};

const struct view breakers_view = {
	.member = "breakers",
	.columns = breakers_columns,
	.headings = true,
	.fits = true,
	.empty = "No breakers",
};

const struct view outboxes_view = {
	.member = "outboxes",
	.columns = outboxes_columns,
	.headings = true,
	.fits = true,
	.empty = "No outboxes",
};

/* How long the oldest ready job waits. */
static const char *
render_latency(const struct value *row, char *buf, size_t size)
{
	int64_t ms = row_number(row, "latency_ms", 0);

	if (ms <= 0)
		return "-";
	return job_view_span(ms, buf, size);
}

/* "3", or "3/5" under a limit. */
static const char *
render_running(const struct value *row, char *buf, size_t size)
{
	int64_t running = row_number(row, "running", 0), most = row_number(row, "concurrency", 0);

	if (most > 0)
		snprintf(buf, size, "%" PRId64 "/%" PRId64, running, most);
	else
		snprintf(buf, size, "%" PRId64, running);
	return buf;
}

/* "50/s", "100/10min". */
static const char *
render_rate(const struct value *row, char *buf, size_t size)
{
	int64_t rate = row_number(row, "rate", 0);
	char period[64];
	const char *unit = period;

	if (rate <= 0)
		return "-";
	text_from_duration_ms(row_number(row, "rate_period_ms", 1000), period, sizeof(period));
	/* "1s" is "s". */
	if (period[0] == '1' && period[1 + strspn(period + 1, "0123456789")] == period[1])
		unit = period + 1;
	snprintf(buf, size, "%" PRId64 "/%s", rate, unit);
	return buf;
}

static const char *
render_weight(const struct value *row, char *buf, size_t size)
{
	const char *weight = row_cell(row, "weight", CELL_NUMBER, buf, size);

	return *weight == '\0' ? "-" : weight;
}

static const char *
render_state(const struct value *row, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return row_is(row, "paused", VALUE_TRUE) ? "paused" : "";
}

static const char *
render_labels(const struct value *row, char *buf, size_t size)
{
	const struct value *labels = row_member(row, "labels"), *label;
	size_t len = 0;

	buf[0] = '\0';
	for (label = value_first(labels); label != NULL && len < size;
	     label = value_next(labels, label))
		if (label->kind == VALUE_STRING)
			len += (size_t)snprintf(
			    buf + len, size - len, "%s%s", len > 0 ? "," : "", label->text);
	return buf;
}

/* How many jobs it has. */
static const char *
render_busy(const struct value *row, char *buf, size_t size)
{
	const struct value *jids = row_member(row, "running"), *jid;
	int count = 0;

	for (jid = value_first(jids); jid != NULL; jid = value_next(jids, jid))
		count++;
	snprintf(buf, size, "%d", count);
	return buf;
}

static const char *
render_memory(const struct value *row, char *buf, size_t size)
{
	int64_t kb = row_number(row, "rss_kb", 0);

	if (kb <= 0)
		return "-";
	snprintf(buf, size, "%.1fM", (double)kb / 1024);
	return buf;
}

static const char *
render_up(const struct value *row, char *buf, size_t size)
{
	return job_view_since(row, "started_at", buf, size);
}

static const char *
render_beat(const struct value *row, char *buf, size_t size)
{
	return job_view_since(row, "beat_at", buf, size);
}
