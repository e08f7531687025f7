/*
 * Who works for us: the workers that said HELLO with a wid, over how many connections, and the
 * orders that wait for them.  Nothing here is durable: which worker has which job stands in the
 * store.
 */
#ifndef SCHEDULER_WORKER_H
#define SCHEDULER_WORKER_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "queue.h"

#define WORKER_WID_MAX 128
/* The label by which jobd-runner makes itself known. */
#define WORKER_RUNNER_LABEL "jobd-runner"

/* Moves in this direction only. */
enum worker_state { WORKER_RUNNING, WORKER_QUIET, WORKER_TERMINATE };

struct worker {
	LIST_ENTRY(worker) entry;
	TAILQ_HEAD(orders, order) orders;
	char wid[WORKER_WID_MAX + 1];
	bool builtin;
	enum worker_state state;
	size_t connections, takers; /* takers: those that have asked for jobs with TAKE */
};

struct order {
	TAILQ_ENTRY(order) entry;
	char jid[JOB_JID_MAX + 1];
	char reason[32];
	bool fresh; /* given in this turn: undone if the turn is lost */
};

struct workers {
	LIST_HEAD(, worker) list;
	size_t count;
};

void workers_init(struct workers *);
void workers_clear(struct workers *);
struct worker *worker_find(const struct workers *, const char *wid);
/* One more connection of this worker, which is made if it is new.  NULL without memory. */
struct worker *worker_connect(struct workers *, const char *wid, bool builtin);
/* The last one to go frees it. */
void worker_disconnect(struct workers *, struct worker *);
/* running, quiet, terminate; -1 if it is none. */
int worker_state_parse(const char *word, enum worker_state *);
const char *worker_state_word(enum worker_state);

/* Without memory the order is lost until the worker connects anew. */
void worker_order(struct worker *, const struct job *);
/* Takes the first order off; false if there is none. */
bool worker_take_order(struct worker *, struct order *);
/* The end of a turn: its orders stand, or are undone. */
void workers_turn_end(struct workers *, bool kept);

/*
 * A worker said HELLO.  Of its jobs those that it does not name (if `names` is not NULL) never
 * reached it.  What other runners had is proved dead by a jobd-runner.  Orders for what it has are
 * given again.
 */
enum store_result worker_came(
    struct worker *, struct queue *, const char *const *names, size_t count);

#endif
