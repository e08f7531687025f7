#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "jobctl/job_view.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

typedef void detail_fn(const struct value *row, char *buf, size_t size);

static detail_fn detail_coming, detail_ready, detail_running, detail_done, detail_ended,
    detail_blocked;
static const char *render_age(const struct value *row, char *buf, size_t size);
static const char *render_tries(const struct value *row, char *buf, size_t size);
static const char *render_detail(const struct value *row, char *buf, size_t size);
static const char *render_now(const struct value *row, char *buf, size_t size);
static const char *render_failure(const struct value *row, char *buf, size_t size);
static bool span_of(const struct value *row, const char *path, int64_t *ms);
static void append(char *buf, size_t size, const char *text);

/* clang-format off */
static const struct column jobs_columns[] = {
	{ "ID",      "jid",      CELL_ANY,    0, 2, NULL },
	{ "TYPE",    "jobtype",  CELL_ANY,    0, 2, NULL },
	{ "QUEUE",   "queue",    CELL_ANY,    0, 2, NULL },
	{ "STATE",   "state",    CELL_STATE,  0, 2, NULL },
	{ "TRIES",   "attempts", CELL_NUMBER, 0, 2, render_tries },
	{ "AGE",     "created_at", CELL_NUMBER, 0, 2, render_age },
	{ "DETAIL",  "state",    CELL_ANY,    0, 0, render_detail },
	{ NULL,      NULL,       CELL_ANY,    0, 0, NULL },
};
static const struct column job_columns[] = {
	{ "id",       "jid",         CELL_ANY,   0, 0, NULL },
	{ "type",     "jobtype",     CELL_ANY,   0, 0, NULL },
	{ "args",     "args",        CELL_ANY,   0, 0, NULL },
	{ "queue",    "queue",       CELL_ANY,   0, 0, NULL },
	{ "state",    "state",       CELL_STATE, 0, 0, NULL },
	{ "now",      "state",       CELL_ANY,   0, 0, render_now },
	{ "priority", "priority",    CELL_ANY,   0, 0, NULL },
	{ "retries",  "retry",       CELL_ANY,   0, 0, NULL },
	{ "created",  "created_at",  CELL_TIME,  0, 0, NULL },
	{ "due",      "due_at",      CELL_TIME,  0, 0, NULL },
	{ "run at",   "run_at",      CELL_TIME,  0, 0, NULL },
	{ "started",  "started_at",  CELL_TIME,  0, 0, NULL },
	{ "finished", "finished_at", CELL_TIME,  0, 0, NULL },
	{ "worker",   "worker",      CELL_ANY,   0, 0, NULL },
	{ "tags",     "tags",        CELL_ANY,   0, 0, NULL },
	{ "custom",   "custom",      CELL_ANY,   0, 0, NULL },
	{ "parent",   "parent",      CELL_ANY,   0, 0, NULL },
	{ "batch",    "bid",         CELL_ANY,   0, 0, NULL },
	{ "progress", "progress",    CELL_ANY,   0, 0, NULL },
	{ "result",   "result",      CELL_ANY,   0, 0, NULL },
	{ "failed",   "failure",     CELL_ANY,   0, 0, render_failure },
	{ "reason",   "reason",      CELL_ANY,   0, 0, NULL },
	{ NULL,       NULL,          CELL_ANY,   0, 0, NULL },
};
/* What only some jobs have. */
static const char *const rare[] = { "failure", "tags", "unique_key", "concurrency_key", "parent",
	"bid", "desc", "result", "percent", "progress", "expires_at", "ordered", "at", "retry",
	"reserve_for", "backtrace", "custom", NULL };
/* The names that people and scripts use, beside those of the protocol. */
static const struct alias job_aliases[] = {
	{ "id",   "jid" },
	{ "type", "jobtype" },
	{ NULL,   NULL },
};
static const struct {
	const char *state;
	detail_fn *fn;
} details[] = {
	{ "scheduled", detail_coming },
	{ "retry",     detail_coming },
	{ "ready",     detail_ready },
	{ "blocked",   detail_blocked },
	{ "running",   detail_running },
	{ "done",      detail_done },
	{ "dead",      detail_ended },
	{ "cancelled", detail_ended },
};
/* clang-format on */

const struct view jobs_view = {
	.member = "jobs",
	.columns = jobs_columns,
	.aliases = job_aliases,
	.rare = rare,
	.headings = true,
	.fits = true,
	.empty = "No jobs",
};
const struct view job_view = { .columns = job_columns, .aliases = job_aliases, .rare = rare };

const char *
job_view_span(int64_t ms, char *buf, size_t size)
{
	static const struct {
		int64_t below_ms, unit_ms;
		const char *unit;
	} units[] = {
		{1000,           1,         "ms" },
		{ 2 * MINUTE_MS, 1000,      "s"  },
		{ 2 * HOUR_MS,   MINUTE_MS, "min"},
		{ 2 * DAY_MS,    HOUR_MS,   "h"  },
		{ INT64_MAX,     DAY_MS,    "d"  },
	};
	size_t i = 0;

	ms = ms < 0 ? 0 : ms;
	while (ms >= units[i].below_ms)
		i++;
	snprintf(buf, size, "%" PRId64 "%s", ms / units[i].unit_ms, units[i].unit);
	return buf;
}

