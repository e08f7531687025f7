/*
 * The queue's client, for queue_client.c, which asks for jobs, and queue_report.c, which tells how
 * they ended.  Never included from elsewhere.
 */
#ifndef RUNNER_QUEUE_CLIENT_PRIVATE_H
#define RUNNER_QUEUE_CLIENT_PRIVATE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "socket/connection.h"
#include "queue_client.h"
#include "slots.h"

/* A line of JSON before its values: names, braces, numbers. */
#define LINE_BYTES 1024
/* A quoted character of a jid takes up to six, and a comma and quotes stand around it. */
#define LINE_BYTES_PER_CHAR 6

struct report {
	TAILQ_ENTRY(report) entry;
	char *jid; /* NULL: it is about no job, and whatever the answer is, it is said */
	char *line;
	size_t len;
};

TAILQ_HEAD(reports, report);

struct queue_client {
	struct connection *takes, *results;
	struct slots *slots;
	const struct queue_owner *owner;
	void *arg;
	char wid[24];
	char *queues;
	struct event *asking;   /* active: to be asked in this turn of the loop */
	struct event *patience; /* before a TAKE for orders alone */
	bool patient;           /* it is over */
	struct reports reports; /* oldest first, sent in this order */
};

extern const struct connection_kind queue_results_kind;
/* For both connections: who we are, and which jobs are ours. */
char *queue_hello_line(void *client);
void queue_reports_free(struct queue_client *);

#endif
