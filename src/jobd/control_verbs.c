#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/words.h"

#include "names.h"

#include "control_client.h"
#include "control_rows.h"
#include "hello.h"
#include "journal.h"

static void begin_hello(struct control_client *);
static void begin_end(struct control_client *);
static void begin_status(struct control_client *);
static void begin_history(struct control_client *);
static void begin_events(struct control_client *);
static void begin_loglevel(struct control_client *);
static void begin_shutdown(struct control_client *);
static enum reply_step more_status(struct control_client *);
static enum reply_step more_history(struct control_client *);
static enum reply_step more_events(struct control_client *);
static enum reply_step end_items(struct control_client *);
static size_t history_length(const struct program *);
static const struct control_verb *verb_find(struct control_client *, const char *name);
static bool verb_is_allowed(struct control_client *, const struct control_verb *);
static bool verb_takes(struct control_client *, const struct control_verb *);
static void log_change(const struct control_client *);

static const char *const no_options[] = { NULL };
static const char *const status_options[] = { "all", NULL };
static const char *const wait_options[] = { "wait", NULL };
static const char *const events_options[] = { "since", "inner", NULL };
static const char *const health_options[] = { "pid", "text", NULL };

#define ANY REQUEST_ARGS_MAX
/* PROGRAM_HISTORY_MAX of them fit into the output. */
#define HISTORY_ROW_MAX 1024

/* clang-format off */
static const struct control_verb verbs[] = {
	/* name         permission       arguments  options         json   handler */
	{ VERB_HELLO,    PERMISSION_LOOK, 0, 0,     no_options,     true,  begin_hello,         "HELLO {\"v\":1}" },
	{ VERB_END,      PERMISSION_LOOK, 0, 0,     no_options,     false, begin_end,           "END" },
	{ VERB_STATUS,   PERMISSION_LOOK, 0, ANY,   status_options, false, begin_status,        "STATUS [all=1] [name...]" },
	{ VERB_HISTORY,  PERMISSION_LOOK, 1, 1,     no_options,     false, begin_history,       "HISTORY name" },
	{ VERB_EVENTS,   PERMISSION_LOOK, 0, 0,     events_options, false, begin_events,        "EVENTS [since=seq] [inner=1]" },
	{ VERB_START,    PERMISSION_ACT,  1, ANY,   wait_options,   false, action_begin,        "START name... [wait=0]" },
	{ VERB_STOP,     PERMISSION_ACT,  1, ANY,   wait_options,   false, action_begin,        "STOP name... [wait=0]" },
	{ VERB_RESTART,  PERMISSION_ACT,  1, ANY,   wait_options,   false, action_begin,        "RESTART name... [wait=0]" },
	{ VERB_SIGNAL,   PERMISSION_ACT,  2, ANY,   no_options,     false, action_begin_signal, "SIGNAL signal name..." },
	{ VERB_SCALE,    PERMISSION_ACT,  2, 2,     wait_options,   false, action_begin_scale,  "SCALE name count [wait=0]" },
	{ VERB_PLAN,     PERMISSION_ACT,  0, 0,     no_options,     false, config_begin_plan,   "PLAN" },
	{ VERB_RELOAD,   PERMISSION_ACT,  0, 0,     no_options,     false, config_begin_plan,   "RELOAD" },
	{ VERB_HEALTH,   PERMISSION_ACT,  2, 2,     health_options, false, health_begin_report, "HEALTH name unknown|passing|failing [pid=N] [text=TEXT]" },
	{ VERB_EXPEL,    PERMISSION_ACT,  2, 2,     health_options, false, health_begin_expel,  "EXPEL name check|memory|age|change [pid=N] [text=TEXT]" },
	{ VERB_LOGLEVEL, PERMISSION_ACT,  1, 1,     no_options,     false, begin_loglevel,      "LOGLEVEL word" },
	{ VERB_SHUTDOWN, PERMISSION_ACT,  0, 0,     no_options,     false, begin_shutdown,      "SHUTDOWN" },
	{ VERB_CONFIG,   PERMISSION_OWN,  0, 0,     no_options,     false, config_begin,        "CONFIG" },
};
/* clang-format on */

#define VERB_TABLE_COUNT (sizeof(verbs) / sizeof(verbs[0]))

void
control_dispatch(struct control_client *client, char *line)
{
	struct request *request = &client->reply.request;
	const struct control_verb *verb;
	const char *errstr;

	if (request_parse(line, request, &errstr) == -1) {
		client_add_error(client, "ERR", "%s", errstr);
		return;
	}
	verb = verb_find(client, request->verb);
	if (verb == NULL || !verb_is_allowed(client, verb) || !verb_takes(client, verb))
		return;
	client->reply.verb = verb;
	log_change(client);
	verb->handler(client);
}

