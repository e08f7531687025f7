/*
 * The runner as a worker of the scheduler: one connection on which it waits for jobs and orders,
 * one on which it tells results.  A result is kept until it is acknowledged, over any number of
 * connections; the wid stays the same for as long as this process lives.
 */
#ifndef RUNNER_QUEUE_CLIENT_H
#define RUNNER_QUEUE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/clock.h"
#include "slots.h"

struct queue_client;

/* What the owner is asked and told. */
struct queue_owner {
	/* A job or an order, as JSON text. */
	void (*job)(void *arg, const char *text, size_t len);
	/* Calls `each` with the jid of every running job. */
	void (*each_running)(
	    void *arg, void (*each)(void *each_arg, const char *jid), void *each_arg);
	/* The scheduler may be a new one, which knows nothing of breakers. */
	void (*greeted)(void *arg);
	/* Fewer results or requests are open than before. */
	void (*settled)(void *arg);
};

/* NULL with errno.  `slots` is the owner's; the client keeps its takes and unsaid. */
struct queue_client *queue_client_new(struct event_base *, const char *socket_path,
    struct slots *slots, const struct queue_owner *, void *arg);
void queue_client_free(struct queue_client *);
void queue_client_open(struct queue_client *);
/* Says goodbye; results that are not acknowledged are lost. */
void queue_client_finish(struct queue_client *);
const char *queue_client_wid(const struct queue_client *);

/* Names with blanks before each, as they stand in the request; copied.  0, or -1 without memory. */
int queue_client_set_queues(struct queue_client *, const char *queues);
/* To be called when the slots have changed. */
void queue_client_ask(struct queue_client *);
/* The worker gives a job back, untouched: the attempt does not count. */
void queue_client_return(
    struct queue_client *, const char *jid, int64_t delay_ms, const char *reason);
/* Tells how a breaker is; `until` is its pause's end or unset.  Not kept over a lost connection. */
void queue_client_breaker(struct queue_client *, const char *target, const char *state,
    struct walltime until, int64_t failures);
/* Takes over the request line (see result_request); jid is copied.  Without memory it is lost, and
 * that is logged. */
void queue_client_report(struct queue_client *, const char *jid, char *line, size_t len);

#endif
