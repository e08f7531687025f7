/*
 * All programs that are looked after, as the configuration says: which process each of them has is
 * learnt from jobd, what is found out is told to it.  Without such a program it does nothing.
 */
#ifndef RUNNER_GUARDS_H
#define RUNNER_GUARDS_H

#include <sys/types.h>

#include <stdbool.h>

#include <event2/event.h>

#include "conf/conf.h"
#include "guard.h"
#include "net.h"

struct watch;

struct guards {
	struct event_base *base;
	const struct conf *conf; /* the runner's; NULL before the first one */
	struct guard_list list;
	struct guard *told; /* the answer to the request about it is awaited */
	const char *told_expel;
	struct jobd_link *link;
	struct probes probes;
	struct watch *watch; /* NULL if no files are watched */
};

/* 0, or -1 without memory. */
int guards_init(struct guards *, struct event_base *, const char *control_path, struct net *);
void guards_clear(struct guards *);
/* Another configuration, which must live until the next one; what is looked after as before goes on
 * as before. */
void guards_load(struct guards *, const struct conf *);
/* Is there any program to look after? */
bool guards_any(const struct guards *);
/* Nothing is looked after any more. */
void guards_stop(struct guards *);
/* True if it is the leader of a check's command. */
bool guards_has_child(const struct guards *, pid_t);
void guards_child_ended(struct guards *, pid_t, int wait_status);
/* A guard has something to tell. */
void guards_tell(struct guards *);

#endif
