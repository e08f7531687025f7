#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/queue_view.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

static int tell(
    struct session *, struct client *, const struct call *, const char *word, const char *done);

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

int
cmd_worker_quiet(struct session *session, struct client *client, const struct call *call)
{
	return tell(session, client, call, "quiet", "told to take no more jobs");
}

int
cmd_worker_stop(struct session *session, struct client *client, const struct call *call)
{
	return tell(session, client, call, "terminate", "told to end");
}

/* The worker hears it at its next BEAT. */
static int
tell(struct session *session, struct client *client, const struct call *call, const char *word,
    const char *done)
{
	struct listing listing = { .session = session, .client = client, .view = &results_view };
	int code = EXIT_OK;

	for (size_t i = 0; i < call->arg_count; i++) {
		int one = EXIT_FAILED;

		if (check_word(call->args[i]) &&
		    send_line(client, "%s %s %s", VERB_WORKER, word, call->args[i]) == EXIT_OK)
			one = results_receive(&listing, call->args[i], done);
		if (one != EXIT_OK)
			code = one;
	}
	listing_show(&listing);
	listing_end(&listing);
	return code;
}
