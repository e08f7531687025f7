/*
 * What a job is, and which moves between its states are legal: one table.  Pure; never touches a
 * store.
 */
#ifndef SCHEDULER_JOB_H
#define SCHEDULER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define JOB_JID_MIN 8
#define JOB_JID_MAX 128
/* Longest unique key; longer ones are made into a hash. */
#define JOB_KEY_MAX 250
/* Longest name of a type or a queue. */
#define JOB_NAME_MAX     200
#define JOB_PRIORITY_MIN 1
#define JOB_PRIORITY_MAX 9
#define JOB_PRIORITY     5

/* The numbers are stored: never change one. */
enum job_state {
	JOB_SCHEDULED = 0, /* its time has not come */
	JOB_READY = 1,
	JOB_BLOCKED = 2, /* waits for other jobs: see enum job_block */
	JOB_RUNNING = 3,
	JOB_RETRY = 4, /* failed; its time has not come */
	JOB_DONE = 5,
	JOB_DEAD = 6, /* gave up; kept for a human */
	JOB_CANCELLED = 7,
};
#define JOB_STATE_COUNT 8

enum job_event {
	JOB_EVENT_DUE,       /* its time has come */
	JOB_EVENT_BLOCK,     /* it is to run, but must wait for others */
	JOB_EVENT_UNBLOCK,   /* the others have ended */
	JOB_EVENT_TAKE,      /* a worker got it */
	JOB_EVENT_SUCCEED,   /* the worker says it is done */
	JOB_EVENT_FAIL,      /* ended badly, another attempt is allowed */
	JOB_EVENT_GIVE_UP,   /* ended badly, none is allowed */
	JOB_EVENT_RETURN,    /* its worker is gone or gives it back: at once again */
	JOB_EVENT_CANCEL,    /* an operator's wish, before it runs */
	JOB_EVENT_CANCELLED, /* ended because we had it ended */
	JOB_EVENT_REQUEUE,   /* an operator's wish, after it ended or before its time */
	JOB_EVENT_AWAIT,     /* its own work is done, its children's is not */
	JOB_EVENT_COMPLETE,  /* its children are done too */
	JOB_EVENT_POSTPONE,  /* its worker gives it back for a later time */
	JOB_EVENT_BURY,      /* an operator's wish: it is not tried again */
	JOB_EVENT_DELAY,     /* an operator's wish, before it runs: at another time */
};
#define JOB_EVENT_COUNT 16

/* What a blocked job waits for.  The numbers are stored: never change one. */
enum job_block {
	JOB_BLOCK_NONE = 0,
	JOB_BLOCK_GATE = 1,     /* its gate is full: another one of its type or key runs */
	JOB_BLOCK_AFTER = 2,    /* jobs that must be done before it */
	JOB_BLOCK_CHILDREN = 3, /* its own work is done, that of its children is not */
};

/* What a job has to do with its batch.  The numbers are stored: never change one. */
enum job_callback {
	JOB_CALLBACK_NONE = 0, /* one of the batch's jobs */
	JOB_CALLBACK_COMPLETE = 1,
	JOB_CALLBACK_SUCCESS = 2,
};

/* Bits of struct job's `marks`: others wait for its end.  Stored. */
#define JOB_MARK_AWAITED 1u /* it is in another job's `after` */
#define JOB_MARK_PARENT  2u /* it has or had children */
/* It ended badly at least once while it was in its batch, and is counted as failed there. */
#define JOB_MARK_FAILED 4u
/* It was cancelled because what it was to wait for had failed: its batch does not succeed without
 * it. */
#define JOB_MARK_MISSED 8u

/* Bits of struct job's `unsaid`: what its client left to others. */
#define JOB_UNSAID_QUEUE   1u
#define JOB_UNSAID_RETRY   2u
#define JOB_UNSAID_RESERVE 4u

/* Blocks of memory in which texts lie; NULL is none. */
struct job_memory;
/* Copies a text there; 0, or -1 without memory (the old text stays).  "" takes no room. */
int text_keep(struct job_memory **, const char **field, const char *value, size_t len);
void text_clear(struct job_memory **);

/*
 * A job.  Its strings are never NULL after job_init(); they are constants, borrowed from somebody
 * who lives longer, or kept in the job's own memory (job_set), which job_clear() frees.
 */
