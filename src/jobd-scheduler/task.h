/*
 * Work for one client that is too much for one turn: it is done in pieces, one a turn, each
 * committed for itself, and answered at its end.  Meanwhile the client is asked for nothing more.
 */
#ifndef SCHEDULER_TASK_H
#define SCHEDULER_TASK_H

#include <sys/queue.h>

#include <stdbool.h>

struct peer;
struct server;

/* Does a piece; true when it was the last one, and it has replied. */
typedef bool (*task_step_fn)(struct peer *, void *state);

struct task {
	TAILQ_ENTRY(task) entry;
	struct peer *peer;
	task_step_fn step;
	void (*clear)(void *state);
	void *state;
};

TAILQ_HEAD(task_list, task);

/* The client's task from now on, with its first piece in this turn.  clear(state) is called in any
 * case, when it is over. */
void task_begin(struct peer *, task_step_fn, void (*clear)(void *), void *state);
void task_end(struct peer *);
/* One piece of each task, as a part of the turn; true if some have more to do. */
bool tasks_step(struct server *);

#endif
