/*
 * Where jobs, ticks, schedules' state and exits of programs are kept: an interface as a struct of
 * functions, so that every store passes the same behaviour test.  Never decides anything; never
 * reads a clock.
 *
 * The first change after a commit begins a transaction; commit() makes it durable (on disk, where
 * there is one; see durability.h), rollback() forgets it.  Reads see what was changed before. After
 * STORE_FAILED the transaction can only be rolled back.
 */
#ifndef SCHEDULER_STORE_H
#define SCHEDULER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "durability.h"
#include "histogram.h"
#include "job.h"

#define STORE_ERROR_MAX 300
/* Different names of types, queues and tags that are in use at the same time. */
#define STORE_NAMES_MAX 200000

enum store_result {
	STORE_OK,
	STORE_NONE,   /* there is no such row */
	STORE_EXISTS, /* there is one already; nothing was changed */
	STORE_FAILED, /* see store->error */
};

/* What is kept of a schedule between ticks. */
struct schedule_state {
	struct walltime since;  /* when it was seen first, or last changed */
	struct walltime cursor; /* everything due up to here has been decided */
	bool paused;
	char fingerprint[1200]; /* of the options that say when it is due; "" while it is not in use
				 */
};

struct tick_record {
	struct walltime due_at, decided_at;
	struct walltime until; /* set: stands for all ticks from due_at to here */
	bool ran;
	char reason[16];
	int64_t late_us;
	char jid[JOB_JID_MAX + 1]; /* "" if it did not run */
};

/* The end of a program's process, as jobd told it. */
struct exit_record {
	char name[200];
	int64_t pid;
	struct walltime at;
	char reason[64];
	int64_t code, signal; /* -1 if there is none */
	bool core;
	int64_t uptime_ms; /* -1 if not known */
};

#define AUDIT_WHO_MAX    80
#define AUDIT_FROM_MAX   64
#define AUDIT_VERB_MAX   32
#define AUDIT_OBJECT_MAX 240
#define AUDIT_RESULT_MAX 160

/* What somebody changed; the same thing done again and again is one record. */
struct audit_record {
	int64_t id;                /* from 1, in the order of the first time */
	struct walltime at, until; /* the first and the last time */
	int64_t count;
	int64_t uid;                   /* of the connection, -1 from the net */
	char who[AUDIT_WHO_MAX + 1];   /* a user's or a token's name, or "uid N" */
	char from[AUDIT_FROM_MAX + 1]; /* an address, or "local" */
	char verb[AUDIT_VERB_MAX + 1];
	char object[AUDIT_OBJECT_MAX + 1];
	char result[AUDIT_RESULT_MAX + 1]; /* "ok", "begun", or the error */
};

struct audit_filter {
	int64_t before;         /* id of the last one seen, 0 = from the newest on */
	const char *who, *verb; /* NULL = any */
	int64_t limit;
};

/* Limits of a queue that were set at run time; they win over the configuration. */
struct queue_limits {
	/* CONF_UNSET: not set. */
	int64_t weight, concurrency, rate, rate_period_ms;
};

struct queue_record {
	char name[JOB_NAME_MAX + 1];
	bool paused;
	int64_t states[JOB_STATE_COUNT]; /* jobs of the queue */
	int64_t size;                    /* ready jobs */
	struct walltime oldest; /* when the first of them was enqueued; unset if there is none */
	struct queue_limits limits;
	struct walltime rate_at; /* the state of its rate, see limit.h */
};

/* What happened within an hour. */
struct stat_record {
	struct walltime at; /* its beginning */
	int64_t pushed, done, failed, dead;
	int64_t run_ms, wait_ms, run_ms_max, wait_ms_max;
};

/* Room for a note and its key, with their NULs. */
#define NOTE_KEY_MAX  160
#define NOTE_TEXT_MAX 1024

enum figure_kind { FIGURE_TYPE, FIGURE_QUEUE }; /* the numbers are stored */
#define FIGURE_STEPS HISTOGRAM_STEPS

