#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/signame.h"
#include "proto/verbs.h"

#include "control_rows.h"

static void put_time(struct json *, const char *name, struct walltime);
static void put_exit(struct json *, const struct exit_info *);
static void put_exit_members(struct json *, const struct exit_info *);
static void put_health(struct json *, const struct program *);
static void put_output(struct json *, const struct program *);
static void put_survivors(struct json *, const struct program *);

static const char *const role_words[] = {
	[CONF_ROLE_USER] = "user",
	[CONF_ROLE_LOGGER] = "logger",
	[CONF_ROLE_SCHEDULER] = "scheduler",
	[CONF_ROLE_RUNNER] = "runner",
	[CONF_ROLE_WEB] = "web",
	[CONF_ROLE_OUTBOX] = "outbox",
};

/* null if it is not set. */
static void
put_time(struct json *json, const char *name, struct walltime when)
{
	char text[WALLTIME_TEXT_MAX];

	json_string(
	    json, name, walltime_is_set(when) ? walltime_format(when, text, sizeof(text)) : NULL);
}

static void
put_exit(struct json *json, const struct exit_info *exit)
{
	if (exit->reason == EXIT_REASON_NONE) {
		json_null(json, "exit");
		return;
	}
	json_object(json, "exit");
	put_exit_members(json, exit);
	json_object_end(json);
}

static void
put_exit_members(struct json *json, const struct exit_info *exit)
{
	json_string(json, "reason", exit_reason_word(exit->reason));
	if (exit->code >= 0)
		json_int(json, "code", exit->code);
	else
		json_null(json, "code");
	json_bool(json, "expected", exit->expected);
	json_string(json, "text", note_find(exit->at));
	json_string(json, "signal", exit->signal != 0 ? signame_text(exit->signal) : NULL);
	put_time(json, "at", exit->at);
	json_bool(json, "core", exit->core);
	json_int(json, "uptime_ms", exit->uptime_ms);
}

/* null for a program without a check. */
static void
put_health(struct json *json, const struct program *program)
{
	static const struct health nothing;
	const struct health *health = &program->health;

	if (!health_is_watched(program)) {
		json_null(json, "health");
		return;
	}
	/* What was found of the last process says nothing where there is none. */
	if (state_is_at_rest(program->state))
		health = &nothing;
	json_object(json, "health");
	json_string(json, "state", health_word(health->state));
	json_string(json, "text", health->text);
	put_time(json, "since", health->since);
	put_time(json, "checked_at", health->checked_at);
	json_object_end(json);
}

/* What the logger had to drop. */
static void
put_output(struct json *json, const struct program *program)
{
	int64_t lines = 0, bytes = 0;

	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		lines += program->output[i].dropped_lines;
		bytes += program->output[i].dropped_bytes;
	}
	json_int(json, "dropped_lines", lines);
	json_int(json, "dropped_bytes", bytes);
}

/* Those that there were, as {"exit":2}. */
static void
put_restarts(struct json *json, const struct program *program)
{
	json_object(json, "restarts_by");
	for (int i = 0; i < EXIT_REASON_COUNT; i++)
		if (program->restarts_by[i] > 0)
			json_int(
			    json, exit_reason_word((enum exit_reason)i), program->restarts_by[i]);
	json_object_end(json);
}

static void
put_survivors(struct json *json, const struct program *program)
{
	json_array(json, "survivors");
	for (int i = 0; i < program->survivor_count; i++)
		json_int(json, NULL, program->survivors[i]);
	json_array_end(json);
}

int64_t
row_status(const struct program *program, char *buf, size_t size)
{
	char description[PROGRAM_REASON_MAX + 64];
	struct json json;
	bool runs = program->pid > 0;

	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", program->name);
	json_string(&json, "program", program->conf->name);
	json_int(&json, "instance", program->instance);
	json_string(&json, "role", role_words[program->conf->role]);
	json_string(&json, "state", state_word(program->state));
	json_int(&json, "pid", program->pid);
	put_time(&json, "started_at", program->started_at);
	json_int(&json, "uptime_ms", runs ? monotime_diff_ms(monotime_now(), program->started) : 0);
	json_string(
	    &json, "description", program_description(program, description, sizeof(description)));
	json_int(&json, "restarts", program->restarts);
	put_restarts(&json, program);
	json_bool(&json, "essential", program->conf->essential);
	json_string(&json, "status", program->status);
	put_health(&json, program);
	put_exit(&json, &program->exit);
	put_output(&json, program);
	put_survivors(&json, program);
	json_bool(&json, "stale", program->next_conf != NULL);
	json_object_end(&json);
	return json_end(&json);
}

int64_t
row_event(const struct journal_entry *entry, char *buf, size_t size)
{
	struct json json;

	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_int(&json, "seq", entry->seq);
	put_time(&json, "at", entry->at);
	/* Names have no colon but the one before the instance. */
	json_string_len(&json, "program", entry->name, strcspn(entry->name, ":"));
	json_string(&json, "name", entry->name);
	json_string(&json, "from", state_word(entry->from));
	json_string(&json, "to", state_word(entry->to));
	json_string(&json, "reason", entry->why);
	json_int(&json, "pid", entry->pid);
	json_string(&json, "text",
	    note_find(entry->exit.reason != EXIT_REASON_NONE ? entry->exit.at : entry->at));
	put_exit(&json, &entry->exit);
	json_object_end(&json);
	return json_end(&json);
}

int64_t
row_exit(const struct program *program, const struct exit_info *exit, char *buf, size_t size)
{
	char text[PROGRAM_REASON_MAX];
	struct json json;

	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", program->name);
	json_string(&json, "program", program->conf->name);
	json_int(&json, "pid", exit->pid);
	put_exit_members(&json, exit);
	json_string(&json, "description",
	    note_find(exit->at) != NULL ? note_find(exit->at)
					: exit_info_text(exit, text, sizeof(text)));
	json_object_end(&json);
	return json_end(&json);
}

int64_t
row_plan(const struct plan_item *item, char *buf, size_t size)
{
	struct json json;

	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", item->name);
	json_string(&json, "kind", plan_kind_word(item->kind));
	json_string(&json, "action", plan_action_word(item->action));
	json_string(&json, "why", item->why);
	json_object_end(&json);
	return json_end(&json);
}

int64_t
row_result(const char *name, const char *result, const char *code, const char *message, char *buf,
    size_t size)
{
	struct json json;

	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", name);
	json_string(&json, "result", result);
	json_string(&json, "code", code);
	json_string(&json, "message", message);
	json_object_end(&json);
	return json_end(&json);
}

int64_t
row_hello(int64_t boot, char *buf, size_t size)
{
	struct json json;

	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_int(&json, "v", PROTO_VERSION);
	json_string(&json, "version", PACKAGE_VERSION);
	json_int(&json, "pid", getpid());
	json_int(&json, "boot", boot);
	json_object_end(&json);
	return json_end(&json);
}
