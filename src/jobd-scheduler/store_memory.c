#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_memory.h"

static const size_t row_sizes[T_COUNT] = {
	[T_JOB] = sizeof(struct job),
	[T_ATTEMPT] = sizeof(struct attempt_row),
	[T_SCHEDULE] = sizeof(struct schedule_row),
	[T_TICK] = sizeof(struct tick_row),
	[T_EXIT] = sizeof(struct exit_record),
	[T_QUEUE] = sizeof(struct queue_record),
	[T_UNIQUE] = sizeof(struct unique_row),
	[T_AFTER] = sizeof(struct after_row),
	[T_BATCH] = sizeof(struct batch),
	[T_ROUTINE] = sizeof(struct routine),
	[T_STAT] = sizeof(struct stat_record),
	[T_NOTE] = sizeof(struct note_row),
	[T_AUDIT] = sizeof(struct audit_record),
	[T_FIGURE] = sizeof(struct figure),
};

static const struct store_ops memory_ops;

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

void
no_memory(void)
{
	fprintf(stderr, "out of memory\n");
	abort();
}

void *
row_at(struct rows *rows, size_t index)
{
	return rows->data + index * rows->size;
}

void *
row_add(struct rows *rows)
{
	char *data = realloc(rows->data, (rows->count + 1) * rows->size);

	if (data == NULL)
		no_memory();
	rows->data = data;
	memset(row_at(rows, rows->count), 0, rows->size);
	return row_at(rows, rows->count++);
}

void
row_remove(struct rows *rows, size_t index)
{
	rows->count--;
	memmove(row_at(rows, index), row_at(rows, index + 1), (rows->count - index) * rows->size);
}

void *
row_insert(struct rows *rows, size_t index)
{
	row_add(rows);
	memmove(
	    row_at(rows, index + 1), row_at(rows, index), (rows->count - 1 - index) * rows->size);
	memset(row_at(rows, index), 0, rows->size);
	return row_at(rows, index);
}

void
keep_job(struct job *to, const struct job *from)
{
	if (job_copy(to, from) == -1)
		no_memory();
}

