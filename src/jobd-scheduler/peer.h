/*
 * One connection to the queue: bytes in become lines, replies become bytes out.  Bounded: the line,
 * what all clients together hold, and how long a slow one may take.  Knows no verb.
 *
 * Replies of a turn are held back until the turn is committed, and on disk where they must be.  If
 * it is lost, each request of the turn gets one error instead.
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
#include "caller.h"
#include "challenge.h"
#include "outbuf.h"
#include "render.h"
#include "transport.h"
#include "worker.h"

struct server;
struct task;
struct tls;

#define PEER_FROM_SIZE 64

enum wait {
	WAIT_NOTHING,
	WAIT_TAKE,   /* for a job or an order, without limit; any request ends it */
	WAIT_FETCH,  /* for a job, for two seconds */
	WAIT_JOB,    /* for the end of a job */
	WAIT_EVENTS, /* follows the events until it goes */
};

/* Who came. */
struct arrival {
	int fd;
	enum right right;
	bool asks_password;
	bool surplus;    /* one too many: it is told so after its HELLO */
	struct tls *tls; /* NULL: plain */
	char from[PEER_FROM_SIZE];
};

struct peer {
	TAILQ_ENTRY(peer) entry;
	TAILQ_ENTRY(peer) turn_entry;
	TAILQ_ENTRY(peer) wait_entry;
	TAILQ_ENTRY(peer) sync_entry;
	struct server *server;
	struct transport transport;
	struct event *read_event, *write_event, *deadline;
	char from[PEER_FROM_SIZE]; /* for messages */
	enum right right;
	bool asks_password, surplus;
	struct challenge challenge;
	char *in; /* the beginning of a line; NULL when there is none */
	size_t in_len, in_size;
	size_t in_seen; /* so much of it has no line end */
	struct outbuf out;
	bool greeted;  /* said HELLO */
	bool closing;  /* once its replies are out */
	bool in_turn;  /* is in the server's list of this turn */
	bool held;     /* nothing is sent before the server's hold is over */
	bool unsynced; /* nothing is sent before a sync: it is in the server's list of those */
	struct worker *worker;
	struct caller *last_caller;  /* of the last AS: the next one mostly says the same */
	const struct caller *caller; /* of AS, for its next request; NULL: nobody was named */
	bool caller_used;            /* that request has come */
	bool is_taker, is_asker;     /* see struct worker */
	/* This turn. */
	size_t requests;
	bool greeted_now; /* its HELLO is one of them */
	bool wants_codes; /* knows other codes of errors than ERR */
	bool wants_kept;  /* is to hear that another job is kept in the place of its own */
	/* What it waits for. */
	enum wait wait;
	bool wait_fresh;    /* asked for in this turn */
	bool wait_answered; /* the reply is held */
	bool claimed;       /* ... and is what was claimed */
	bool wants_jobs;    /* TAKE with free slots */
	bool take_list;     /* TAKE with max: its answer is a list ... */
	size_t take_max;    /* ... of at most so many jobs */
	char **queues;
	size_t queue_count;
	char *jid;
	int64_t event_seq; /* the next event that it is told */
	struct task *task; /* NULL if there is none */
};

/* Replies.  Text is cut to what fits in a line. */
void peer_ok(struct peer *, const char *text);
void peer_error(struct peer *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void peer_bulk(struct peer *, const void *data, size_t len);
void peer_nil(struct peer *);
/* A bulk string of JSON. */
void peer_json(struct peer *, render_fn, const void *arg);
/* A list whose length is known at its end: what is replied between the two are its items. */
size_t peer_list_begin(struct peer *);
void peer_list_end(struct peer *, size_t mark, size_t count);
/* Forgets what was replied since the mark, to reply something else. */
void peer_list_undo(struct peer *, size_t mark);
/* Nil that does not depend on this turn; nothing may be held. */
void peer_nil_now(struct peer *);

/* Takes over the connection; NULL with errno, and it is closed. */
struct peer *peer_new(struct server *, const struct arrival *);
/* Gone at once, whatever it waits for. */
void peer_free(struct peer *);
/* It gets no more, and goes when what is there has been written. */
void peer_close(struct peer *);

/* The end of a turn: what was held back is sent, or `error` in the place of each reply.  If ends
 * are held, only who heard of nothing but a claim is sent to; the others after a sync. */
void peer_turn_end(struct peer *, const char *error, bool holds);
/* The sync came. */
void peer_synced(struct peer *);
/* Sends what may be sent; false if nothing can be sent any more. */
bool peer_flush(struct peer *);
/* The same, and what follows: the client is gone, or goes on. */
void peer_send(struct peer *);
/* True while so much waits to be read by it that it is given no more. */
bool peer_is_slow(const struct peer *);
/* Goes on with lines that came before it had its answer. */
void peer_resume(struct peer *);
/* True while no further line may be handled. */
bool peer_is_blocked(const struct peer *);

#endif
