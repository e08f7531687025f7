/*
 * A stream of items from the logger: asked for, received to its end or followed without one, also
 * over a restart of the logger.
 */
#ifndef JOBCTL_LOG_STREAM_H
#define JOBCTL_LOG_STREAM_H

#include "jobctl/session.h"

/* Takes one item, and more from the client if they belong to it.  0, or -1 after a complaint. */
typedef int log_item_fn(void *arg, struct client *, const struct resp_item *);

struct log_stream {
	struct session *session;
	const char *name;  /* for the words of a refusal */
	const char *first; /* the request */
	const char
	    *again; /* the request after the logger was restarted; NULL if nothing is followed */
	log_item_fn *take;
	void *arg;
};

/* Returns the exit code; what is followed ends by Ctrl-C or with jobd. */
int log_stream_run(const struct log_stream *, struct client *);

#endif