struct job {
	int64_t id; /* "seq" for clients: it grows and is never used again; 0 until it is stored */
	const char *jid;
	const char *type;
	const char *queue;
	enum job_state state;
	bool builtin;       /* its type is in the configuration: for jobd-runner, for nobody else */
	int64_t priority;   /* 1..9, higher first */
	int64_t retries;    /* allowed; 0 = dropped at its first failure, negative = dead then */
	int64_t attempts;   /* begun */
	int64_t failures;   /* attempts that ended badly and counted against retries */
	int64_t crashes;    /* attempts that ended because the worker died */
	int64_t reserve_ms; /* how long a worker may have it without a word; 0 = no limit */
	struct walltime created_at, enqueued_at, run_at, started_at, finished_at;
	struct walltime due_at; /* the tick that made it; unset if none did */
	struct walltime
	    wake_at; /* when it must be looked at again: its run_at, its expiry, its lease's end */
	const char *worker;      /* wid of who runs it, "" if nobody does */
	const char *last_worker; /* wid of who ran it last, once it has ended */
	const char *order;   /* why its worker was told to end it: "cancelled", "replaced", or "" */
	const char *reason;  /* of its last end, "" if there is none */
	const char *args;    /* JSON array, as it was sent */
	const char *extra;   /* members we do not interpret, as sent: ",\"custom\":{...}" or "" */
	const char *failure; /* JSON object in Faktory's form, "" if there is none */
	bool recorded;       /* attempts of it were added to the store */
	/* What only some jobs have; "" or 0 means that this one does not. */
	const char *tags;            /* JSON array of strings */
	const char *unique_key;      /* while it holds the key, no second job with it is stored */
	int64_t unique_for_ms;       /* from its time to run on; 0 = without end */
	int64_t unique_until;        /* enum conf_unique_until */
	int64_t on_conflict;         /* enum conf_on_conflict; not stored */
	unsigned unsaid;             /* JOB_UNSAID_..., while it is pushed; not stored */
	struct walltime expires_at;  /* not begun by then: cancelled */
	const char *concurrency_key; /* as it was asked for */
	const char *gate;            /* what it shares a limit of running jobs with; made of the key
					or the type */
	enum job_block block;        /* while it is blocked */
	const char *after;           /* JSON array of jids; stored as rows of their own */
	const char *parent;          /* jid */
	int64_t children;            /* not yet done */
	const char *bid;             /* the batch that it is in, or whose callback it is */
	enum job_callback callback;
	unsigned marks; /* JOB_MARK_... */
	bool track;
	int64_t percent;            /* of its progress, -1 = not told */
	const char *desc;           /* the same in words */
	const char *result;         /* JSON, "" if there is none */
	struct walltime updated_at; /* of its progress */
	struct {
		int64_t queue, priority, wake_at;
		enum job_state state;
		enum job_block block;
		bool detail, course;
	} stored; /* the store's own: how it stands there */
	struct job_memory *memory;
};

/* One end of a job: what its worker reported, or what we know about the worker.  Its strings are
 * borrowed. */
struct attempt {
	int64_t number; /* from 1 */
	struct walltime started_at, ended_at;
	int64_t duration_ms;
	const char *worker;
	const char *reason;   /* "exit", "signal", "timeout", "cancelled", ... */
	int64_t code, signal; /* -1 if there is none */
	const char *error;    /* message for people, "" if there is none */
	const char *output_head, *output_tail;
	size_t head_len, tail_len;
	int64_t output_bytes; /* that it wrote in all ... */
	int64_t left_out;     /* ... of which so many, from the middle, are not kept */
};

/* Every string is "" then; nothing is allocated. */
void job_init(struct job *);
void job_clear(struct job *);
/* Makes room for so many bytes of strings at once; 0, or -1 without memory. */
int job_reserve(struct job *, size_t bytes);
/* So many bytes of the job's memory, to be written; NULL without memory. */
char *job_room(struct job *, size_t bytes);
/* Copies into the job's memory; 0, or -1 without memory (the old text stays). */
int job_set(struct job *, const char **field, const char *value);
int job_set_len(struct job *, const char **field, const char *value, size_t len);
/* Moves everything from one to the other, which must be cleared or never used. */
void job_take_over(struct job *to, struct job *from);
/* A copy that borrows nothing; 0, or -1 without memory. */
int job_copy(struct job *to, const struct job *from);

void attempt_init(struct attempt *);

/* The only way a state changes: 0, or -1 if the move is not legal (nothing has changed). */
int job_move(struct job *, enum job_event);
bool job_may(enum job_state, enum job_event);
bool job_is_finished(enum job_state);
const char *job_state_word(enum job_state);
/* 0, or -1 if it is no state. */
int job_state_parse(const char *word, enum job_state *);
bool job_has_tag(const struct job *, const char *tag);
/* \A[a-zA-Z0-9._-]+\z, and not longer than JOB_NAME_MAX. */
bool job_is_queue_name(const char *);

#endif
