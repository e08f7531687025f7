#include <string.h>

#include "jobctl/status.h"
#include "proto/verbs.h"

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
    struct listing *listing, say_unknown_fn *say_unknown, size_t *unknown)
{
	const struct value *row;
	int result;

	*listing = (struct listing){ 0 };
	*unknown = 0;
	if (send_names(client, VERB_STATUS, call->options.all ? "all=1" : "", call, 0) != EXIT_OK)
		return -1;
	result = listing_begin(listing, session, client, &status_view);
	if (result == 1)
		complain("%s", refusal_text(listing->refusal));
	if (result != 0)
		return -1;
	while ((result = listing_next(listing, &row)) == 1) {
		if (row_member(row, "code") == NULL)
			continue;
		if (say_unknown != NULL)
			say_unknown(session, row_text(row, "name"), row_text(row, "message"));
		(*unknown)++;
		row_free(&listing->rows[--listing->count]);
	}
	return result;
}
