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

#define WORKER_WID_MAX  128
#define WORKER_TEXT_MAX 255
/* Bytes of all labels of a worker, each with a NUL behind. */
#define WORKER_LABELS_MAX 512
/* Names of queues that are remembered of a worker. */
#define WORKER_QUEUES_MAX 512
/* A worker that sends no BEAT for so long is gone. */
#define WORKER_SILENCE_MS INT64_C(60000)
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
	size_t connections, takers; /* takers: those that have asked for jobs with TAKE ... */
	size_t askers;              /* ... or with FETCH: jobs may be on their way there */
	/* As it said in its first HELLO, for people. */
	char hostname[WORKER_TEXT_MAX + 1];
	char labels[WORKER_LABELS_MAX];
	size_t labels_len;
	int64_t pid, rss_kb; /* 0 if it did not say */
	struct walltime started_at, beat_at;
	struct monotime heard_at;       /* its last HELLO or BEAT */
	char queues[WORKER_QUEUES_MAX]; /* those that it asked for last, a blank before and behind
					   each */
	bool releases;                  /* its jobs are for others as soon as it is gone */
	bool may_have_orders;           /* jobs that run under it may have to be ended */
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
/* A label more; what does not fit is left out. */
void worker_label(struct worker *, const char *label);
/* It asks for jobs of these queues. */
void worker_asks(struct worker *, char *const *queues, size_t count);
/* One that asked last for jobs of this queue, or NULL. */
const struct worker *workers_asking(const struct workers *, const char *queue, bool builtin);
/* It is there. */
void worker_heard(struct worker *, struct monotime, struct walltime);
/* The first that was silent for too long, or NULL.  jobd-runner sends no BEAT: it hangs on its
 * connection. */
struct worker *worker_silent(const struct workers *, struct monotime now);
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
