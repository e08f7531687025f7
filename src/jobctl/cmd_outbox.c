#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/queue_view.h"
#include "proto/verbs.h"

int
cmd_outbox(struct session *session, struct client *client, const struct call *call)
{
	(void)call;
	if (send_line(client, "%s", VERB_OUTBOXES) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &outboxes_view);
}
