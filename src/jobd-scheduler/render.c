#include <stdlib.h>
#include <string.h>

#include "base/signame.h"
#include "render.h"

#define RENDER_FIRST 2048
#define RENDER_MAX   ((size_t)256 * 1024 * 1024)

char *
render(render_fn fn, const void *arg, size_t *len)
{
	struct json json;
	int64_t written;
	char *text;

	for (size_t size = RENDER_FIRST; size <= RENDER_MAX; size *= 4) {
		if ((text = malloc(size)) == NULL)
			return NULL;
		json_begin(&json, text, size);
		fn(&json, arg);
		if ((written = json_end(&json)) >= 0) {
			*len = (size_t)written;
			return text;
		}
		free(text);
	}
	return NULL;
}

void
render_time(struct json *json, const char *name, struct walltime when)
{
	char text[WALLTIME_TEXT_MAX];

	if (walltime_is_set(when))
		json_string(json, name, walltime_format(when, text, sizeof(text)));
	else
		json_null(json, name);
}

/* The object is left open. */
static void
payload_open(struct json *json, const struct job *job)
{
	json_object(json, NULL);
	json_string(json, "jid", job->jid);
	json_string(json, "queue", job->queue);
	json_string(json, "jobtype", job->type);
	json_raw(json, "args", job->args);
	json_int(json, "priority", job->priority);
	render_time(json, "created_at", job->created_at);
	render_time(json, "enqueued_at", job->enqueued_at);
	if (job->failure[0] != '\0')
		json_raw(json, "failure", job->failure);
	/* The members as they came: the text begins with the comma that json_raw() writes too. */
	if (job->extra[0] != '\0')
		json_raw(json, NULL, job->extra + 1);
}

void
render_payload(struct json *json, const void *arg)
{
	payload_open(json, arg);
	json_object_end(json);
}

/* What only some jobs have. */
static void
render_rare(struct json *json, const struct job *job)
{
	const struct {
		const char *name, *text;
		bool is_json;
	} texts[] = {
		{"tags",             job->tags,            true },
		{ "unique_key",      job->unique_key,      false},
		{ "concurrency_key", job->concurrency_key, false},
		{ "parent",          job->parent,          false},
		{ "bid",             job->bid,             false},
		{ "desc",            job->desc,            false},
		{ "result",          job->result,          true },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].text[0] == '\0')
			continue;
		if (texts[i].is_json)
			json_raw(json, texts[i].name, texts[i].text);
		else
			json_string(json, texts[i].name, texts[i].text);
	}
	if (job->percent >= 0)
		json_int(json, "percent", job->percent);
	if (walltime_is_set(job->expires_at))
		render_time(json, "expires_at", job->expires_at);
}

void
render_job_open(struct json *json, const struct job *job)
{
	payload_open(json, job);
	json_int(json, "seq", job->id);
	json_string(json, "state", job_state_word(job->state));
	json_string(json, "reason", job->reason[0] != '\0' ? job->reason : NULL);
	json_int(json, "failures", job->failures);
	render_time(json, "due_at", job->due_at);
	render_time(json, "run_at", job->run_at);
	render_time(json, "started_at", job->started_at);
	render_time(json, "finished_at", job->finished_at);
	json_string(json, "worker", job->worker[0] != '\0' ? job->worker : NULL);
	/* Not "order": that member makes an object an order. */
	if (job->order[0] != '\0')
		json_string(json, "ordered", job->order);
	render_rare(json, job);
}

void
render_job(struct json *json, const void *arg)
{
	const struct job *job = arg;

	render_job_open(json, job);
	json_int(json, "attempts", job->attempts);
	json_object_end(json);
}

static void
int_or_null(struct json *json, const char *name, int64_t value)
{
	if (value < 0)
		json_null(json, name);
	else
		json_int(json, name, value);
}

static void
signal_or_null(struct json *json, int64_t signum)
{
	if (signum <= 0)
		json_null(json, "signal");
	else
		json_string(json, "signal", signame_text((int)signum));
}

void
render_attempt(struct json *json, const struct attempt *attempt)
{
	json_object(json, NULL);
	json_int(json, "number", attempt->number);
	render_time(json, "started_at", attempt->started_at);
	render_time(json, "ended_at", attempt->ended_at);
	int_or_null(json, "duration_ms", attempt->duration_ms);
	json_string(json, "worker", attempt->worker);
	json_string(json, "reason", attempt->reason);
	int_or_null(json, "code", attempt->code);
	int_or_null(json, "signal", attempt->signal);
	json_string(json, "error", attempt->error[0] != '\0' ? attempt->error : NULL);
	json_string_len(json, "output_head", attempt->output_head, attempt->head_len);
	json_string_len(json, "output_tail", attempt->output_tail, attempt->tail_len);
	json_int(json, "output_bytes", attempt->output_bytes);
	json_int(json, "output_left_out", attempt->left_out);
	json_object_end(json);
}

void
render_tick(struct json *json, const char *name, const struct tick_record *tick)
{
	json_object(json, name);
	render_time(json, "due_at", tick->due_at);
	if (walltime_is_set(tick->until))
		render_time(json, "until", tick->until);
	render_time(json, "decided_at", tick->decided_at);
	json_string(json, "result", tick->ran ? "ran" : "skipped");
	json_string(json, "reason", tick->reason[0] != '\0' ? tick->reason : NULL);
	json_int(json, "late_ms", tick->late_us / CLOCK_US_PER_MS);
	json_string(json, "jid", tick->jid[0] != '\0' ? tick->jid : NULL);
	json_object_end(json);
}

void
render_exit(struct json *json, const void *arg)
{
	const struct exit_record *record = arg;

	json_object(json, NULL);
	json_string(json, "name", record->name);
	render_time(json, "at", record->at);
	json_int(json, "pid", record->pid);
	json_string(json, "reason", record->reason);
	int_or_null(json, "code", record->code);
	signal_or_null(json, record->signal);
	json_bool(json, "core", record->core);
	int_or_null(json, "uptime_ms", record->uptime_ms);
	json_object_end(json);
}
