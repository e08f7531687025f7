/*
 * START, STOP, RESTART, SIGNAL and SCALE: one item for each program, as soon as its result is
 * known.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/signame.h"
#include "base/text.h"

#include "control_client.h"
#include "control_rows.h"

/* What a client is told of one program. */
struct outcome {
	const char *result, *code;
	char message[PROGRAM_REASON_MAX + 64];
};

static void act_start(struct control_client *, struct program *);
static void act_stop(struct control_client *, struct program *);
static void act_restart(struct control_client *, struct program *);
static void act_signal(struct control_client *, struct program *);
static void act_nothing(struct control_client *, struct program *);
static bool scale(struct control_client *, const char *name, int64_t number, size_t *count);
static bool read_wait(struct control_client *);
static bool is_starting(const struct program *);
static bool refuses_start(struct control_client *, struct program *);
static void expect(struct control_client *, struct program *);
static void follow(struct control_client *, struct program *);
static void answer(struct control_client *, struct program *, const struct outcome *);
static void answer_error(
    struct control_client *, struct program *, const char *code, const char *message);
static bool wants_it_down(const struct control_client *, const struct program *);
static bool decide(
    const struct control_client *, const struct program *, bool timed_out, struct outcome *);
static bool decide_stop(const struct program *, struct outcome *);
static bool decide_start(const struct control_client *, const struct program *, struct outcome *);
static void explain_failure(const struct program *, struct outcome *);
static void explain_timeout(const struct program *, struct outcome *);
static enum reply_step more_actions(struct control_client *);
static bool settle_late(struct control_client *);

static const struct action {
	const char *verb;
	void (*act)(struct control_client *, struct program *);
	const char *done; /* the result when it is up */
} actions[] = {
	{VERB_START,    act_start,   "started"  },
	{ VERB_STOP,    act_stop,    NULL       },
	{ VERB_RESTART, act_restart, "restarted"},
	{ VERB_SIGNAL,  act_signal,  NULL       },
 /* The supervisor has begun it already. */
	{ VERB_SCALE,   act_nothing, "started"  },
};

static const struct action *
action_of(const struct control_client *client)
{
	const struct action *action = actions;

	while (strcmp(action->verb, client->reply.verb->name) != 0)
		action++;
	return action;
}

void
action_begin(struct control_client *client)
{
	if (!read_wait(client))
		return;
	client_add_array(client, client_select(client));
	client->reply.more = more_actions;
}

void
action_begin_signal(struct control_client *client)
{
	struct request *request = &client->reply.request;
	const char *errstr;
	int signum = signame_parse(request->args[0], &errstr);

	if (signum == -1) {
		client_add_error(client, "ERR", "'%.100s' %s", request->args[0], errstr);
		return;
	}
	client->reply.signum = signum;
	/* What is left are the names. */
	memmove(request->args, request->args + 1, --request->arg_count * sizeof(request->args[0]));
	client_add_array(client, client_select(client));
	client->reply.more = more_actions;
}

/* Those that the new number starts or ends are waited for; the others are not concerned. */
void
action_begin_scale(struct control_client *client)
{
	struct request *request = &client->reply.request;
	const char *name = request->args[0], *errstr;
	size_t count = 0;
	int64_t number;

	if (!read_wait(client))
		return;
	if (text_to_int(request->args[1], 0, INT32_MAX, &number, &errstr) == -1) {
		client_add_error(
		    client, "ERR", "number of instances: '%.100s' %s", request->args[1], errstr);
		return;
	}
	request->arg_count = 1;
	if (conf_find_program(supervisor_generation()->conf, name) == NULL)
		count = client_select(client);
	else if (!scale(client, name, number, &count))
		return;
	client_add_array(client, count);
	client->reply.more = more_actions;
}

/* Marks and counts the instances that begin or end by it; false after an error reply. */
static bool
scale(struct control_client *client, const char *name, int64_t number, size_t *count)
{
	uint64_t bit = client_bit(client);
	const char *errstr = "jobd is shutting down";
	bool done;
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry)
		if (!program->remove && strcmp(program->conf->name, name) == 0)
			program->asked |= bit;
	done = !supervisor_is_shutting_down() && supervisor_scale(name, number, &errstr) == 0;
	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		bool was_there = (program->asked & bit) != 0;

		program->asked &= ~bit;
		if (!done || strcmp(program->conf->name, name) != 0 || was_there != program->remove)
			continue;
		program->asked |= bit;
		++*count;
	}
	if (!done)
		client_add_error(client, "ERR", "'%.100s' with %lld instances: %s", name,
		    (long long)number, errstr);
	return done;
}