/* Attempts of a type or a queue that ended within an hour. */
struct figure {
	struct walltime at; /* its beginning */
	enum figure_kind kind;
	char name[JOB_NAME_MAX + 1];
	int64_t done, failed, late; /* late: begun more than a minute after their time */
	int64_t run_ms, wait_ms, run_ms_max, wait_ms_max;
	int64_t run[FIGURE_STEPS], wait[FIGURE_STEPS];
};

struct job_filter {
	unsigned states;  /* bits 1 << enum job_state; 0 = all */
	const char *type; /* NULL = any, here and below */
	const char *queue;
	const char *worker; /* who runs it */
	const char *tag;
	const char *scope;  /* a tag that it must carry too */
	const char *parent; /* jid */
	const char *bid;
	struct walltime since, until; /* created from since on and before until */
	int64_t after;                /* seq of the last job seen, 0 = from the beginning */
	bool oldest_first;
	int64_t limit;
};

/* Finished jobs of a type that are to be forgotten. */
struct job_trim {
	const char *type;
	enum job_state state;
	int64_t keep;               /* the newest so many stay */
	struct walltime older_than; /* but none that ended before this */
	int64_t limit;              /* of rows removed in one call */
};

/* A batch of jobs.  Its strings belong to whoever filled it. */
struct batch {
	const char *bid, *parent, *description;
	const char *tag;                /* of whom it is, "" = nobody in particular */
	const char *complete, *success; /* jobs as JSON, "" = none */
	struct walltime created_at;
	int64_t total, pending, failed;
	int64_t children_open;       /* batches within it whose complete callback is not due yet */
	int64_t children_unfinished; /* ... that have not succeeded with their callback */
	bool committed;
	/* enum batch_callback of batch.h */
	int64_t complete_state, success_state;
	struct walltime finished_at; /* nothing more will happen to it */
	struct job_memory *memory;
};

/* A schedule that a user made.  Its strings belong to whoever filled it; never NULL. */
struct routine {
	const char *name, *job, *args, *queue, *tags;
	const char *schedule; /* the text that says when; made of the next ones if they are set */
	const char *timezone;
	const char *frequency, *time, *month_end;
	int64_t day;
	bool enabled;
	int64_t catch_up; /* enum conf_catch_up */
	struct walltime created_at, cursor;
	struct walltime next_at; /* unset: never */
	struct job_memory *memory;
};

struct batch_filter {
	const char *before; /* bid of the last one seen, NULL = from the newest on */
	const char *tag;    /* NULL = any */
	int64_t limit;
};

struct routine_filter {
	const char *after;             /* name of the last one seen, NULL = from the beginning */
	const char *job, *tag, *scope; /* scope: a tag that it must carry too */
	int64_t enabled;               /* 1, 0, or -1 for both */
	int64_t limit;
};

/* The callbacks of lists return false to stop.  What they get is valid during the call; they must
 * not change the store. */
typedef bool (*store_job_fn)(void *arg, const struct job *);
typedef bool (*store_attempt_fn)(void *arg, const struct attempt *);
typedef bool (*store_tick_fn)(void *arg, const struct tick_record *);
typedef bool (*store_exit_fn)(void *arg, const struct exit_record *);
typedef bool (*store_queue_fn)(void *arg, const struct queue_record *);
typedef bool (*store_stat_fn)(void *arg, const struct stat_record *);
typedef bool (*store_routine_fn)(void *arg, const struct routine *);
typedef bool (*store_note_fn)(void *arg, const char *key, const char *text);
typedef bool (*store_figure_fn)(void *arg, const struct figure *);
typedef bool (*store_batch_fn)(void *arg, const struct batch *);
typedef bool (*store_audit_fn)(void *arg, const struct audit_record *);

struct store {
	const struct store_ops *ops;
	char error[STORE_ERROR_MAX]; /* of the last STORE_FAILED: what and where, for people */
	bool broken;                 /* it must be closed and opened again */
	bool owes;                   /* settle() has something to write */
	struct durability durability;
};

