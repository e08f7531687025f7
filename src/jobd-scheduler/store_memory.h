/*
 * What the files of the store in memory share.  Nobody else includes this.
 *
 * Everything stands in arrays of copies.  The first change makes a copy of all of it, which a
 * rollback puts back: simple, and fast enough for tests.
 */
#ifndef SCHEDULER_STORE_MEMORY_H
#define SCHEDULER_STORE_MEMORY_H

#include "store.h"

struct attempt_row {
	int64_t job;
	struct attempt attempt;
};

struct schedule_row {
	char name[JOB_NAME_MAX + 1];
	struct schedule_state state;
};

struct tick_row {
	char schedule[JOB_NAME_MAX + 1];
	struct tick_record tick;
};

struct unique_row {
	char key[JOB_KEY_MAX + 1];
	int64_t id;
	struct walltime until;
};

struct after_row {
	int64_t id, awaited;
};

struct note_row {
	char key[NOTE_KEY_MAX];
	char text[NOTE_TEXT_MAX];
};

/* A growing array of rows of one size. */
struct rows {
	char *data;
	size_t count, size;
};

enum table {
	T_JOB,
	T_ATTEMPT,
	T_SCHEDULE,
	T_TICK,
	T_EXIT,
	T_QUEUE,
	T_UNIQUE,
	T_AFTER,
	T_BATCH,
	T_ROUTINE,
	T_STAT,
	T_NOTE,
	T_AUDIT,
	T_FIGURE,
	T_COUNT
};

struct content {
	struct rows tables[T_COUNT];
	int64_t last_id;
};

struct store_memory {
	struct store store; /* first */
	struct content now, before;
	bool changing; /* `before` is set */
	bool backup;   /* one is under way */
};

void no_memory(void) __attribute__((noreturn));
void *row_at(struct rows *, size_t index);
void *row_add(struct rows *);
void row_remove(struct rows *, size_t index);
/* A new one at this place. */
void *row_insert(struct rows *, size_t index);
struct rows *table(struct store *, enum table);
/* The table, for a change. */
struct rows *table_change(struct store *, enum table);
/* The same for a change that belongs to the end of a job, a new job, or a claim: see durability.h.
 */
struct rows *table_end(struct store *, enum table);
struct rows *table_push(struct store *, enum table);
struct rows *table_claim(struct store *, enum table);
/* For what is told to nobody as done: statistics. */
struct rows *table_aside(struct store *, enum table);
void keep_job(struct job *to, const struct job *from);
void keep_attempt(struct attempt *to, const struct attempt *from);
void drop_attempt(struct attempt *);
void keep_batch(struct batch *to, const struct batch *from);
void keep_routine(struct routine *to, const struct routine *from);

/* The functions of struct store_ops, by file: _job, _link, _calendar. */
enum store_result memory_job_add(struct store *, struct job *);
enum store_result memory_job_get(struct store *, const char *jid, struct job *);
enum store_result memory_job_get_id(struct store *, int64_t id, struct job *);
enum store_result memory_job_save(struct store *, struct job *);
enum store_result memory_job_start(struct store *, struct job *);
enum store_result memory_job_delete(struct store *, const struct job *);
enum store_result memory_job_first(struct store *, const char *queue, bool builtin, struct job *);
enum store_result memory_job_due(struct store *, struct walltime now, struct job *);
enum store_result memory_job_next_wake(struct store *, struct walltime *when);
enum store_result memory_job_list(
    struct store *, const struct job_filter *, store_job_fn, void *arg);
enum store_result memory_job_count(
    struct store *, const struct job_filter *, int64_t counts[JOB_STATE_COUNT]);
enum store_result memory_job_active(
    struct store *, const char *type, int64_t *active, int64_t *waiting);
enum store_result memory_job_trim(struct store *, const struct job_trim *, int64_t *removed);
enum store_result memory_flush(struct store *);
enum store_result memory_attempt_add(struct store *, struct job *, const struct attempt *);
enum store_result memory_attempt_list(
    struct store *, const struct job *, store_attempt_fn, void *arg);
enum store_result memory_gate_active(
    struct store *, const char *gate, int64_t limit, int64_t *active);