/* Milliseconds since that time; negative if it is still to come.  False if there is none. */
static bool
span_of(const struct value *row, const char *path, int64_t *ms)
{
	struct walltime when;
	const char *errstr;

	if (walltime_parse(row_text(row, path), &when, &errstr) == -1)
		return false;
	*ms = walltime_diff_ms(walltime_now(), when);
	return true;
}

const char *
job_view_since(const struct value *row, const char *path, char *buf, size_t size)
{
	int64_t ms;

	buf[0] = '\0';
	if (span_of(row, path, &ms)) {
		ms = ms < 0 ? -ms : ms;
		/* Nobody cares how young it is. */
		job_view_span(ms < 1000 ? 1000 : ms, buf, size);
	}
	return buf;
}

static const char *
render_age(const struct value *row, char *buf, size_t size)
{
	return job_view_since(row, "created_at", buf, size);
}

/* A list has the number of attempts, one job the attempts themselves. */
static const char *
render_tries(const struct value *row, char *buf, size_t size)
{
	int64_t count = row_number(row, "attempts", 0);
	const struct value *attempts = row_member(row, "attempts"), *attempt;

	for (attempt = value_first(attempts); attempt != NULL;
	     attempt = value_next(attempts, attempt))
		count++;
	snprintf(buf, size, "%" PRId64, count);
	return buf;
}

static const char *
render_detail(const struct value *row, char *buf, size_t size)
{
	const char *state = row_text(row, "state");

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++)
		if (strcmp(state, details[i].state) == 0)
			details[i].fn(row, buf, size);
	return buf;
}

/* What has ended does nothing any more: its times and failure stand below. */
static const char *
render_now(const struct value *row, char *buf, size_t size)
{
	return *row_text(row, "finished_at") != '\0' ? "" : render_detail(row, buf, size);
}

static void
append(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s", text);
}

/* ": what went wrong" behind what is there. */
static void
append_failure(const struct value *row, char *buf, size_t size)
{
	const char *message = row_text(row, "failure.message");

	if (*message == '\0')
		message = row_text(row, "reason");
	if (*message == '\0')
		return;
	append(buf, size, ": ");
	append(buf, size, message);
}

/* "in 9min", with the failure that it waits after. */
static void
detail_coming(const struct value *row, char *buf, size_t size)
{
	char span[32];
	int64_t ms;

	if (!span_of(row, "run_at", &ms))
		return;
	if (ms < 0)
		snprintf(buf, size, "in %s", job_view_span(-ms, span, sizeof(span)));
	else
		snprintf(buf, size, "due");
	if (strcmp(row_text(row, "state"), "retry") == 0)
		append_failure(row, buf, size);
}

static void
detail_ready(const struct value *row, char *buf, size_t size)
{
	char span[32];

	job_view_since(row, "enqueued_at", span, sizeof(span));
	if (*span != '\0')
		snprintf(buf, size, "waits %s", span);
}

static void
detail_blocked(const struct value *row, char *buf, size_t size)
{
	snprintf(buf, size, "%s", row_text(row, "reason"));
}

static void
detail_running(const struct value *row, char *buf, size_t size)
{
	const char *worker = row_text(row, "worker");
	char span[32];

	job_view_since(row, "started_at", span, sizeof(span));
	if (*span != '\0')
		snprintf(buf, size, "for %s", span);
	if (*worker != '\0') {
		append(buf, size, " by ");
		append(buf, size, worker);
	}
}

/* "5min ago, took 1s200ms" */
static void
detail_done(const struct value *row, char *buf, size_t size)
{
	int64_t started, finished;
	char span[32];

	if (!span_of(row, "finished_at", &finished))
		return;
	snprintf(buf, size, "%s ago", job_view_span(finished, span, sizeof(span)));
	if (!span_of(row, "started_at", &started))
		return;
	append(buf, size, ", took ");
	append(buf, size, job_view_span(started - finished, span, sizeof(span)));
	if (strcmp(row_text(row, "reason"), "skipped") == 0)
		append(buf, size, ", skipped");
}

static void
detail_ended(const struct value *row, char *buf, size_t size)
{
	char span[32];

	job_view_since(row, "finished_at", span, sizeof(span));
	if (*span != '\0')
		snprintf(buf, size, "%s ago", span);
	append_failure(row, buf, size);
}

/* "ErrorType: message" */
static const char *
render_failure(const struct value *row, char *buf, size_t size)
{
	const char *type = row_text(row, "failure.errtype");
	const char *message = row_text(row, "failure.message");

	snprintf(buf, size, "%s%s%s", type, *type != '\0' && *message != '\0' ? ": " : "", message);
	return buf;
}