struct store_ops {
	/* Waits for the disk where durability_waits(). */
	enum store_result (*commit)(struct store *);
	/* Brings to disk what commits left behind that did not wait: durability.owes. */
	enum store_result (*sync)(struct store *);
	void (*rollback)(struct store *);
	void (*close)(struct store *);
	/* Writes what need not be on disk with each commit: statistics, of which a crash takes what
	 * was added since the last call.  Reads see them at once.  The first call makes ready what
	 * commits are faster with. */
	enum store_result (*settle)(struct store *);
	/* 0 with STORE_OK when the data is where it was; looked at before a turn that waits. */
	enum store_result (*check)(struct store *);
	/* A small change, made to learn whether changes are possible. */
	enum store_result (*probe)(struct store *);
	/* How long a change waits for another process that holds the database. */
	void (*patience)(struct store *, int64_t timeout_ms);
	/* Forgets all jobs, batches and attempts. */
	enum store_result (*flush)(struct store *);

	/* STORE_NONE: with these there would be more different names than STORE_NAMES_MAX.  NULL
	 * is none; tags is a JSON array of texts. */
	enum store_result (*names_fit)(
	    struct store *, const char *type, const char *queue, const char *tags);
	/* Sets job->id.  STORE_EXISTS if the jid is in use. */
	enum store_result (*job_add)(struct store *, struct job *);
	/* Fills `job`, which must be cleared or never used. */
	enum store_result (*job_get)(struct store *, const char *jid, struct job *);
	enum store_result (*job_get_id)(struct store *, int64_t id, struct job *);
	/* The same as job_get, but args and extra may be missing: for who changes its state. */
	enum store_result (*job_get_brief)(struct store *, const char *jid, struct job *);
	/* Writes everything that may change: all but id, jid, type, builtin, args, extra, tags,
	 * after, parent, bid and created_at.  The job must be as it was read or written last. */
	enum store_result (*job_save)(struct store *, struct job *);
	/* The same for a ready job that has become a running one: a claim, see durability.h. */
	enum store_result (*job_start)(struct store *, struct job *);
	enum store_result (*job_delete)(struct store *, const struct job *);
	/* The ready job of the queue that comes first, of those that are for jobd-runner or of the
	 * others: priority, then order of arrival.  Nobody else gets it before the end of the
	 * transaction. */
	enum store_result (*job_first)(
	    struct store *, const char *queue, bool builtin, struct job *);
	/* The job with the earliest wake_at, if that is not after `now`. */
	enum store_result (*job_due)(struct store *, struct walltime now, struct job *);
	enum store_result (*job_next_wake)(struct store *, struct walltime *when);
	enum store_result (*job_list)(
	    struct store *, const struct job_filter *, store_job_fn, void *arg);
	/* By state; `limit`, `after` and the order do not count.  A NULL filter: all of them. */
	enum store_result (*job_count)(
	    struct store *, const struct job_filter *, int64_t counts[JOB_STATE_COUNT]);
	/* How many of the type are ready or running, and how many blocked. */
	enum store_result (*job_active)(
	    struct store *, const char *type, int64_t *active, int64_t *waiting);
	/* Sets *removed. */
	enum store_result (*job_trim)(struct store *, const struct job_trim *, int64_t *removed);

	/* How many with this gate are ready or running, counted up to `limit`. */
	enum store_result (*gate_active)(
	    struct store *, const char *gate, int64_t limit, int64_t *active);
	/* The job that is blocked by the gate and comes first: priority, then order of arrival. */
	enum store_result (*gate_next)(struct store *, const char *gate, struct job *);

	/* Who holds the key, and until when; STORE_NONE if nobody does. */
	enum store_result (*unique_get)(
	    struct store *, const char *key, int64_t *id, struct walltime *until);
	/* Takes it, whoever held it. */
	enum store_result (*unique_put)(
	    struct store *, const char *key, int64_t id, struct walltime until);
	/* Gives it back if this job holds it. */
	enum store_result (*unique_drop)(struct store *, const char *key, int64_t id);
	/* Forgets keys that ran out before `now`, at most so many. */
	enum store_result (*unique_trim)(struct store *, struct walltime now, int64_t limit);

