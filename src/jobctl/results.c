#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/results.h"

static void print_result(const struct value *row);
static void print_error(const char *name, const char *code, const char *message);
static int add_result(
    struct listing *, const char *name, const char *result, const char *code, const char *message);

/* What the server's code is called by supervisorctl, and its exit code. */
static const struct outcome {
	const char *code, *text;
	int exit_code;
	bool says_all; /* the server's own words add nothing */
} outcomes[] = {
  /* clang-format off */
	{ "already_started",      "already started",      EXIT_OK,          true },
	{ "not_running",          "not running",          EXIT_OK,          true },
	{ "no_such_program",      "no such process",      EXIT_FAILED,      false },
	{ "spawn_error",          "spawn error",          EXIT_NOT_RUNNING, false },
	{ "abnormal_termination", "abnormal termination", EXIT_NOT_RUNNING, false },
	{ "shutting_down",        "shutting down",        EXIT_FAILED,      true },
	{ "timeout",              "time-out",             EXIT_FAILED,      false },
  /* clang-format on */
};

const struct view results_view = { .member = "results", .line = print_result };

static const struct outcome *
find_outcome(const char *code)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (strcmp(outcomes[i].code, code) == 0)
			return &outcomes[i];
	return NULL;
}

int
results_exit_code(const struct value *row, bool is_signal)
{
	const char *code = row_text(row, "code");
	const struct outcome *outcome = find_outcome(code);

	if (strcmp(row_text(row, "result"), "error") != 0)
		return EXIT_OK;
	if (is_signal && strcmp(code, "not_running") == 0)
		return EXIT_NOT_RUNNING;
	return outcome == NULL ? EXIT_FAILED : outcome->exit_code;
}

void
results_print_unknown(const char *name)
{
	size_t len = strlen(name);
	bool is_group = len > 2 && strcmp(name + len - 2, ":*") == 0;

	printf("%.*s: ERROR (no such %s)\n", (int)(is_group ? len - 2 : len), name,
	    is_group ? "group" : "process");
}

/* "web: started", "web: ERROR (already started)". */
static void
print_result(const struct value *row)
{
	const char *name = row_text(row, "name"), *result = row_text(row, "result");

	if (strcmp(result, "restarted") == 0)
		printf("%s: stopped\n%s: started\n", name, name);
	else if (strcmp(result, "error") != 0)
		printf("%s: %s\n", name, result);
	else
		print_error(name, row_text(row, "code"), row_text(row, "message"));
}

/* The server's own words go to stderr. */
static void
print_error(const char *name, const char *code, const char *message)
{
	const struct outcome *outcome = find_outcome(code);
	bool is_named = strstr(message, name) != NULL;

	if (strcmp(code, "no_such_program") == 0)
		results_print_unknown(name);
	else
		printf("%s: ERROR (%s)\n", name, outcome != NULL ? outcome->text : code);
	if (*message != '\0' && (outcome == NULL || !outcome->says_all))
		complain("%s%s%s", is_named ? "" : name, is_named ? "" : ": ", message);
}

int
results_receive(struct listing *listing, const char *name, const char *done)
{
	struct resp_item item;
	const char *errstr;
	char text[1024];

	if (client_receive(listing->client, &item, &errstr) == -1) {
		complain("%s", errstr);
		return EXIT_FAILED;
	}
	if (item.kind == RESP_OK)
		return add_result(listing, name, done, "ok", "");
	if (item.kind != RESP_ERROR) {
		complain("the server's answer is not what was asked for");
		return EXIT_FAILED;
	}
	snprintf(text, sizeof(text), "%.*s", (int)item.len, item.data);
	if (refusal_is(text, "NOSUCH"))
		return add_result(listing, name, "error", "no_such_program", refusal_text(text));
	return add_result(listing, name, "error", "failed", refusal_text(text));
}

static int
add_result(struct listing *listing, const char *name, const char *result, const char *code,
    const char *message)
{
	char buf[8192];
	struct json json;
	const struct value *row;
	int64_t len;

	json_begin(&json, buf, sizeof(buf));
	json_object(&json, NULL);
	json_string(&json, "name", name);
	json_string(&json, "result", result);
	json_string(&json, "code", code);
	json_string(&json, "message", message);
	json_object_end(&json);
	len = json_end(&json);
	if (len == -1 || listing_add(listing, buf, (size_t)len, &row) == -1)
		return EXIT_FAILED;
	return results_exit_code(row, false);
}

int
results_of_each(struct session *session, struct client *client, const struct call *call,
    const char *words, const char *done)
{
	struct listing listing = { .session = session, .client = client, .view = &results_view };
	int code = EXIT_OK;

	for (size_t i = 0; i < call->arg_count; i++) {
		int one = EXIT_FAILED;

		if (check_word(call->args[i]) &&
		    send_line(client, "%s %s", words, call->args[i]) == EXIT_OK)
			one = results_receive(&listing, call->args[i], done);
		if (one != EXIT_OK)
			code = one;
	}
	listing_show(&listing);
	listing_end(&listing);
	return code;
}
