#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "base/human.h"
#include "text.h"

/* What goes on while one looks at it goes on by whole seconds. */
static const char *
ticking(int64_t ms, char *buf, size_t size)
{
	return human_duration(ms < 1000 ? ms : ms / 1000 * 1000, buf, size);
}

static const char *
text_name(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return text_plain(member_text(row, "name"), buf, size);
}

static const char *
text_state(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return text_plain(member_text(row, "state"), buf, size);
}

static const char *
text_up(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	if (member_int(row, "pid") == 0)
		return "-";
	return ticking(member_int(row, "uptime_ms") + since_ms, buf, size);
}

static const char *
count_of(const json_t *row, const char *member, char *buf, size_t size)
{
	return human_count(member_int(row, member), buf, size);
}

static const char *
text_restarts(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return count_of(row, "restarts", buf, size);
}

static const char *
text_description(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	const char *status = member_text(row, "status");

	(void)since_ms;
	if (status[0] == '\0' && member_int(row, "pid") > 0)
		snprintf(buf, size, "pid %" PRId64, member_int(row, "pid"));
	else
		text_plain(status[0] != '\0' ? status : member_text(row, "description"), buf, size);
	return buf;
}

static const char *
text_ready(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return count_of(row, "size", buf, size);
}

static const char *
text_running(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return count_of(row, "running", buf, size);
}

static const char *
text_retry(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return count_of(row, "retry", buf, size);
}

static const char *
text_dead(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return count_of(row, "dead", buf, size);
}

static const char *
text_waits(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	int64_t ms = member_int(row, "latency_ms");

	return ms > 0 ? ticking(ms + since_ms, buf, size) : "-";
}

static const char *
text_paused(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	(void)buf;
	(void)size;
	return json_is_true(json_object_get(row, "paused")) ? "paused" : "";
}

static const char *
text_jid(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return text_plain(member_text(row, "jid"), buf, size);
}

static const char *
text_type(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return text_plain(member_text(row, "jobtype"), buf, size);
}

static const char *
text_queue(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	(void)since_ms;
	return text_plain(member_text(row, "queue"), buf, size);
}

static const char *
text_runs(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	struct walltime began;
	const char *errstr;

	(void)since_ms;
	if (walltime_parse(member_text(row, "started_at"), &began, &errstr) == -1)
		return "-";
	return ticking(walltime_diff_ms(walltime_now(), began), buf, size);
}

static const char *
text_args(const json_t *row, int64_t since_ms, char *buf, size_t size)
{
	char *args = json_dumps(json_object_get(row, "args"), JSON_COMPACT | JSON_ENCODE_ANY);

	(void)since_ms;
	text_plain(args != NULL ? args : "", buf, size);
	free(args);
	return buf;
}

static int
look_state(const json_t *row)
{
	static const struct {
		const char *state;
		enum look look;
	} looks[] = {
		{"RUNNING",   LOOK_GOOD},
                { "STARTING", LOOK_BUSY},
                { "STOPPING", LOOK_BUSY},
		{ "BACKOFF",  LOOK_WARN},
                { "FATAL",    LOOK_BAD }
	};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i].state, member_text(row, "state")) == 0)
			return looks[i].look;
	return LOOK_QUIET;
}

static int
look_dead(const json_t *row)
{
	return member_int(row, "dead") > 0 ? LOOK_BAD : 0;
}

static int
look_warn(const json_t *row)
{
	(void)row;
	return LOOK_WARN;
}

static const struct column program_columns[] = {
	{"PROGRAM",    24, text_name,        NULL,       false},
	{ "STATE",     10, text_state,       look_state, false},
	{ "UP",        -9, text_up,          NULL,       false},
	{ "RESTARTS",  -9, text_restarts,    NULL,       false},
	{ "  IT SAYS", 0,  text_description, NULL,       false},
	{ NULL,        0,  NULL,             NULL,       false},
};
static const struct column queue_columns[] = {
	{"QUEUE",    24, text_name,    NULL,      false},
	{ "READY",   -9, text_ready,   NULL,      false},
	{ "RUNNING", -9, text_running, NULL,      false},
	{ "RETRY",   -9, text_retry,   NULL,      false},
	{ "DEAD",    -9, text_dead,    look_dead, false},
	{ "WAITS",   -9, text_waits,   NULL,      false},
	{ "",        0,  text_paused,  look_warn, true },
	{ NULL,      0,  NULL,         NULL,      false},
};
static const struct column job_columns[] = {
	{"RUNNING JOB",  24, text_type,  NULL, false},
	{ "ID",          26, text_jid,   NULL, false},
	{ "QUEUE",       12, text_queue, NULL, false},
	{ "RUNS",        -9, text_runs,  NULL, false},
	{ "  ARGUMENTS", 0,  text_args,  NULL, false},
	{ NULL,          0,  NULL,       NULL, false},
};
const struct column *const list_columns[LIST_COUNT] = {
	[LIST_PROGRAMS] = program_columns,
	[LIST_QUEUES] = queue_columns,
	[LIST_JOBS] = job_columns,
};