	/* The job waits for the end of another one. */
	enum store_result (*after_add)(struct store *, int64_t id, int64_t awaited);
	/* A job that waits for this one; STORE_NONE if there is none. */
	enum store_result (*after_next)(struct store *, int64_t awaited, int64_t *id);
	/* It does not any more; *left says for how many it still waits. */
	enum store_result (*after_drop)(struct store *, int64_t id, int64_t awaited, int64_t *left);
	/* One that it waits for. */
	enum store_result (*after_first)(struct store *, int64_t id, int64_t *awaited);

	/* Replaces the batch of this bid, or adds it. */
	enum store_result (*batch_put)(struct store *, const struct batch *);
	/* Fills `batch`; batch_clear() it. */
	enum store_result (*batch_get)(struct store *, const char *bid, struct batch *);
	/* Newest first. */
	enum store_result (*batch_list)(
	    struct store *, const struct batch_filter *, store_batch_fn, void *arg);
	/* Forgets those that finished before this, at most so many. */
	enum store_result (*batch_trim)(struct store *, struct walltime older_than, int64_t limit);
	/* The oldest one that is not finished, was made before this and has no job any more. */
	enum store_result (*batch_stale)(
	    struct store *, struct walltime older_than, struct batch *);
	enum store_result (*batch_delete)(struct store *, const char *bid);

	/* The job must be saved or deleted after it. */
	enum store_result (*attempt_add)(struct store *, struct job *, const struct attempt *);
	/* Oldest first. */
	enum store_result (*attempt_list)(
	    struct store *, const struct job *, store_attempt_fn, void *arg);

	enum store_result (*schedule_get)(
	    struct store *, const char *name, struct schedule_state *);
	enum store_result (*schedule_put)(
	    struct store *, const char *name, const struct schedule_state *);
	/* Empties the fingerprint of every schedule that `keep` does not name. */
	enum store_result (*schedule_retire)(struct store *, const char *const *keep, size_t count);

	/* STORE_EXISTS if this due time of the schedule has a record. */
	enum store_result (*tick_add)(
	    struct store *, const char *schedule, const struct tick_record *);
	/* The tick that made this job came to nothing: it did not run, for this reason.  A tick
	 * that is not there is no error. */
	enum store_result (*tick_skip)(struct store *, const char *schedule, struct walltime due_at,
	    const char *jid, const char *reason);
	/* Newest first. */
	enum store_result (*tick_list)(
	    struct store *, const char *schedule, int64_t limit, store_tick_fn, void *arg);
	/* Forgets ticks beyond the newest `keep`, or decided before older_than, but none that is
	 * due after `cursor`: it must not be done again after the clock was set back. */
	enum store_result (*tick_trim)(struct store *, const char *schedule, int64_t keep,
	    struct walltime older_than, struct walltime cursor, int64_t limit);

	/* Replaces the routine of this name, or adds it. */
	enum store_result (*routine_put)(struct store *, const struct routine *);
	/* Fills `routine`; routine_clear() it. */
	enum store_result (*routine_get)(struct store *, const char *name, struct routine *);
	enum store_result (*routine_delete)(struct store *, const char *name);
	/* The one with the earliest next_at. */
	enum store_result (*routine_next)(struct store *, struct routine *);
	/* By name. */
	enum store_result (*routine_list)(
	    struct store *, const struct routine_filter *, store_routine_fn, void *arg);
	/* Those that are decided beyond `now` go back to it, and are due to be looked at. */
	enum store_result (*routine_rewind)(struct store *, struct walltime now);
	/* The ticks of a routine, as tick_add, tick_skip, tick_list and tick_trim; deleted with
	 * it. */
	enum store_result (*routine_tick_add)(
	    struct store *, const char *routine, const struct tick_record *);
	enum store_result (*routine_tick_skip)(struct store *, const char *routine,
	    struct walltime due_at, const char *jid, const char *reason);
	enum store_result (*routine_tick_list)(
	    struct store *, const char *routine, int64_t limit, store_tick_fn, void *arg);
	enum store_result (*routine_tick_trim)(
	    struct store *, const char *routine, int64_t keep, struct walltime cursor);

