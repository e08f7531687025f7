/*
 * What the two files behind upstream.h share: requests, and the connections that they go over.
 * Included by nobody else.
 */
#ifndef WEB_UPSTREAM_PRIVATE_H
#define WEB_UPSTREAM_PRIVATE_H

#include <sys/queue.h>

#include <event2/event_struct.h>

#include "upstream.h"

TAILQ_HEAD(ask_list, ask);

struct ask {
	TAILQ_ENTRY(ask) entry;
	struct pool *pool;
	struct pipe *pipe; /* NULL: waits */
	struct buf text;   /* of one that waits: its words' line, and its line */
	void (*done)(void *arg, struct reply *); /* NULL: nobody wants to know any more */
	void *arg;
	struct event timer;
	struct reply reply;
	bool is_quick;
	bool has_words; /* whose reply is still to come */
};

/* A connection of the pool. */
struct pipe {
	TAILQ_ENTRY(pipe) entry;
	struct pool *pool;
	struct link *link;
	struct ask_list asks; /* under way, in order; empty: idle */
	size_t count, live;   /* of them; live: somebody wants to know */
	size_t items_left;
	bool in_list;
	bool is_shared;
	bool is_stale;  /* gets nothing any more, ends when nobody waits for it */
	bool is_broken; /* what it was to send is lost: ends at once */
};

/* The connections to one socket. */
struct pool {
	enum upstream_socket socket;
	TAILQ_HEAD(, pipe) pipes;
	struct ask_list waiting[2]; /* the second one: what is quick */
	int pipe_count, waiting_count;
	int unsent;      /* requests that the links have, and their sockets not yet */
	struct event go; /* something is to be sent, somebody waits, or a pipe is to be closed */
};

/* Out of the list that it is in. */
void ask_leave(struct ask *);
/* Tells who asked, and frees it. */
void ask_end(struct ask *, enum reply_kind);

int pool_init(struct pool *, enum upstream_socket, struct event_base *);
/* Sends one more request, with the others of this turn; false: it is to wait for a connection, or
 * behind others.  Nobody is told anything before this call has returned. */
bool pool_take(struct pool *, struct ask *, const char *words, const char *line, size_t len);
/* There is something to do behind what is being done. */
void pool_wake(struct pool *);

#endif
