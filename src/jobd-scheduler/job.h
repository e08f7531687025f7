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
/* Longest name of a type or a queue. */
#define JOB_NAME_MAX     200
#define JOB_PRIORITY_MIN 1
#define JOB_PRIORITY_MAX 9
#define JOB_PRIORITY     5

/* The numbers are stored: never change one. */
enum job_state {
	JOB_SCHEDULED = 0, /* its time has not come */
	JOB_READY = 1,
	JOB_BLOCKED = 2, /* waits for an earlier one of its type to end */
	JOB_RUNNING = 3,
	JOB_RETRY = 4, /* failed; its time has not come */
	JOB_DONE = 5,
	JOB_DEAD = 6, /* gave up; kept for a human */
	JOB_CANCELLED = 7,
};
#define JOB_STATE_COUNT 8

enum job_event {
	JOB_EVENT_DUE,       /* its time has come */
	JOB_EVENT_BLOCK,     /* it is to run, but an earlier one of its type does */
	JOB_EVENT_UNBLOCK,   /* the earlier one has ended */
	JOB_EVENT_TAKE,      /* a worker got it */
	JOB_EVENT_SUCCEED,   /* the worker says it is done */
	JOB_EVENT_FAIL,      /* ended badly, another attempt is allowed */
	JOB_EVENT_GIVE_UP,   /* ended badly, none is allowed */
	JOB_EVENT_RETURN,    /* its worker is gone or gives it back: at once again */
	JOB_EVENT_CANCEL,    /* an operator's wish, before it runs */
	JOB_EVENT_CANCELLED, /* ended because we had it ended */
	JOB_EVENT_REQUEUE,   /* an operator's wish, after it ended or before its time */
};
#define JOB_EVENT_COUNT 11

/* Owns all its strings; job_clear() frees them.  Never NULL after job_init(), except as said. */
struct job {
	int64_t id; /* the store's; 0 until it is stored */
	char *jid;
	char *type;
	char *queue;
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
	    wake_at;  /* when it must be looked at again: its run_at or its lease's end */
	char *worker; /* wid of who runs it, "" if nobody does */
	char *order;  /* why its worker was told to end it: "cancelled", "replaced", or "" */
	char *reason; /* of its last end, "" if there is none */
	char *args;   /* JSON array, as it was sent */
	char *extra; /* members we do not interpret, as they were sent: ",\"custom\":{...}" or "" */
	char *failure; /* JSON object in Faktory's form, "" if there is none */
};

/* One end of a job: what its worker reported, or what we know about the worker. */
struct attempt {
	int64_t number; /* from 1 */
	struct walltime started_at, ended_at;
	int64_t duration_ms;
	char *worker;
	char *reason;         /* "exit", "signal", "timeout", "cancelled", ... */
	int64_t code, signal; /* -1 if there is none */
	char *error;          /* message for people, "" if there is none */
	char *output_head, *output_tail;
	size_t head_len, tail_len;
	int64_t output_bytes; /* that it wrote in all ... */
	int64_t left_out;     /* ... of which so many, from the middle, are not kept */
};

/* Sets every string to "".  0, or -1 without memory. */
int job_init(struct job *);
void job_clear(struct job *);
/* Replaces one of its strings; 0, or -1 without memory (the old one stays). */
int job_set(char **field, const char *value);
int job_set_len(char **field, const char *value, size_t len);
/* Moves everything from one to the other, which must be cleared or never used. */
void job_take_over(struct job *to, struct job *from);

int attempt_init(struct attempt *);
void attempt_clear(struct attempt *);

/* The only way a state changes: 0, or -1 if the move is not legal (nothing has changed). */
int job_move(struct job *, enum job_event);
bool job_may(enum job_state, enum job_event);
bool job_is_finished(enum job_state);
const char *job_state_word(enum job_state);
/* 0, or -1 if it is no state. */
int job_state_parse(const char *word, enum job_state *);
/* \A[a-zA-Z0-9._-]+\z, and not longer than JOB_NAME_MAX. */
bool job_is_queue_name(const char *);

#endif
