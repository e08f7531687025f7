/*
 * Threads for transfers that libcurl can't do on a loop: at the end of a mail it waits for the
 * server's last word, however long that takes.  A thread runs one transfer and touches nothing but
 * what belongs to that; all else happens on the loop.
 */
#ifndef RUNNER_TRANSFERS_H
#define RUNNER_TRANSFERS_H

#include <sys/queue.h>

#include <stdatomic.h>
#include <stdbool.h>

#include <curl/curl.h>
#include <event2/event.h>

struct transfers;

/* Embedded in whatever is transferred. */
struct transfer {
	TAILQ_ENTRY(transfer) entry;
	CURL *easy;
	CURLM *multi; /* of the thread that does it */
	CURLcode code;
	atomic_bool aborted;
	void (*done)(struct transfer *); /* on the loop, afterwards */
};

/* NULL with errno. */
struct transfers *transfers_new(struct event_base *);
/* Begins it as soon as a thread is free; `done` is called in any case. */
void transfers_submit(struct transfers *, struct transfer *);
/* Ends it with CURLE_ABORTED_BY_CALLBACK, at once or where libcurl blocks within a second. */
void transfers_abort(struct transfers *, struct transfer *);
/* False: some are on their way and nothing was freed. */
bool transfers_free(struct transfers *);

#endif
