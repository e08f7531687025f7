/*
 * The runner as a client of jobd: learns which programs run, and tells how they are.  One
 * connection follows the events and is silent while nothing happens; another one is there only
 * while there is something to ask or to tell.
 */
#ifndef RUNNER_JOBD_LINK_H
#define RUNNER_JOBD_LINK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

/* A program as STATUS shows it. */
struct link_program {
	const char *name;    /* "web:2" */
	const char *program; /* "web" */
	const char *state;
	pid_t pid;
	int64_t uptime_ms;
};

enum link_answer { LINK_DONE, LINK_REFUSED, LINK_LOST };

struct link_owner {
	/* Is this program of any interest? */
	bool (*wants)(void *arg, const char *program);
	void (*seen)(void *arg, const struct link_program *);
	/* All programs have been seen. */
	void (*seen_all)(void *arg);
	/* The next request without its line end, in an allocated buffer; NULL if there is none. */
	char *(*next)(void *arg);
	/* To the last one; LOST: it is not known whether jobd got it. */
	void (*answered)(void *arg, enum link_answer);
};

struct jobd_link;

/* NULL without memory.  The path is kept by reference. */
struct jobd_link *jobd_link_new(
    struct event_base *, const char *socket_path, const struct link_owner *, void *arg);
void jobd_link_free(struct jobd_link *);
/* Follows what happens from now on, or no more. */
void jobd_link_follow(struct jobd_link *, bool on);
/* Asks how all programs are. */
void jobd_link_look(struct jobd_link *);
/* There is something to tell: `next` will be called. */
void jobd_link_tell(struct jobd_link *);

#endif
