/*
 * What the files of the SQLite store share: its struct, its statements by name, and what is kept in
 * memory of it.  Nobody else includes this.
 *
 * A running job stands in `job` as a ready one and has a row in `running`, one that is done has one
 * in `done`: taking a job, giving it back and ending it touch small rows only.  What else becomes
 * of a job stands in `course`; one without such a row is called plain.  What is running, how many
 * jobs each queue and type has in which state, and the hour's statistics are held in memory, and
 * read anew after a rollback.
 */
#ifndef SCHEDULER_STORE_SQLITE_H
#define SCHEDULER_STORE_SQLITE_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "db.h"
#include "jid_table.h"
#include "store.h"
#include "store_sql.h"

/* The greatest number of a name: two of them share one number, see store_sqlite_row.c. */
#define NAME_ID_MAX ((INT64_C(1) << 27) - 1)

/* The name of queues and types: a number in the database, with how many jobs it has in memory. */
struct name {
	struct name *next; /* with the same hash */
	int64_t id;
	bool fresh; /* new in this transaction */
	int64_t queue_states[JOB_STATE_COUNT], type_states[JOB_STATE_COUNT];
	int64_t ready[2]; /* of the queue: for others, for jobd-runner */
	char text[];
};

struct names {
	struct name **by_text, **by_id;
	size_t text_size, id_size, count;
	bool fresh;           /* some are */
	struct name *dropped; /* by rollbacks; somebody may still hold their texts */
	struct name *pruned;  /* in this transaction */
	struct name *gone;    /* pruned in an earlier one */
	uint64_t refusals;    /* since many were pruned */
};

/* A running job, without args and extra. */
struct running {
	RB_ENTRY(running) by_jid, by_wake;
	TAILQ_ENTRY(running) by_age; /* while it is fresh */
	bool fresh;                  /* it does not stand in the table yet */
	struct job job;
};
TAILQ_HEAD(running_fresh, running);
RB_HEAD(running_jids, running);
RB_HEAD(running_wakes, running);

/* Rows of `running` that are removed together. */
#define RUNNING_GONE_MAX 64

/* A row of `ready`: the jobs from one id to another. */
struct ready_row {
	int64_t queue, builtin, rank, last, first, type;
};
#define READY_HELD_MAX 16

/* See store_sqlite_head.c. */
#define READY_HEAD_MAX 16

struct ready_head {
	int64_t queue;
	bool builtin;
	struct ready_row rows[READY_HEAD_MAX]; /* without those of their jobs that were taken */
	size_t at, count;                      /* those before `at` were taken as a whole */
	size_t gone;                           /* those before it do not stand in the table */
	bool shrunk;                           /* row `at` stands there with more jobs */
	/* The jobs of a row as they are read, NULL if none are: the next one's id, and the last. */
	struct db_query *jobs;
	int64_t next, last;
};

/* See store_sqlite_jid.c. */
struct jid_run {
	struct jid_entry *entries;
	size_t count, at; /* those before `at` are done */
	int64_t last_id;
};

struct jids {
	struct jid_table young;
	struct jid_run run;        /* on their way into the table */
	struct jid_run dead, gone; /* to be taken out of it; collected for that */
	size_t gone_size;
	int64_t merged_id;
	unsigned added; /* since the start */
	/* Of what is or was in the table since the start, and what is on its way there. */
	struct jid_filter *filter;
};

struct store_sqlite {
	struct store store; /* first: a struct store * is one of these */
	struct db *db;
	struct names names;
	struct jids jids;
	struct running_jids running;
	struct running_wakes wakes; /* those that have a wake_at */
	struct running_fresh fresh;
	int64_t gone[RUNNING_GONE_MAX]; /* ids that still stand in the table, but do not run */
	size_t gone_count;
	int64_t states[JOB_STATE_COUNT];
	int64_t last_id, reserved_id; /* ids up to reserved_id are not given out to others */
	struct ready_row ready[READY_HELD_MAX]; /* of this transaction; see ready_write() */
	size_t ready_held;
	struct ready_head head;
	int64_t later_at;         /* the first of the table `later`, 0 = none ... */
	bool later_known;         /* ... if it is known */
	struct stat_record hour;  /* of this transaction */
	struct stat_record owed;  /* committed, but not written yet */
	struct stat_record total; /* of all that was committed, and what is owed */
	bool owed_written;        /* in this transaction */
	bool has_room;            /* the log has its size */
	int64_t after_rows;       /* in the table `after` */
	bool changing;            /* memory differs from what was committed */
	struct db_backup *backup;
};

