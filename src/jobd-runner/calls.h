/*
 * All calls of the runner, and libcurl on its loop: one multi handle whose sockets and time are the
 * loop's.  What a call asks, and what its answer means, is not known here.
 */
#ifndef RUNNER_CALLS_H
#define RUNNER_CALLS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "breakers.h"
#include "handles.h"
#include "net.h"
#include "question.h"
#include "sockets.h"
#include "transfers.h"

/* Easy handles that wait for the next call. */
#define CALLS_SPARE_MAX 64

struct call;
TAILQ_HEAD(call_list, call);

struct calls {
	struct call_list list;
	size_t count;
	struct question_list questions;
	struct event_base *base;
	CURLM *multi;
	struct sockets sockets;
	struct event *timer;
	bool acting; /* libcurl is at work on transfers */
	struct transfers *transfers;
	struct handles handles;       /* of URLs */
	CURL *spare[CALLS_SPARE_MAX]; /* of mails and questions */
	size_t spare_count;
	struct breakers breakers;
	const struct net_owner *owner;
	void *arg;
};

/* A handle of libcurl with nothing set; NULL without memory. */
CURL *calls_take_easy(struct calls *);
/* Kept for the next call with its connections, or freed; it may be NULL. */
void calls_give_easy(struct calls *, CURL *);

#endif
