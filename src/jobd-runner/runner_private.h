/*
 * The state of the runner, for runner.c, for runner_job.c, which begins jobs and reports them, and
 * for runner_stop.c, which ends it.  Never included from elsewhere.
 */
#ifndef RUNNER_RUNNER_PRIVATE_H
#define RUNNER_RUNNER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "condition.h"
#include "guards.h"
#include "net.h"
#include "queue_client.h"
#include "run.h"
#include "socket/settings.h"

#define RUNNER_SIGNALS 3

struct runner {
	struct event_base *base;
	struct conf *conf; /* NULL until jobd has told */
	struct settings *settings;
	struct queue_client *client;
	struct slots slots;
	struct runs runs;             /* jobs that are processes */
	struct net net;               /* jobs that ask a server */
	struct conditions conditions; /* jobs of which it is asked whether they are to run */
	struct event *passed; /* some of them are: they begin in the next turn of the loop */
	struct guards guards;
	bool has_queue; /* there is a scheduler to get jobs from */
	struct event *signals[RUNNER_SIGNALS];
	struct event *children; /* of a signalfd: SIGCHLD comes with everybody else's events */
	struct event *stop_timer;
	struct monotime stop_began;
	int64_t stop_timeout_ms;
	size_t stop_step;
};

/* What the scheduler gave, and what became of it. */
void runner_job_came(void *runner, const char *text, size_t len);
void runner_job_ended(void *runner, const struct result *);
/* Once more, so that the child can say what keeps it from running. */
void runner_job_misfired(void *runner, const char *text, size_t len);
void runner_on_passed(evutil_socket_t, short events, void *runner);
/* Jobs that are under way, of both kinds, or about to begin. */
size_t runner_running(const struct runner *);
/* Ends the loop if it is stopping and nothing is left to be done. */
void runner_stop_if_done(struct runner *);
/* SIGTERM and SIGINT. */
void runner_on_terminate(evutil_socket_t, short events, void *runner);
void runner_on_stop_timer(evutil_socket_t, short events, void *runner);

#endif
