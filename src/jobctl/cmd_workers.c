#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/queue_view.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

int
cmd_workers(struct session *session, struct client *client, const struct call *call)
{
	(void)call;
	if (send_line(client, "%s", VERB_WORKERS) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &workers_view);
}

int
cmd_breakers(struct session *session, struct client *client, const struct call *call)
{
	(void)call;
	if (send_line(client, "%s", VERB_BREAKERS) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &breakers_view);
}

/* The worker hears it at its next BEAT. */
int
cmd_worker_quiet(struct session *session, struct client *client, const struct call *call)
{
	return results_of_each(
	    session, client, call, VERB_WORKER " quiet", "told to take no more jobs");
}

int
cmd_worker_stop(struct session *session, struct client *client, const struct call *call)
{
	return results_of_each(session, client, call, VERB_WORKER " terminate", "told to end");
}