enum store_result memory_gate_next(struct store *, const char *gate, struct job *);
enum store_result memory_unique_get(
    struct store *, const char *key, int64_t *id, struct walltime *until);
enum store_result memory_unique_put(
    struct store *, const char *key, int64_t id, struct walltime until);
enum store_result memory_unique_drop(struct store *, const char *key, int64_t id);
enum store_result memory_unique_trim(struct store *, struct walltime now, int64_t limit);
enum store_result memory_after_add(struct store *, int64_t id, int64_t awaited);
enum store_result memory_after_next(struct store *, int64_t awaited, int64_t *id);
enum store_result memory_after_drop(struct store *, int64_t id, int64_t awaited, int64_t *left);
enum store_result memory_after_first(struct store *, int64_t id, int64_t *awaited);
enum store_result memory_batch_put(struct store *, const struct batch *);
enum store_result memory_batch_get(struct store *, const char *bid, struct batch *);
enum store_result memory_batch_list(
    struct store *, const struct batch_filter *, store_batch_fn, void *arg);
enum store_result memory_batch_stale(struct store *, struct walltime older_than, struct batch *);
enum store_result memory_batch_delete(struct store *, const char *bid);
enum store_result memory_batch_trim(struct store *, struct walltime older_than, int64_t limit);
enum store_result memory_schedule_get(struct store *, const char *name, struct schedule_state *);
enum store_result memory_schedule_put(
    struct store *, const char *name, const struct schedule_state *);
enum store_result memory_schedule_retire(struct store *, const char *const *keep, size_t count);
enum store_result memory_tick_add(struct store *, const char *schedule, const struct tick_record *);
enum store_result memory_tick_skip(struct store *, const char *schedule, struct walltime due_at,
    const char *jid, const char *reason);
enum store_result memory_tick_list(
    struct store *, const char *schedule, int64_t limit, store_tick_fn, void *arg);
enum store_result memory_tick_trim(struct store *, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit);
enum store_result memory_routine_put(struct store *, const struct routine *);
enum store_result memory_routine_get(struct store *, const char *name, struct routine *);
enum store_result memory_routine_delete(struct store *, const char *name);
enum store_result memory_routine_next(struct store *, struct routine *);
enum store_result memory_routine_list(
    struct store *, const struct routine_filter *, store_routine_fn, void *arg);
enum store_result memory_routine_rewind(struct store *, struct walltime now);
enum store_result memory_routine_tick_trim(
    struct store *, const char *routine, int64_t keep, struct walltime cursor);
enum store_result memory_exit_add(struct store *, const struct exit_record *);
enum store_result memory_exit_list(
    struct store *, const char *name, int64_t limit, store_exit_fn, void *arg);
enum store_result memory_exit_trim(struct store *, const char *name, int64_t keep);
enum store_result memory_note_put(struct store *, const char *key, const char *text);
enum store_result memory_note_list(struct store *, const char *prefix, store_note_fn, void *arg);
enum store_result memory_figure_put(struct store *, const struct figure *);
enum store_result memory_figure_get(struct store *, const struct figure *key, struct figure *);
enum store_result memory_figure_list(
    struct store *, enum figure_kind, struct walltime since, store_figure_fn, void *arg);
enum store_result memory_figure_trim(struct store *, struct walltime before, int64_t limit);
enum store_result memory_audit_add(struct store *, struct audit_record *);
enum store_result memory_audit_save(struct store *, const struct audit_record *);
enum store_result memory_audit_list(
    struct store *, const struct audit_filter *, store_audit_fn, void *arg);
enum store_result memory_audit_trim(
    struct store *, int64_t keep, struct walltime older_than, int64_t limit);
enum store_result memory_queue_put(struct store *, const struct queue_record *);
enum store_result memory_queue_list(struct store *, store_queue_fn, void *arg);
enum store_result memory_queue_size(
    struct store *, const char *queue, bool builtin, int64_t *ready, int64_t *running);
enum store_result memory_stat_add(struct store *, const struct stat_record *);
enum store_result memory_stat_list(struct store *, struct walltime since, store_stat_fn, void *arg);
enum store_result memory_stat_total(struct store *, int64_t *processed, int64_t *failures);

#endif
