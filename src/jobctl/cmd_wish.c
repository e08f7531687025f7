#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/filter.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

/* What one request changes at most. */
#define BULK_LIMIT 1000

/* Something that is done to jobs, named one by one or chosen by a filter. */
struct wish {
	const char *verb, *bulk; /* of one job, and in BULK */
	const char *done;        /* the word for its result */
	const char *states;      /* that --all means without --state: those for which it can be */
	bool needs_filter;       /* --all alone would be too much */
};

/* What one request has done, and the number of the last job that it came to. */
struct turn {
	int64_t changed, last;
	bool more;
};

static int wish_jobs(struct session *, struct client *, const struct call *, const struct wish *);
static int wish_chosen(struct session *, struct client *, const struct call *, const struct wish *);
static int count_chosen(struct client *, const struct call *, const struct wish *, int64_t *count);
static bool goes_on(const struct turn *, int64_t total, int64_t count);
static int wish_some(struct client *, const struct call *, const struct wish *, struct turn *);

int
cmd_cancel(struct session *session, struct client *client, const struct call *call)
{
	static const struct wish cancel = { VERB_CANCEL, "cancel", "cancelled",
		"scheduled,ready,blocked,running,retry", true };

	return wish_jobs(session, client, call, &cancel);
}

int
cmd_kill(struct session *session, struct client *client, const struct call *call)
{
	static const struct wish kill = { VERB_KILL, "kill", "killed", "running", false };

	return wish_jobs(session, client, call, &kill);
}

int
cmd_retry(struct session *session, struct client *client, const struct call *call)
{
	static const struct wish retry = { VERB_RETRY, "retry", "ready", "dead", false };

	return wish_jobs(session, client, call, &retry);
}

int
cmd_delete(struct session *session, struct client *client, const struct call *call)
{
	static const struct wish delete = { VERB_DELETE, "delete", "deleted",
		"scheduled,ready,blocked,retry,done,dead,cancelled", true };

	return wish_jobs(session, client, call, &delete);
}

static int
wish_jobs(struct session *session, struct client *client, const struct call *call,
    const struct wish *wish)
{
	const struct option_values *given = &call->options;

	if (!filter_check(given))
		return EXIT_USAGE;
	if (given->every ? call->arg_count > 0 : call->arg_count == 0) {
		complain("%s takes ids of jobs, or --all with --state, --type, --queue or --tag",
		    call->command->name);
		return EXIT_USAGE;
	}
	if (!given->every && filter_is_given(given)) {
		complain("--state, --type, --queue and --tag go with --all");
		return EXIT_USAGE;
	}
	if (given->every && wish->needs_filter && !filter_is_given(given)) {
		complain("%s --all needs to know which jobs: --state, --type, --queue or --tag",
		    call->command->name);
		return EXIT_USAGE;
	}
	return given->every ? wish_chosen(session, client, call, wish)
			    : results_of_each(session, client, call, wish->verb, wish->done);
}

/* In turns, so that the server is never held up for long. */
static int
wish_chosen(struct session *session, struct client *client, const struct call *call,
    const struct wish *wish)
{
	struct turn turn = { .last = -1 };
	int64_t count, total = 0;
	char text[64];

	if (count_chosen(client, call, wish, &count) != EXIT_OK)
		return EXIT_FAILED;
	do {
		if (wish_some(client, call, wish, &turn) != EXIT_OK)
			return EXIT_FAILED;
		total += turn.changed;
	} while (goes_on(&turn, total, count));
	if (session->json) {
		printf("{\"changed\":%" PRId64 "}\n", total);
		return EXIT_OK;
	}
	snprintf(
	    text, sizeof(text), "%" PRId64 " job%s: %s", total, total == 1 ? "" : "s", wish->done);
	session->output->fact("result", text);
	return EXIT_OK;
}

/* A server that does not say how far it came begins anew: a running job that is ended is there
 * again until its worker has said so, and there are no more turns than there were jobs at first. */
static bool
goes_on(const struct turn *turn, int64_t total, int64_t count)
{
	return turn->more && (turn->last >= 0 || (turn->changed > 0 && total < count));
}

static int
count_chosen(
    struct client *client, const struct call *call, const struct wish *wish, int64_t *count)
{
	char request[4096];
	struct json json;
	struct row row;

	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	filter_write(&json, &call->options, wish->states);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the values are too long");
		return EXIT_USAGE;
	}
	if (send_line(client, "%s %s", VERB_COUNT, request) != EXIT_OK ||
	    receive_row(client, &row) == -1)
		return EXIT_FAILED;
	*count = row_number(row.value, "count", 0);
	row_free(&row);
	return EXIT_OK;
}

static int
wish_some(
    struct client *client, const struct call *call, const struct wish *wish, struct turn *turn)
{
	char request[4096];
	struct json json;
	struct row row;

	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	json_string(&json, "do", wish->bulk);
	json_object(&json, "filter");
	filter_write(&json, &call->options, wish->states);
	if (turn->last >= 0)
		json_int(&json, "after", turn->last);
	json_object_end(&json);
	json_int(&json, "limit", BULK_LIMIT);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the values are too long");
		return EXIT_USAGE;
	}
	if (send_line(client, "%s %s", VERB_BULK, request) != EXIT_OK ||
	    receive_row(client, &row) == -1)
		return EXIT_FAILED;
	turn->changed = row_number(row.value, "changed", 0);
	turn->more = row_is(row.value, "more", VALUE_TRUE);
	turn->last = row_number(row.value, "last", -1);
	row_free(&row);
	return EXIT_OK;
}
