/*
 * HEALTH and EXPEL: what jobd-runner has found out about one program.
 */
#include <string.h>

#include "proto/escape.h"

#include "control_client.h"

static struct program *find_exactly(const char *name);
static struct program *read_program(struct control_client *);
static char *read_text(struct control_client *);
static void answer(struct control_client *, const struct program *, const char *refusal);

static const struct {
	const char *word;
	enum exit_reason reason;
} reasons[] = {
	{"check",   EXIT_REASON_CHECK },
	{ "memory", EXIT_REASON_MEMORY},
	{ "age",    EXIT_REASON_AGE   },
	{ "change", EXIT_REASON_CHANGE},
};

static struct program *
find_exactly(const char *name)
{
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry)
		if (!program->remove && strcmp(program->name, name) == 0)
			return program;
	return NULL;
}

/* NULL after an error reply; also if another process is the program by now. */
static struct program *
read_program(struct control_client *client)
{
	const struct request *request = &client->reply.request;
	struct program *program = find_exactly(request->args[0]);
	const char *errstr;
	int64_t pid;

	if (program == NULL) {
		client_add_error(client, "ERR", "there is no program '%.100s'", request->args[0]);
		return NULL;
	}
	if (request_option_int(request, "pid", 0, INT32_MAX, program->pid, &pid, &errstr) == -1) {
		client_add_error(client, "ERR", "option 'pid': '%.100s' %s",
		    request_option(request, "pid"), errstr);
		return NULL;
	}
	if (pid == program->pid)
		return program;
	client_add_error(
	    client, "STALE", "%s is process %d by now", program->name, (int)program->pid);
	return NULL;
}

/* "" if there is none; NULL after an error reply. */
static char *
read_text(struct control_client *client)
{
	static char none[] = "";
	struct request *request = &client->reply.request;

	for (size_t i = 0; i < request->option_count; i++) {
		if (strcmp(request->options[i].key, "text") != 0)
			continue;
		if (escape_undo(request->options[i].value) == 0)
			return request->options[i].value;
		client_add_error(client, "ERR", "option 'text' is not escaped with %%XX");
		return NULL;
	}
	return none;
}

static void
answer(struct control_client *client, const struct program *program, const char *refusal)
{
	if (refusal == NULL)
		client_add_ok(client, "OK");
	else
		client_add_error(client, "STALE", "%s: %s", program->name, refusal);
}

void
health_begin_report(struct control_client *client)
{
	const char *word = client->reply.request.args[1];
	enum health_state state = health_from_word(word);
	struct program *program = read_program(client);
	const char *text;

	if (program == NULL || (text = read_text(client)) == NULL)
		return;
	if (state == HEALTH_STATE_COUNT)
		client_add_error(
		    client, "ERR", "'%.100s' is none of unknown, passing, failing", word);
	else
		answer(client, program, health_report(program, state, text));
}

void
health_begin_expel(struct control_client *client)
{
	const char *word = client->reply.request.args[1];
	struct program *program = read_program(client);
	const char *text;

	if (program == NULL || (text = read_text(client)) == NULL)
		return;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].word, word) != 0)
			continue;
		answer(client, program, health_expel(program, reasons[i].reason, text));
		return;
	}
	client_add_error(client, "ERR", "'%.100s' is none of check, memory, age, change", word);
}