void
control_forget(struct control_client *client)
{
	generation_unref(client->reply.generation);
	plan_free(client->reply.plan);
	client->reply.generation = NULL;
	client->reply.plan = NULL;
}

bool
control_follows(const struct control_client *client)
{
	return client->reply.more == more_events;
}

/* The scheduler keeps such records too, but there may be none. */
static void
log_change(const struct control_client *client)
{
	const struct request *request = &client->reply.request;
	bool named = request->arg_count > 0;

	if (client->reply.verb->permission != PERMISSION_ACT || client->peer.is_runner ||
	    strcmp(client->reply.verb->name, VERB_PLAN) == 0)
		return;
	log_info("audit: uid %u (pid %d) asks for %s%s%s%s", (unsigned)client->peer.uid,
	    (int)client->peer.pid, client->reply.verb->name, named ? " " : "",
	    named ? request->args[0] : "", request->arg_count > 1 ? " ..." : "");
}

/* Capital letters are the rule; who writes by hand is understood as well. */
static const struct control_verb *
verb_find(struct control_client *client, const char *name)
{
	const char *names[VERB_TABLE_COUNT + 1], *nearest;
	char capitals[64];
	size_t len = 0;

	for (size_t i = 0; i < VERB_TABLE_COUNT; i++) {
		if (strcasecmp(verbs[i].name, name) == 0)
			return &verbs[i];
		names[i] = verbs[i].name;
	}
	names[VERB_TABLE_COUNT] = NULL;
	for (; name[len] != '\0' && len < sizeof(capitals) - 1; len++)
		capitals[len] = (char)toupper((unsigned char)name[len]);
	capitals[len] = '\0';
	if ((nearest = words_nearest(capitals, names)) != NULL)
		client_add_error(
		    client, "ERR", "unknown command '%.100s', did you mean '%s'?", name, nearest);
	else
		client_add_error(client, "ERR", "unknown command '%.100s'", name);
	return NULL;
}

static bool
verb_is_allowed(struct control_client *client, const struct control_verb *verb)
{
	if (peer_permission(&client->peer) >= verb->permission)
		return true;
	if (client->peer.is_builtin && verb->handler == config_begin)
		return true;
	if (client->peer.is_runner &&
	    (verb->handler == health_begin_report || verb->handler == health_begin_expel))
		return true;
	client_add_error(
	    client, "DENIED", "uid %u may not use %s", (unsigned)client->peer.uid, verb->name);
	return false;
}

static bool
verb_takes(struct control_client *client, const struct control_verb *verb)
{
	const struct request *request = &client->reply.request;
	const char *unknown = request_unknown_option(request, verb->options);

	if (unknown != NULL) {
		client_add_error(client, "ERR", "%s has no option '%.100s' (usage: %s)", verb->name,
		    unknown, verb->usage);
		return false;
	}
	if (request->arg_count < verb->args_min || request->arg_count > verb->args_max ||
	    (request->json != NULL && !verb->json)) {
		client_add_error(client, "ERR", "usage: %s", verb->usage);
		return false;
	}
	return true;
}

/* A list is made: programs that vanished meanwhile are replaced by $-1. */
static enum reply_step
end_items(struct control_client *client)
{
	if (!client_add_missing(client) || !client_pad(client))
		return REPLY_FULL;
	return REPLY_DONE;
}

static void
begin_hello(struct control_client *client)
{
	static int64_t boot;
	char row[256], text[300];
	int64_t version = PROTO_VERSION;
	const char *errstr;

	if (boot == 0)
		boot = walltime_now().us;
	if (client->reply.request.json != NULL &&
	    hello_version(client->reply.request.json, &version, &errstr) == -1) {
		client_add_error(client, "ERR", "%s", errstr);
		return;
	}
	if (version != PROTO_VERSION) {
		client_add_error(client, "VERSION",
		    "jobd " PACKAGE_VERSION " speaks version %d of the protocol, not %lld",
		    PROTO_VERSION, (long long)version);
		return;
	}
	row_hello(boot, row, sizeof(row));
	snprintf(text, sizeof(text), "HI %s", row);
	client_add_ok(client, text);
}

static void
begin_end(struct control_client *client)
{
	client_add_ok(client, "OK");
	client->closing = true;
}

