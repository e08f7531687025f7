#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/output.h"
#include "proto/verbs.h"

static void print_reasons(const struct value *answer);

int
cmd_why(struct session *session, struct client *client, const struct call *call)
{
	struct row answer;

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (send_line(client, "%s %s", VERB_WHY, call->args[0]) != EXIT_OK ||
	    receive_row(client, &answer) == -1)
		return EXIT_FAILED;
	if (session->json)
		puts(answer.raw);
	else
		print_reasons(answer.value);
	row_free(&answer);
	return EXIT_OK;
}

/* "ID is blocked", and each reason on a line of its own. */
static void
print_reasons(const struct value *answer)
{
	const struct value *reasons = row_member(answer, "because"), *reason;

	print_clean(row_text(answer, "jid"), 0);
	printf(" is %s\n", row_text(answer, "state"));
	for (reason = value_first(reasons); reason != NULL; reason = value_next(reasons, reason)) {
		fputs("  ", stdout);
		print_clean(row_text(reason, "what"), 12);
		print_clean(row_text(reason, "text"), 0);
		putchar('\n');
	}
}
