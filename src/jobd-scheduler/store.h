/*
 * Where jobs, ticks, schedules' state and exits of programs are kept: an interface as a struct of
 * functions, so that every store passes the same behaviour test.  Never decides anything; never
 * reads a clock.
 *
 * The first change after a commit begins a transaction; store_commit() makes it durable (on disk,
 * where there is one), store_rollback() forgets it.  Reads see what was changed before.  After
 * STORE_FAILED the transaction can only be rolled back.
 */
#ifndef SCHEDULER_STORE_H
#define SCHEDULER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "job.h"

#define STORE_ERROR_MAX 300

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

struct queue_record {
	char name[JOB_NAME_MAX + 1];
	bool paused;
	int64_t size;           /* ready jobs */
	struct walltime oldest; /* when the first of them was enqueued; unset if there is none */
};

enum store_counter { STORE_PROCESSED, STORE_FAILURES };
#define STORE_COUNTER_COUNT 2

struct job_filter {
	unsigned states;    /* bits 1 << enum job_state; 0 = all */
	const char *type;   /* NULL = any */
	const char *queue;  /* NULL = any */
	const char *worker; /* NULL = any */
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

/* The callbacks of lists return false to stop.  What they get is valid during the call; they must
 * not change the store. */
typedef bool (*store_job_fn)(void *arg, const struct job *);
typedef bool (*store_attempt_fn)(void *arg, const struct attempt *);
typedef bool (*store_tick_fn)(void *arg, const struct tick_record *);
typedef bool (*store_exit_fn)(void *arg, const struct exit_record *);
typedef bool (*store_queue_fn)(void *arg, const struct queue_record *);

struct store {
	const struct store_ops *ops;
	char error[STORE_ERROR_MAX]; /* of the last STORE_FAILED: what and where, for people */
	bool broken;                 /* it must be closed and opened again */
};

struct store_ops {
	enum store_result (*commit)(struct store *);
	void (*rollback)(struct store *);
	void (*close)(struct store *);
	/* 0 with STORE_OK when the data is where it was; looked at before a turn that waits. */
	enum store_result (*check)(struct store *);
	/* How long a change waits for another process that holds the database. */
	void (*patience)(struct store *, int64_t timeout_ms);

	/* Sets job->id.  STORE_EXISTS if the jid is in use. */
	enum store_result (*job_add)(struct store *, struct job *);
	/* Fills `job`, which must be cleared or never used. */
	enum store_result (*job_get)(struct store *, const char *jid, struct job *);
	/* Writes everything that may change: all but id, jid, type, builtin, args, extra and
	 * created_at. */
	enum store_result (*job_save)(struct store *, const struct job *);
	enum store_result (*job_delete)(struct store *, const struct job *);
	/* The ready job of the queue that comes first, of those that are for jobd-runner or of the
	 * others: priority, then order of arrival. */
	enum store_result (*job_first)(
	    struct store *, const char *queue, bool builtin, struct job *);
	/* The job with the earliest wake_at, if that is not after `now`. */
	enum store_result (*job_due)(struct store *, struct walltime now, struct job *);
	enum store_result (*job_next_wake)(struct store *, struct walltime *when);
	enum store_result (*job_list)(
	    struct store *, const struct job_filter *, store_job_fn, void *arg);
	enum store_result (*job_count)(struct store *, int64_t counts[JOB_STATE_COUNT]);
	/* How many of the type are ready or running, and how many blocked, counted up to `limit`
	 * each. */
	enum store_result (*job_active)(
	    struct store *, const char *type, int64_t limit, int64_t *active, int64_t *waiting);
	/* Sets *removed. */
	enum store_result (*job_trim)(struct store *, const struct job_trim *, int64_t *removed);

	enum store_result (*attempt_add)(
	    struct store *, const struct job *, const struct attempt *);
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
	/* Newest first. */
	enum store_result (*tick_list)(
	    struct store *, const char *schedule, int64_t limit, store_tick_fn, void *arg);
	/* Forgets ticks beyond the newest `keep`, or decided before older_than, but none that is
	 * due after `cursor`: it must not be done again after the clock was set back. */
	enum store_result (*tick_trim)(struct store *, const char *schedule, int64_t keep,
	    struct walltime older_than, struct walltime cursor, int64_t limit);

	/* STORE_EXISTS if it is known: same name, pid and time. */
	enum store_result (*exit_add)(struct store *, const struct exit_record *);
	enum store_result (*exit_list)(
	    struct store *, const char *name, int64_t limit, store_exit_fn, void *arg);
	enum store_result (*exit_trim)(struct store *, const char *name, int64_t keep);

	enum store_result (*queue_pause)(struct store *, const char *queue, bool paused);
	/* Every queue that is paused or has ready jobs. */
	enum store_result (*queue_list)(struct store *, store_queue_fn, void *arg);

	enum store_result (*counter_add)(struct store *, enum store_counter, int64_t add);
	enum store_result (*counter_get)(struct store *, int64_t counters[STORE_COUNTER_COUNT]);
};

/*
 * Opens or makes the database.  Waits at most timeout_ms when another process holds it, here and
 * later.  Returns NULL with the reason in error (STORE_ERROR_MAX bytes).
 */
struct store *store_sqlite_open(const char *path, int64_t timeout_ms, char *error);
/* For tests: nothing outlives it.  NULL without memory. */
struct store *store_memory_open(void);

#endif