static void
begin_status(struct control_client *client)
{
	const struct request *request = &client->reply.request;
	struct program *program;
	const char *errstr;
	int64_t all;
	size_t count = 0;

	if (request_option_int(request, "all", 0, 1, 0, &all, &errstr) == -1) {
		client_add_error(client, "ERR", "option 'all': '%.100s' %s",
		    request_option(request, "all"), errstr);
		return;
	}
	if (request->arg_count > 0) {
		count = client_select(client);
	} else {
		TAILQ_FOREACH (program, supervisor_programs(), entry) {
			if (program_is_gone(program) ||
			    (all == 0 && names_is_helper((enum conf_role)program->conf->role)))
				continue;
			program->asked |= client_bit(client);
			count++;
		}
	}
	client_add_array(client, count);
	client->reply.more = more_status;
}

static enum reply_step
more_status(struct control_client *client)
{
	char row[CONTROL_REPLY_MAX - 64];
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		if ((program->asked & client_bit(client)) == 0)
			continue;
		if (client_room(client) < CONTROL_REPLY_MAX)
			return REPLY_FULL;
		program->asked &= ~client_bit(client);
		client_add_row(client, row, row_status(program, row, sizeof(row)));
	}
	return end_items(client);
}

static size_t
history_length(const struct program *program)
{
	return program->history_count < PROGRAM_HISTORY_MAX ? (size_t)program->history_count
							    : PROGRAM_HISTORY_MAX;
}

static void
begin_history(struct control_client *client)
{
	struct program *program;
	size_t count = 0;

	(void)client_select(client);
	TAILQ_FOREACH (program, supervisor_programs(), entry)
		if (program->asked & client_bit(client))
			count += history_length(program);
	client_add_array(client, count + (client->reply.missing != 0));
	client->reply.more = more_history;
}

/* All of one program at once: they fit, and it can't end again in between. */
static enum reply_step
more_history(struct control_client *client)
{
	char row[HISTORY_ROW_MAX];
	struct program *program;

	while ((program = client_next_asked(client)) != NULL) {
		size_t length = history_length(program);

		if (client_room(client) < length * (HISTORY_ROW_MAX + 16))
			return REPLY_FULL;
		program->asked &= ~client_bit(client);
		for (size_t i = 1; i <= length && client->reply.items_left > 0; i++) {
			int64_t newest = program->history_count - (int64_t)i;
			const struct exit_info *exit =
			    &program->history[newest % PROGRAM_HISTORY_MAX];

			client_add_row(client, row, row_exit(program, exit, row, sizeof(row)));
		}
	}
	return end_items(client);
}

static void
begin_events(struct control_client *client)
{
	const struct request *request = &client->reply.request;
	int64_t last = journal_last_seq(), since, inner;
	const char *errstr;

	if (request_option_int(request, "since", 0, INT64_MAX, last, &since, &errstr) == -1) {
		client_add_error(client, "ERR", "option 'since': '%.100s' %s",
		    request_option(request, "since"), errstr);
		return;
	}
	if (request_option_int(request, "inner", 0, 1, 0, &inner, &errstr) == -1) {
		client_add_error(client, "ERR", "option 'inner': '%.100s' %s",
		    request_option(request, "inner"), errstr);
		return;
	}
	client->reply.inner = inner != 0;
	/* A number that we did not give out yet comes from an earlier jobd: all is new to whoever
	 * has it. */
	client->reply.seq = since > last ? 1 : since + 1;
	client->reply.more = more_events;
	client_add_ok(client, "OK");
}

static enum reply_step
more_events(struct control_client *client)
{
	char row[CONTROL_REPLY_MAX - 64];
	const struct journal_entry *entry;

	if (client->reply.seq < journal_first_seq())
		client->reply.seq = journal_first_seq();
	while (client->reply.seq <= journal_last_seq()) {
		if (client_room(client) < CONTROL_REPLY_MAX)
			return REPLY_FULL;
		entry = journal_get(client->reply.seq++);
		if (!entry->inner || client->reply.inner)
			client_add_row(client, row, row_event(entry, row, sizeof(row)));
	}
	return REPLY_WAITS;
}

static void
begin_loglevel(struct control_client *client)
{
	const char *word = client->reply.request.args[0];
	enum log_level level;

	if (log_level_from_word(word, &level) == -1) {
		client_add_error(
		    client, "ERR", "'%.100s' is none of error, warning, info, debug", word);
		return;
	}
	log_set_level(level);
	client_add_ok(client, "OK");
}

static void
begin_shutdown(struct control_client *client)
{
	client_add_ok(client, "OK");
	supervisor_shutdown(0, "operator");
}