	/* STORE_EXISTS if it is known: same name, pid and time. */
	enum store_result (*exit_add)(struct store *, const struct exit_record *);
	enum store_result (*exit_list)(
	    struct store *, const char *name, int64_t limit, store_exit_fn, void *arg);
	enum store_result (*exit_trim)(struct store *, const char *name, int64_t keep);

	/* Keeps a short text under its key in the place of what was there; NULL forgets it. */
	enum store_result (*note_put)(struct store *, const char *key, const char *text);
	/* Those whose keys begin so, by key. */
	enum store_result (*note_list)(
	    struct store *, const char *prefix, store_note_fn, void *arg);
	/* Replaces the one of this hour, kind and name, or adds it. */
	enum store_result (*figure_put)(struct store *, const struct figure *);
	enum store_result (*figure_get)(struct store *, const struct figure *key, struct figure *);
	/* The hours from `since` on. */
	enum store_result (*figure_list)(
	    struct store *, enum figure_kind, struct walltime since, store_figure_fn, void *arg);
	/* Forgets hours before this, at most so many rows. */
	enum store_result (*figure_trim)(struct store *, struct walltime before, int64_t limit);

	/* Sets record->id. */
	enum store_result (*audit_add)(struct store *, struct audit_record *);
	/* Writes count and until of a record that is there. */
	enum store_result (*audit_save)(struct store *, const struct audit_record *);
	/* Newest first. */
	enum store_result (*audit_list)(
	    struct store *, const struct audit_filter *, store_audit_fn, void *arg);
	/* Forgets those beyond the newest `keep`, and those whose last time is before this; at most
	 * so many. */
	enum store_result (*audit_trim)(
	    struct store *, int64_t keep, struct walltime older_than, int64_t limit);

	/* Keeps paused, limits and rate_at of the record. */
	enum store_result (*queue_put)(struct store *, const struct queue_record *);
	/* Every queue that has jobs or something kept, by name. */
	enum store_result (*queue_list)(struct store *, store_queue_fn, void *arg);
	/* How many of its jobs are ready for jobd-runner or for others, and how many running. */
	enum store_result (*queue_size)(
	    struct store *, const char *queue, bool builtin, int64_t *ready, int64_t *running);

	/* Adds to the hour of the record; the maxima are compared. */
	enum store_result (*stat_add)(struct store *, const struct stat_record *);
	/* The hours from `since` on, oldest first. */
	enum store_result (*stat_list)(
	    struct store *, struct walltime since, store_stat_fn, void *arg);
	/* Attempts that ended, and those that ended badly, since ever. */
	enum store_result (*stat_total)(struct store *, int64_t *processed, int64_t *failures);

	/* Looks for damage: STORE_FAILED with what was found.  May take long. */
	enum store_result (*inspect)(struct store *);
	/* The file in which everything is, NULL if there is none; and its size in bytes. */
	const char *(*path)(const struct store *);
	int64_t (*bytes)(struct store *);
	/* Begins a copy of everything into a new file. */
	enum store_result (*backup_begin)(struct store *, const char *path);
	/* Copies a little more: STORE_OK while there is more, STORE_NONE when it is complete. */
	enum store_result (*backup_step)(struct store *);
	void (*backup_end)(struct store *);
	/* Gives unused room back to the disk, between two transactions.  May take long. */
	enum store_result (*vacuum)(struct store *);
};

void batch_init(struct batch *);
void batch_clear(struct batch *);
void routine_init(struct routine *);
void routine_clear(struct routine *);

/*
 * Opens or makes the database.  Waits at most timeout_ms when another process holds it, here and
 * later.  Returns NULL with the reason in error (STORE_ERROR_MAX bytes).
 */
struct store *store_sqlite_open(const char *path, int64_t timeout_ms, char *error);
/* For tests: nothing outlives it.  NULL without memory. */
struct store *store_memory_open(void);

#endif
