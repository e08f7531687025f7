/*
 * libcurl's handles for the requests of jobs.  What is the same for all requests is set once, and a
 * URL that comes again is not taken apart again.  Knows nothing of jobs and answers.
 */
#ifndef RUNNER_HANDLES_H
#define RUNNER_HANDLES_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "conf/conf.h"
#include "sockets.h"

struct handle {
	LIST_ENTRY(handle) entry;
	CURL *easy;
	CURLU *parsed;
	char *url;    /* what `parsed` is of; NULL: nothing */
	bool special; /* it has what the next request may not have */
};

LIST_HEAD(handle_list, handle);

struct handles {
	struct handle_list spare;
	size_t count;
	struct sockets *sockets; /* of the multi handle that they are for */
};

/* One with the URL and everything that does not depend on the job's arguments; what it asks, and
 * who is told, the caller sets.  NULL without memory. */
struct handle *handles_take(struct handles *, const struct conf_http *, const char *url);
/* Kept for the next request, or freed; it may be NULL. */
void handles_give(struct handles *, struct handle *);
void handles_free(struct handles *);

#endif