static bool
read_wait(struct control_client *client)
{
	const char *text = request_option(&client->reply.request, "wait"), *errstr;
	bool wait = true;

	if (text != NULL && text_to_bool(text, &wait, &errstr) == -1) {
		client_add_error(client, "ERR", "option 'wait': '%.100s' %s", text, errstr);
		return false;
	}
	client->reply.no_wait = !wait;
	return true;
}

static enum reply_step
more_actions(struct control_client *client)
{
	const struct action *action = action_of(client);
	struct program *program;

	/* Each action may change the list: always from its beginning. */
	while ((program = client_next_asked(client)) != NULL) {
		if (client_room(client) < CONTROL_REPLY_MAX)
			return REPLY_FULL;
		program->asked &= ~client_bit(client);
		action->act(client, program);
	}
	if (!client_add_missing(client))
		return REPLY_FULL;
	if (!settle_late(client))
		return REPLY_WAITS;
	return client_pad(client) ? REPLY_DONE : REPLY_FULL;
}

/* Results for which there was no room when they came; true if no program is waited for any more. */
static bool
settle_late(struct control_client *client)
{
	struct program *program;
	struct outcome outcome;
	bool all = true;

	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		if ((program->waiters & client_bit(client)) == 0)
			continue;
		if (client->reply.late && client_room(client) >= CONTROL_REPLY_MAX &&
		    decide(client, program, false, &outcome))
			answer(client, program, &outcome);
		else
			all = false;
	}
	return all;
}

void
action_result(struct control_client *client, struct program *program, bool timed_out)
{
	struct outcome outcome;

	if (!decide(client, program, timed_out, &outcome))
		return;
	if (client_room(client) >= CONTROL_REPLY_MAX)
		answer(client, program, &outcome);
	else
		client->reply.late = true;
	client_wake(client);
}

static void
act_start(struct control_client *client, struct program *program)
{
	enum state state = program->state;

	if (refuses_start(client, program))
		return;
	if (state == STATE_RUNNING || (is_starting(program) && client->reply.no_wait)) {
		answer_error(client, program, "already_started", "it runs already");
		return;
	}
	expect(client, program);
	/* What becomes of the start that is under way is what both want to know. */
	if (is_starting(program)) {
		program->joined |= client_bit(client);
		return;
	}
	/* What is left of the last run ends first, and then it is started whatever its restart rule
	 * says. */
	if (state_may_be_alive(state) && state != STATE_STOPPING)
		program_restart(program, EXIT_REASON_OPERATOR, "operator");
	else
		program_start(program, "operator");
	follow(client, program);
}

static bool
is_starting(const struct program *program)
{
	return program->state == STATE_STARTING || program->state == STATE_PREPARING ||
	       program->state == STATE_WAITING;
}

static void
act_stop(struct control_client *client, struct program *program)
{
	if (state_is_at_rest(program->state)) {
		answer_error(client, program, "not_running", "it does not run");
		return;
	}
	expect(client, program);
	program_stop(program, EXIT_REASON_OPERATOR, "operator");
	follow(client, program);
}

static void
act_restart(struct control_client *client, struct program *program)
{
	if (refuses_start(client, program))
		return;
	expect(client, program);
	program_restart(program, EXIT_REASON_OPERATOR, "operator");
	follow(client, program);
}

static void
act_signal(struct control_client *client, struct program *program)
{
	struct outcome outcome = { .result = "signalled", .code = "ok" };

	if (program_signal(program, client->reply.signum) == 0)
		answer(client, program, &outcome);
	else if (errno == ESRCH)
		answer_error(client, program, "not_running", "it does not run");
	else
		answer_error(client, program, "failed", strerror(errno));
}

static void
act_nothing(struct control_client *client, struct program *program)
{
	expect(client, program);
	follow(client, program);
}

static bool
refuses_start(struct control_client *client, struct program *program)
{
	const struct conf_program *conf =
	    program->next_conf != NULL ? program->next_conf : program->conf;

	if (supervisor_is_shutting_down())
		answer_error(client, program, "shutting_down", "jobd is shutting down");
	else if (program->remove)
		answer_error(client, program, "no_such_program", "it is being removed");
	else if (!conf->enabled)
		answer_error(client, program, "disabled", "it is not enabled in the configuration");
	else
		return false;
	return true;
}