static inline struct store_sqlite *
sqlite_self(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* store_sqlite.c: STORE_FAILED with the database's error taken over, or for want of memory. */
enum store_result store_fail(struct store_sqlite *);
enum store_result store_no_memory(struct store_sqlite *);
/* STORE_OK, STORE_EXISTS or STORE_FAILED. */
enum store_result store_result_of(struct store_sqlite *, enum db_result);
/* Before every change, and nobody else calls db_begin(); _end, _push and _claim where nothing is
 * changed but what belongs to the end of a job, a new job, or a claim: see durability.h. */
enum store_result store_begin(struct store_sqlite *);
enum store_result store_begin_end(struct store_sqlite *);
enum store_result store_begin_push(struct store_sqlite *);
enum store_result store_begin_claim(struct store_sqlite *);
/* Of a statement that only changes: begins a transaction before.  Up to six numbers. */
enum store_result store_change(struct store_sqlite *, enum sql, const char *types, ...);
/* Ends a query whose last step gave this; STORE_NONE unless it was a row. */
enum store_result store_row_end(struct store_sqlite *, struct db_query *, enum db_result);
/* Ends a list. */
enum store_result store_list_end(struct store_sqlite *, struct db_query *, enum db_result);

/* store_sqlite_name.c */
enum store_result sqlite_names_fit(
    struct store *, const char *type, const char *queue, const char *tags);
enum store_result names_load(struct store_sqlite *);
void names_rollback(struct store_sqlite *);
void names_commit(struct store_sqlite *);
void names_clear(struct store_sqlite *);
/* NULL if it was never stored and `add` is false, or STORE_FAILED. */
enum store_result name_of(struct store_sqlite *, const char *text, bool add, struct name **);
/* NULL if there is none. */
struct name *name_by_id(struct store_sqlite *, int64_t id);

/* store_sqlite_jid.c */
#define JID_FOUND_MAX 16
enum store_result jid_load(struct store_sqlite *, int64_t merged_id);
void jid_clear(struct store_sqlite *);
/* Of a jid; what jid_find() will look at is on its way to the processor then. */
int64_t jid_hash(const struct store_sqlite *, const char *jid);
enum store_result jid_add(struct store_sqlite *, int64_t hash, int64_t id);
enum store_result jid_remove(struct store_sqlite *, int64_t hash, int64_t id);
/* Ids of jobs that may have it; there may be none of that id. */
enum store_result jid_find(
    struct store_sqlite *, int64_t hash, int64_t ids[JID_FOUND_MAX], size_t *count);

/* store_sqlite_ready.c: the ready jobs of a queue in the order in which they are taken.  The rows
 * of a transaction are held, and written many at a time: a job that is taken in the transaction
 * that brought it is never written there. */
enum store_result ready_add(
    struct store_sqlite *, const struct job *, const struct name *queue, const struct name *type);
/* As the job stands in the database. */
enum store_result ready_remove(struct store_sqlite *, const struct job *);
/* Writes what is held: before the end of the transaction, and before whatever reads the table. */
enum store_result ready_write(struct store_sqlite *);

/* store_sqlite_head.c: the jobs that are taken next.  STORE_NONE: there is none in the table. */
enum store_result head_first(struct store_sqlite *, int64_t queue, bool builtin, struct job *);
/* It is the next one; and is not ready any more. */
bool head_is(const struct store_sqlite *, const struct job *);
enum store_result head_take(struct store_sqlite *);
/* What was taken is removed from the table; and before something comes into it. */
enum store_result head_write(struct store_sqlite *);
enum store_result head_end(struct store_sqlite *);
/* Nothing of it stands. */
void head_forget(struct store_sqlite *);

/* store_sqlite_later.c: looked at when their time has come. */
enum store_result later_add(struct store_sqlite *, const struct job *);
enum store_result later_remove(struct store_sqlite *, const struct job *);
/* After something else changed the table. */
void later_forget(struct store_sqlite *);

/* store_sqlite_running.c: the running jobs, of which the table is a copy for the next start. */
struct running *running_find(struct store_sqlite *, const char *jid);
struct running *running_first(struct store_sqlite *); /* by wake_at, or NULL */
/* All of them one after the other, from NULL to NULL. */
struct running *running_next(struct store_sqlite *, struct running *);
enum store_result running_add(struct store_sqlite *, const struct job *);
/* STORE_NONE if it does not run. */
enum store_result running_remove(struct store_sqlite *, const char *jid);
/* Writes to the table what became different: before the end of the transaction, and before whatever
 * reads the table. */
enum store_result running_write(struct store_sqlite *);
void running_clear(struct store_sqlite *);
enum store_result running_load(struct store_sqlite *);

/* store_sqlite_done.c: jobs that are done, and only there. */
enum store_result done_add(
    struct store_sqlite *, const struct job *, const struct name *queue, const struct name *type);
enum store_result done_remove(struct store_sqlite *, const struct job *, const struct name *type);
/* If it is one of them: what became of it. */
enum store_result done_read(struct store_sqlite *, struct job *);

/* store_sqlite_course.c: what a job is beyond its row in `job`, which says everything about a plain
 * one. */
bool course_is_plain(const struct job *);
enum store_result course_add(
    struct store_sqlite *, const struct job *, const struct name *queue, const struct name *type);
/* The first time it gets its row there.  STORE_NONE if there is no such job. */
enum store_result course_save(
    struct store_sqlite *, struct job *, const struct name *queue, const struct name *type);
/* Where its flags are. */
enum store_result course_save_flags(struct store_sqlite *, const struct job *);

/* store_sqlite_tally.c: how many jobs are in which state. */
void tally_change(struct store_sqlite *, struct name *queue, struct name *type, bool builtin,
    enum job_state, int64_t add);
enum store_result tally_load(struct store_sqlite *);
enum store_result sqlite_job_active(
    struct store *, const char *type, int64_t *active, int64_t *waiting);
enum store_result sqlite_queue_size(
    struct store *, const char *queue, bool builtin, int64_t *ready, int64_t *running);
enum store_result sqlite_queue_put(struct store *, const struct queue_record *);
enum store_result sqlite_queue_list(struct store *, store_queue_fn, void *arg);

/* store_sqlite_stat.c: written now and then, see store_ops.settle. */
enum store_result stat_load(struct store_sqlite *);
void stat_commit(struct store_sqlite *);
void stat_rollback(struct store_sqlite *);
enum store_result sqlite_settle(struct store *);
enum store_result sqlite_stat_add(struct store *, const struct stat_record *);
enum store_result sqlite_stat_list(struct store *, struct walltime since, store_stat_fn, void *arg);
enum store_result sqlite_stat_total(struct store *, int64_t *processed, int64_t *failures);

/* store_sqlite_job.c. store_job_one: the query's first row as a job, and the query is over. */
enum store_result store_job_one(struct store_sqlite *, struct db_query *, struct job *);
enum store_result sqlite_job_add(struct store *, struct job *);
enum store_result sqlite_job_get(struct store *, const char *jid, struct job *);
enum store_result sqlite_job_get_id(struct store *, int64_t id, struct job *);
enum store_result sqlite_job_get_brief(struct store *, const char *jid, struct job *);
enum store_result sqlite_job_save(struct store *, struct job *);
enum store_result sqlite_job_start(struct store *, struct job *);
enum store_result sqlite_job_delete(struct store *, const struct job *);
enum store_result sqlite_job_first(struct store *, const char *queue, bool builtin, struct job *);
enum store_result sqlite_job_due(struct store *, struct walltime now, struct job *);
enum store_result sqlite_job_next_wake(struct store *, struct walltime *when);
/* store_sqlite_row.c: a row of JOB_COLUMNS as a job, with its detail and, if it runs, what only
 * the running ones have.  How many columns these are. */
#define JOB_COLUMNS_END 27
enum store_result job_read(struct store_sqlite *, struct db_query *, struct job *);
enum store_result detail_put(struct store_sqlite *, const struct job *);
bool job_has_detail(const struct job *);
int64_t job_flags(const struct job *);
/* What they say of the store. */
void job_set_flags(struct job *, int64_t flags);
/* It has rows in `detail` or `attempt`; in `course`. */
bool job_flags_have_more(int64_t flags);
bool job_flags_have_course(int64_t flags);
/* The same with its priority, its queue and its type. */
int64_t job_what(const struct job *, const struct name *queue, const struct name *type);
/* One that is ready; a query of PLAIN_COLUMNS has its row.  The same, by its id. */
enum store_result job_read_ready(struct store_sqlite *, struct db_query *, struct job *);
enum store_result job_get_ready(struct store_sqlite *, int64_t id, struct job *);
/* Remembers in the job that this is how it stands in the database. */
void job_note_stored(struct job *, int64_t queue);

/* store_sqlite_list.c */
enum store_result sqlite_job_list(
    struct store *, const struct job_filter *, store_job_fn, void *arg);
enum store_result sqlite_job_count(
    struct store *, const struct job_filter *, int64_t counts[JOB_STATE_COUNT]);
enum store_result sqlite_job_trim(struct store *, const struct job_trim *, int64_t *removed);

/* store_sqlite_link.c */
enum store_result sqlite_gate_active(
    struct store *, const char *gate, int64_t limit, int64_t *active);
enum store_result sqlite_gate_next(struct store *, const char *gate, struct job *);
enum store_result gate_change(struct store_sqlite *, const char *gate, int64_t add);
enum store_result sqlite_unique_get(
    struct store *, const char *key, int64_t *id, struct walltime *until);
enum store_result sqlite_unique_put(
    struct store *, const char *key, int64_t id, struct walltime until);
enum store_result sqlite_unique_drop(struct store *, const char *key, int64_t id);
enum store_result sqlite_unique_trim(struct store *, struct walltime now, int64_t limit);
enum store_result after_load(struct store_sqlite *);
enum store_result sqlite_after_add(struct store *, int64_t id, int64_t awaited);
enum store_result sqlite_after_next(struct store *, int64_t awaited, int64_t *id);
enum store_result sqlite_after_drop(struct store *, int64_t id, int64_t awaited, int64_t *left);
enum store_result sqlite_after_first(struct store *, int64_t id, int64_t *awaited);
enum store_result sqlite_batch_put(struct store *, const struct batch *);
enum store_result sqlite_batch_get(struct store *, const char *bid, struct batch *);
enum store_result sqlite_batch_list(
    struct store *, const struct batch_filter *, store_batch_fn, void *arg);
enum store_result sqlite_batch_stale(struct store *, struct walltime older_than, struct batch *);
enum store_result sqlite_batch_delete(struct store *, const char *bid);
enum store_result sqlite_batch_trim(struct store *, struct walltime older_than, int64_t limit);

/* store_sqlite_calendar.c */
enum store_result sqlite_attempt_add(struct store *, struct job *, const struct attempt *);
enum store_result sqlite_attempt_list(
    struct store *, const struct job *, store_attempt_fn, void *arg);
enum store_result sqlite_schedule_get(struct store *, const char *name, struct schedule_state *);
enum store_result sqlite_schedule_put(
    struct store *, const char *name, const struct schedule_state *);
enum store_result sqlite_schedule_retire(struct store *, const char *const *keep, size_t count);
enum store_result sqlite_tick_add(struct store *, const char *schedule, const struct tick_record *);
enum store_result sqlite_tick_skip(struct store *, const char *schedule, struct walltime due_at,
    const char *jid, const char *reason);
enum store_result sqlite_tick_list(
    struct store *, const char *schedule, int64_t limit, store_tick_fn, void *arg);
enum store_result sqlite_tick_trim(struct store *, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit);
enum store_result sqlite_exit_add(struct store *, const struct exit_record *);
enum store_result sqlite_exit_list(
    struct store *, const char *name, int64_t limit, store_exit_fn, void *arg);
enum store_result sqlite_exit_trim(struct store *, const char *name, int64_t keep);
/* Of a query whose columns are those of SQL_TICK_LIST. */
enum store_result store_tick_list(
    struct store_sqlite *, struct db_query *, store_tick_fn, void *arg);
/* store_sqlite_routine.c */
enum store_result sqlite_routine_put(struct store *, const struct routine *);
enum store_result sqlite_routine_get(struct store *, const char *name, struct routine *);
enum store_result sqlite_routine_delete(struct store *, const char *name);
enum store_result sqlite_routine_next(struct store *, struct routine *);
enum store_result sqlite_routine_list(
    struct store *, const struct routine_filter *, store_routine_fn, void *arg);
enum store_result sqlite_routine_rewind(struct store *, struct walltime now);
enum store_result sqlite_routine_tick_skip(struct store *, const char *routine,
    struct walltime due_at, const char *jid, const char *reason);
enum store_result sqlite_routine_tick_add(
    struct store *, const char *routine, const struct tick_record *);
enum store_result sqlite_routine_tick_list(
    struct store *, const char *routine, int64_t limit, store_tick_fn, void *arg);
enum store_result sqlite_routine_tick_trim(
    struct store *, const char *routine, int64_t keep, struct walltime cursor);
/* store_sqlite_note.c */
enum store_result sqlite_note_put(struct store *, const char *key, const char *text);
enum store_result sqlite_note_list(struct store *, const char *prefix, store_note_fn, void *arg);
/* store_sqlite_audit.c */
enum store_result sqlite_figure_put(struct store *, const struct figure *);
enum store_result sqlite_figure_get(struct store *, const struct figure *key, struct figure *);
enum store_result sqlite_figure_list(
    struct store *, enum figure_kind, struct walltime since, store_figure_fn, void *arg);
enum store_result sqlite_figure_trim(struct store *, struct walltime before, int64_t limit);
enum store_result sqlite_audit_add(struct store *, struct audit_record *);
enum store_result sqlite_audit_save(struct store *, const struct audit_record *);
enum store_result sqlite_audit_list(
    struct store *, const struct audit_filter *, store_audit_fn, void *arg);
enum store_result sqlite_audit_trim(
    struct store *, int64_t keep, struct walltime older_than, int64_t limit);
/* store_sqlite_keep.c */
enum store_result sqlite_flush(struct store *);
enum store_result sqlite_inspect(struct store *);
const char *sqlite_path(const struct store *);
int64_t sqlite_bytes(struct store *);
enum store_result sqlite_backup_begin(struct store *, const char *path);
enum store_result sqlite_backup_step(struct store *);
void sqlite_backup_end(struct store *);
enum store_result sqlite_vacuum(struct store *);

#endif
