/*
 * The sockets of a libcurl multi handle on the loop.  A connection that libcurl keeps for the next
 * request stays registered: taking it out and putting it back would be two system calls for each.
 * Knows nothing of what is transferred.
 */
#ifndef RUNNER_SOCKETS_H
#define RUNNER_SOCKETS_H

#include <stddef.h>

#include <curl/curl.h>
#include <event2/event.h>

struct watch;

struct sockets {
	struct event_base *base;
	/* What libcurl waits for has come: CURL_CSELECT_IN and OUT. */
	void (*ready)(void *arg, curl_socket_t, int mask);
	void *arg;
	struct watch **watches; /* by descriptor; NULL where there is none */
	size_t size;
};

/* Watches the sockets of this handle, through its CURLMOPT_SOCKETFUNCTION. */
void sockets_set_up(struct sockets *, CURLM *);
/* For each transfer of the multi handle, before it begins. */
void sockets_own(struct sockets *, CURL *);
/* Once the multi handle is gone. */
void sockets_free(struct sockets *);

#endif
