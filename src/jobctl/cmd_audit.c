#include <inttypes.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

#define COUNT     INT64_C(50)
#define COUNT_MAX INT64_C(1000)

/* clang-format off */
static const struct column columns[] = {
	{ "AT",     "at",     CELL_TIME,   0, 2, NULL },
	{ "TIMES",  "count",  CELL_NUMBER, 0, 2, NULL },
	{ "WHO",    "who",    CELL_ANY,    0, 2, NULL },
	{ "FROM",   "from",   CELL_ANY,    0, 2, NULL },
	{ "WHAT",   "verb",   CELL_ANY,    0, 2, NULL },
	{ "OBJECT", "object", CELL_ANY,    0, 2, NULL },
	{ "RESULT", "result", CELL_ANY,    0, 0, NULL },
	{ NULL,     NULL,     CELL_ANY,    0, 0, NULL },
};
/* clang-format on */
static const struct view audit_view = {
	.member = "audit",
	.columns = columns,
	.headings = true,
	.fits = true,
	.empty = "Nothing was changed",
};

int
cmd_audit(struct session *session, struct client *client, const struct call *call)
{
	int64_t count = call->options.count >= 0 ? call->options.count : COUNT;

	if (count < 1 || count > COUNT_MAX) {
		complain("-n is from 1 to %" PRId64, COUNT_MAX);
		return EXIT_USAGE;
	}
	if (send_line(client, "%s {\"limit\":%" PRId64 "}", VERB_AUDITS, count) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &audit_view);
}
