#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/outbox_sql.h"
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

/* For psql. */
int
cmd_outbox_sql(struct session *session, struct client *client, const struct call *call)
{
	(void)session;
	(void)client;
	(void)call;
	fputs(outbox_sql, stdout);
	return EXIT_OK;
}
