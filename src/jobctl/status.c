#include <string.h>

#include "jobctl/status.h"
#include "proto/verbs.h"

struct request {
	const struct call *call;
	struct listing *listing;
	void (*say_unknown)(const struct session *, const char *name);
	size_t unknown_count;
};

static int receive_rows(struct request *);
static int ask_each(struct request *);
static void count_unknown(struct request *, const char *name);

/* clang-format off */
static const struct column columns[] = {
	{ "NAME",        "name",        CELL_ANY, 30, 3, NULL },
	{ "STATE",       "state",       CELL_ANY, 10, 0, NULL },
	{ "DESCRIPTION", "description", CELL_ANY, 0,  0, NULL },
	{ NULL,          NULL,          CELL_ANY, 0,  0, NULL },
};
/* clang-format on */
const struct view status_view = { .member = "programs", .columns = columns };

int
status_receive(struct session *session, struct client *client, const struct call *call,
    struct listing *listing, void (*say_unknown)(const struct session *, const char *name),
    size_t *unknown_count)
{
	struct request request = { call, listing, say_unknown, 0 };
	int result;

	*listing = (struct listing){ 0 };
	if (send_names(client, VERB_STATUS, call->options.all ? "all=1" : "", call, 0) != EXIT_OK)
		return -1;
	result = listing_begin(listing, session, client, &status_view);
	if (result == 0)
		result = receive_rows(&request);
	else if (result == 1 && refusal_is(listing->refusal, "NOSUCH"))
		result = ask_each(&request);
	else if (result == 1)
		complain("%s", refusal_text(listing->refusal));
	*unknown_count = request.unknown_count;
	return result == 0 ? 0 : -1;
}

/* Rows, and among them {"name","result":"error","code"} for names that nobody has. */
static int
receive_rows(struct request *request)
{
	struct listing *listing = request->listing;
	const json_t *row;
	int result;

	while ((result = listing_next(listing, &row)) == 1) {
		if (row_member(row, "code") == NULL)
			continue;
		count_unknown(request, row_text(row, "name"));
		row_free(&listing->rows[--listing->count]);
	}
	return result;
}

/* One wrong name must not hide the others. */
static int
ask_each(struct request *request)
{
	for (size_t i = 0; i < request->call->arg_count; i++) {
		const char *name = request->call->args[i];
		int result;

		if (send_line(request->listing->client, "%s %s%s", VERB_STATUS,
			request->call->options.all ? "all=1 " : "", name) != EXIT_OK)
			return -1;
		result = listing_again(request->listing);
		if (result == 1)
			count_unknown(request, name);
		else if (result == -1 || receive_rows(request) == -1)
			return -1;
	}
	return 0;
}

static void
count_unknown(struct request *request, const char *name)
{
	request->unknown_count++;
	if (request->say_unknown != NULL)
		request->say_unknown(request->listing->session, name);
}