/* From now on results of the program are for this client too. */
static void
expect(struct control_client *client, struct program *program)
{
	program->waiters |= client_bit(client);
	program->joined &= ~client_bit(client);
}

/* The result may have come already, or be plain to see, or not be wanted. */
static void
follow(struct control_client *client, struct program *program)
{
	struct outcome outcome = { .result = "requested", .code = "ok" };

	if ((program->waiters & client_bit(client)) == 0)
		return;
	if (decide(client, program, false, &outcome) || client->reply.no_wait)
		answer(client, program, &outcome);
}

static void
answer(struct control_client *client, struct program *program, const struct outcome *outcome)
{
	char row[CONTROL_REPLY_MAX - 64];

	program->waiters &= ~client_bit(client);
	client_add_row(client, row,
	    row_result(
		program->name, outcome->result, outcome->code, outcome->message, row, sizeof(row)));
}

static void
answer_error(
    struct control_client *client, struct program *program, const char *code, const char *message)
{
	struct outcome outcome = { .result = "error", .code = code };

	snprintf(outcome.message, sizeof(outcome.message), "%s", message);
	answer(client, program, &outcome);
}

static bool
wants_it_down(const struct control_client *client, const struct program *program)
{
	const struct action *action = action_of(client);

	return action->act == act_stop || (action->act == act_nothing && program->remove);
}

/* Whether the client can be told, and what: always what has become of the program, whoever did it.
 */
static bool
decide(const struct control_client *client, const struct program *program, bool timed_out,
    struct outcome *outcome)
{
	struct outcome known = { .result = "error", .code = "timeout" };
	bool decided = true;

	if (timed_out)
		explain_timeout(program, &known);
	else if (wants_it_down(client, program))
		decided = decide_stop(program, &known);
	else
		decided = decide_start(client, program, &known);
	if (decided)
		*outcome = known;
	return decided;
}

static bool
decide_stop(const struct program *program, struct outcome *outcome)
{
	if (program->state == STATE_STOPPING)
		return false;
	outcome->result = "stopped";
	outcome->code = "ok";
	if (!state_is_at_rest(program->state))
		snprintf(outcome->message, sizeof(outcome->message), "it was started again since");
	return true;
}

static bool
decide_start(
    const struct control_client *client, const struct program *program, struct outcome *outcome)
{
	enum state state = program->state;

	if (state == STATE_RUNNING && (program->joined & client_bit(client)) != 0) {
		outcome->code = "already_started";
		snprintf(outcome->message, sizeof(outcome->message), "it runs already");
	} else if (state == STATE_RUNNING || (state == STATE_EXITED && program->exit.expected)) {
		outcome->result = action_of(client)->done;
		outcome->code = "ok";
	} else if (state == STATE_STOPPED && program->start_when_stopped) {
		return false;
	} else if (state_is_at_rest(state) || state == STATE_BACKOFF) {
		explain_failure(program, outcome);
	} else {
		return false;
	}
	return true;
}

static void
explain_failure(const struct program *program, struct outcome *outcome)
{
	enum exit_reason reason = program->exit.reason;

	outcome->code = "abnormal_termination";
	if (supervisor_is_shutting_down())
		outcome->code = "shutting_down";
	else if (reason == EXIT_REASON_SPAWN_FAILED || reason == EXIT_REASON_HOOK_FAILED ||
		 reason == EXIT_REASON_DEPENDENCY)
		outcome->code = "spawn_error";
	if (program->state == STATE_STOPPED)
		snprintf(outcome->message, sizeof(outcome->message),
		    "it was stopped before it was ready (%s)", program->why);
	else if (program->reason[0] != '\0')
		snprintf(outcome->message, sizeof(outcome->message), "%s", program->reason);
	else
		exit_info_text(&program->exit, outcome->message, sizeof(outcome->message));
}

static void
explain_timeout(const struct program *program, struct outcome *outcome)
{
	size_t len;

	snprintf(outcome->message, sizeof(outcome->message), "not all of its processes have ended");
	for (int i = 0; i < program->survivor_count; i++) {
		len = strlen(outcome->message);
		snprintf(outcome->message + len, sizeof(outcome->message) - len, "%s%d",
		    i == 0 ? ": " : ", ", (int)program->survivors[i]);
	}
}
