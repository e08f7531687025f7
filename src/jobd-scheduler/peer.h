/*
 * One connection to the queue socket: bytes in become lines, replies become bytes out.  Bounded:
 * the line, what all clients together hold, and how long a slow one may take.  Knows no verb.
 *
 * Replies of a turn are held back until the turn is committed.  If it is lost, each request of the
 * turn gets one error instead.
 */
#ifndef SCHEDULER_PEER_H
#define SCHEDULER_PEER_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "access.h"
#include "base/clock.h"
#include "render.h"
#include "worker.h"

struct server;
struct evbuffer;

enum wait {
	WAIT_NOTHING,
	WAIT_TAKE,  /* for a job or an order, without limit; any request ends it */
	WAIT_FETCH, /* for a job, for two seconds */
	WAIT_JOB,   /* for the end of a job */
};

struct peer {
	TAILQ_ENTRY(peer) entry;
	TAILQ_ENTRY(peer) turn_entry;
	TAILQ_ENTRY(peer) wait_entry;
	struct server *server;
	int fd;
	struct event *read_event, *write_event, *deadline;
	uid_t uid;
	enum right right;
	char *in; /* the beginning of a line; NULL when there is none */
	size_t in_len, in_size;
	size_t in_seen; /* so much of it has no line end */
	struct evbuffer *out, *held;
	bool greeted; /* said HELLO */
	bool closing; /* once its replies are out */
	bool in_turn; /* is in the server's list of this turn */
	bool writing; /* write_event is pending */
	struct worker *worker;
	bool is_taker;
	/* This turn. */
	size_t requests;
	bool greeted_now; /* its HELLO is one of them */
	/* What it waits for. */
	enum wait wait;
	bool wait_fresh;    /* asked for in this turn */
	bool wait_answered; /* the reply is held */
	bool wants_jobs;    /* TAKE with free slots */
	char **queues;
	size_t queue_count;
	char *jid;
	struct monotime until;
};

/* Replies.  Text is cut to what fits in a line. */
void peer_ok(struct peer *, const char *text);
void peer_error(struct peer *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void peer_bulk(struct peer *, const void *data, size_t len);
void peer_nil(struct peer *);
void peer_array(struct peer *, size_t count);
/* A bulk string of JSON. */
void peer_json(struct peer *, render_fn, const void *arg);

/* Takes over the connection; NULL with errno, and it is closed. */
struct peer *peer_new(struct server *, int fd);
/* Gone at once, whatever it waits for. */
void peer_free(struct peer *);
/* It gets no more, and goes when what is there has been written. */
void peer_close(struct peer *);

/* The end of a turn: what was held back is sent, or `error` in the place of each reply. */
void peer_turn_end(struct peer *, const char *error);
/* Goes on with lines that came before it had its answer. */
void peer_resume(struct peer *);
/* True while no further line may be handled. */
bool peer_is_blocked(const struct peer *);

#endif
