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

/* When it is done.  After the turn: each piece for itself, between two transactions.  Elsewhere:
 * its step is never called, somebody else says when it is over. */
enum task_when { TASK_IN_TURN, TASK_AFTER_TURN, TASK_ELSEWHERE };

/* Does a piece; true when it was the last one, and it has replied. */
typedef bool (*task_step_fn)(struct peer *, void *state);

struct task {
	TAILQ_ENTRY(task) entry;
	struct peer *peer;
	enum task_when when;
	task_step_fn step;
	void (*clear)(void *state);
	void *state;
};

TAILQ_HEAD(task_list, task);

/* The client's task from now on, with its first piece in this turn.  clear(state) is called in any
 * case, when it is over. */
void task_begin(struct peer *, enum task_when, task_step_fn, void (*clear)(void *), void *state);
void task_end(struct peer *);
/* Its client is about to be answered, in this turn. */
void task_touch(struct peer *);
/* One piece of each task, as a part of the turn or after it; true if some have more to do. */
bool tasks_step(struct server *, enum task_when);

#endif