static const char *
keep_bytes(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		no_memory();
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void
keep_attempt(struct attempt *to, const struct attempt *from)
{
	*to = *from;
	to->worker = keep_bytes(from->worker, strlen(from->worker));
	to->reason = keep_bytes(from->reason, strlen(from->reason));
	to->error = keep_bytes(from->error, strlen(from->error));
	to->output_head = keep_bytes(from->output_head, from->head_len);
	to->output_tail = keep_bytes(from->output_tail, from->tail_len);
}

void
drop_attempt(struct attempt *attempt)
{
	const char *const texts[] = { attempt->worker, attempt->reason, attempt->error,
		attempt->output_head, attempt->output_tail };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free((char *)(uintptr_t)texts[i]);
}

static void
keep_texts(struct job_memory **memory, const char ***fields, size_t count)
{
	*memory = NULL;
	for (size_t i = 0; i < count; i++)
		if (text_keep(memory, fields[i], *fields[i], strlen(*fields[i])) == -1)
			no_memory();
}

void
keep_batch(struct batch *to, const struct batch *from)
{
	const char **fields[] = { &to->bid, &to->parent, &to->description, &to->complete,
		&to->success, &to->tag };

	*to = *from;
	keep_texts(&to->memory, fields, 6);
}

void
keep_routine(struct routine *to, const struct routine *from)
{
	const char **fields[] = { &to->name, &to->job, &to->args, &to->queue, &to->tags,
		&to->schedule, &to->timezone, &to->frequency, &to->time, &to->month_end };

	*to = *from;
	keep_texts(&to->memory, fields, 10);
}

static void
content_copy(struct content *to, const struct content *from)
{
	*to = *from;
	for (int t = 0; t < T_COUNT; t++) {
		const struct rows *rows = &from->tables[t];

		if ((to->tables[t].data = malloc(rows->count * rows->size + 1)) == NULL)
			no_memory();
		if (rows->count > 0)
			memcpy(to->tables[t].data, rows->data, rows->count * rows->size);
	}
	for (size_t i = 0; i < to->tables[T_JOB].count; i++) {
		struct job *job = row_at(&to->tables[T_JOB], i), old = *job;

		keep_job(job, &old);
	}
	for (size_t i = 0; i < to->tables[T_ATTEMPT].count; i++) {
		struct attempt_row *row = row_at(&to->tables[T_ATTEMPT], i), old = *row;

		keep_attempt(&row->attempt, &old.attempt);
	}
	for (size_t i = 0; i < to->tables[T_BATCH].count; i++) {
		struct batch *batch = row_at(&to->tables[T_BATCH], i), old = *batch;

		keep_batch(batch, &old);
	}
	for (size_t i = 0; i < to->tables[T_ROUTINE].count; i++) {
		struct routine *routine = row_at(&to->tables[T_ROUTINE], i), old = *routine;

		keep_routine(routine, &old);
	}
}

static void
content_clear(struct content *content)
{
	for (size_t i = 0; i < content->tables[T_JOB].count; i++)
		job_clear(row_at(&content->tables[T_JOB], i));
	for (size_t i = 0; i < content->tables[T_ATTEMPT].count; i++)
		drop_attempt(
		    &((struct attempt_row *)row_at(&content->tables[T_ATTEMPT], i))->attempt);
	for (size_t i = 0; i < content->tables[T_BATCH].count; i++)
		batch_clear(row_at(&content->tables[T_BATCH], i));
	for (size_t i = 0; i < content->tables[T_ROUTINE].count; i++)
		routine_clear(row_at(&content->tables[T_ROUTINE], i));
	for (int t = 0; t < T_COUNT; t++)
		free(content->tables[t].data);
	memset(content, 0, sizeof(*content));
}

struct store *
store_memory_open(void)
{
	struct store_memory *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->store.ops = &memory_ops;
	for (int t = 0; t < T_COUNT; t++)
		s->now.tables[t].size = row_sizes[t];
	return &s->store;
}

struct rows *
table(struct store *store, enum table t)
{
	return &self(store)->now.tables[t];
}

static void
begin(struct store_memory *s)
{
	if (!s->changing)
		content_copy(&s->before, &s->now);
	s->changing = true;
}

struct rows *
table_change(struct store *store, enum table t)
{
	durability_change(&store->durability);
	begin(self(store));
	return table(store, t);
}

struct rows *
table_end(struct store *store, enum table t)
{
	durability_end(&store->durability);
	begin(self(store));
	return table(store, t);
}

struct rows *
table_push(struct store *store, enum table t)
{
	durability_push(&store->durability);
	begin(self(store));
	return table(store, t);
}

struct rows *
table_aside(struct store *store, enum table t)
{
	begin(self(store));
	return table(store, t);
}

struct rows *
table_claim(struct store *store, enum table t)
{
	durability_claim(&store->durability);
	begin(self(store));
	return table(store, t);
}

static enum store_result
memory_commit(struct store *store)
{
	struct store_memory *s = self(store);

	if (s->changing)
		content_clear(&s->before);
	s->changing = false;
	durability_commit(&store->durability);
	return STORE_OK;
}

static enum store_result
memory_sync(struct store *store)
{
	durability_sync(&store->durability);
	return STORE_OK;
}

static void
memory_rollback(struct store *store)
{
	struct store_memory *s = self(store);

	durability_rollback(&store->durability);
	if (!s->changing)
		return;
	content_clear(&s->now);
	s->now = s->before;
	memset(&s->before, 0, sizeof(s->before));
	s->changing = false;
}

static void
memory_close(struct store *store)
{
	memory_rollback(store);
	content_clear(&self(store)->now);
	free(store);
}

static enum store_result
memory_check(struct store *store)
{
	(void)store;
	return STORE_OK;
}

static enum store_result
memory_settle(struct store *store)
{
	(void)store;
	return STORE_OK;
}

static void
memory_patience(struct store *store, int64_t timeout_ms)
{
	(void)store;
	(void)timeout_ms;
}

/* There is nothing on a disk that could be damaged, copied or too large. */

/* Nothing outlives it. */
static enum store_result
memory_names_fit(struct store *store, const char *type, const char *queue, const char *tags)
{
	(void)store;
	(void)type;
	(void)queue;
	(void)tags;
	return STORE_OK;
}

static const char *
memory_path(const struct store *store)
{
	(void)store;
	return NULL;
}

static int64_t
memory_bytes(struct store *store)
{
	(void)store;
	return 0;
}

static enum store_result
memory_inspect(struct store *store)
{
	(void)store;
	return STORE_OK;
}

static enum store_result
memory_backup_begin(struct store *store, const char *path)
{
	snprintf(store->error, sizeof(store->error), "%s: a store in memory has no backup", path);
	return STORE_FAILED;
}

static enum store_result
memory_backup_step(struct store *store)
{
	(void)store;
	return STORE_NONE;
}

static void
memory_backup_end(struct store *store)
{
	(void)store;
}

static const struct store_ops memory_ops = {
	.commit = memory_commit,
	.sync = memory_sync,
	.rollback = memory_rollback,
	.close = memory_close,
	.settle = memory_settle,
	.check = memory_check,
	.probe = memory_check,
	.patience = memory_patience,
	.job_get_brief = memory_job_get,
	.job_start = memory_job_start,
	.inspect = memory_inspect,
	.path = memory_path,
	.bytes = memory_bytes,
	.backup_begin = memory_backup_begin,
	.backup_step = memory_backup_step,
	.backup_end = memory_backup_end,
	.vacuum = memory_inspect,
	.names_fit = memory_names_fit,
	.job_add = memory_job_add,
	.job_get = memory_job_get,
	.job_get_id = memory_job_get_id,
	.job_save = memory_job_save,
	.job_delete = memory_job_delete,
	.job_first = memory_job_first,
	.job_due = memory_job_due,
	.job_next_wake = memory_job_next_wake,
	.job_list = memory_job_list,
	.job_count = memory_job_count,
	.job_active = memory_job_active,
	.job_trim = memory_job_trim,
	.flush = memory_flush,
	.attempt_add = memory_attempt_add,
	.attempt_list = memory_attempt_list,
	.gate_active = memory_gate_active,
	.gate_next = memory_gate_next,
	.unique_get = memory_unique_get,
	.unique_put = memory_unique_put,
	.unique_drop = memory_unique_drop,
	.unique_trim = memory_unique_trim,
	.after_add = memory_after_add,
	.after_next = memory_after_next,
	.after_drop = memory_after_drop,
	.after_first = memory_after_first,
	.batch_put = memory_batch_put,
	.batch_get = memory_batch_get,
	.batch_list = memory_batch_list,
	.batch_trim = memory_batch_trim,
	.batch_stale = memory_batch_stale,
	.batch_delete = memory_batch_delete,
	.schedule_get = memory_schedule_get,
	.schedule_put = memory_schedule_put,
	.schedule_retire = memory_schedule_retire,
	.tick_add = memory_tick_add,
	.tick_skip = memory_tick_skip,
	.tick_list = memory_tick_list,
	.tick_trim = memory_tick_trim,
	.routine_put = memory_routine_put,
	.routine_get = memory_routine_get,
	.routine_delete = memory_routine_delete,
	.routine_next = memory_routine_next,
	.routine_list = memory_routine_list,
	.routine_rewind = memory_routine_rewind,
	.routine_tick_add = memory_tick_add,
	.routine_tick_skip = memory_tick_skip,
	.routine_tick_list = memory_tick_list,
	.routine_tick_trim = memory_routine_tick_trim,
	.exit_add = memory_exit_add,
	.exit_list = memory_exit_list,
	.exit_trim = memory_exit_trim,
	.note_put = memory_note_put,
	.note_list = memory_note_list,
	.figure_put = memory_figure_put,
	.figure_get = memory_figure_get,
	.figure_list = memory_figure_list,
	.figure_trim = memory_figure_trim,
	.audit_add = memory_audit_add,
	.audit_save = memory_audit_save,
	.audit_list = memory_audit_list,
	.audit_trim = memory_audit_trim,
	.queue_put = memory_queue_put,
	.queue_list = memory_queue_list,
	.queue_size = memory_queue_size,
	.stat_add = memory_stat_add,
	.stat_list = memory_stat_list,
	.stat_total = memory_stat_total,
};
