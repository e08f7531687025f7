#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

/*
 * Everything in arrays of copies.  The first change makes a copy of all of it, which a rollback
 * puts back: simple, and fast enough for tests.
 */
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

struct queue_row {
	char name[JOB_NAME_MAX + 1];
};

/* A growing array of rows of one size. */
struct rows {
	char *data;
	size_t count, size;
};

enum table { T_JOB, T_ATTEMPT, T_SCHEDULE, T_TICK, T_EXIT, T_QUEUE, T_COUNT };

static const size_t row_sizes[T_COUNT] = {
	[T_JOB] = sizeof(struct job),
	[T_ATTEMPT] = sizeof(struct attempt_row),
	[T_SCHEDULE] = sizeof(struct schedule_row),
	[T_TICK] = sizeof(struct tick_row),
	[T_EXIT] = sizeof(struct exit_record),
	[T_QUEUE] = sizeof(struct queue_row),
};

struct content {
	struct rows tables[T_COUNT];
	int64_t last_id;
	int64_t counters[STORE_COUNTER_COUNT];
};

struct store_memory {
	struct store store; /* first */
	struct content now, before;
	bool changing; /* `before` is set */
};

static const struct store_ops memory_ops;

static struct store_memory *
self(struct store *store)
{
	return (struct store_memory *)store;
}

static void
no_memory(void)
{
	fprintf(stderr, "out of memory\n");
	abort();
}

static void *
row_at(struct rows *rows, size_t index)
{
	return rows->data + index * rows->size;
}

static void *
row_add(struct rows *rows)
{
	char *data = realloc(rows->data, (rows->count + 1) * rows->size);

	if (data == NULL)
		no_memory();
	rows->data = data;
	memset(row_at(rows, rows->count), 0, rows->size);
	return row_at(rows, rows->count++);
}

static void
row_remove(struct rows *rows, size_t index)
{
	rows->count--;
	memmove(row_at(rows, index), row_at(rows, index + 1), (rows->count - index) * rows->size);
}

static void
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

static void
attempt_copy(struct attempt *to, const struct attempt *from)
{
	*to = *from;
	to->worker = keep_bytes(from->worker, strlen(from->worker));
	to->reason = keep_bytes(from->reason, strlen(from->reason));
	to->error = keep_bytes(from->error, strlen(from->error));
	to->output_head = keep_bytes(from->output_head, from->head_len);
	to->output_tail = keep_bytes(from->output_tail, from->tail_len);
}

static void
attempt_clear(struct attempt *attempt)
{
	const char *const texts[] = { attempt->worker, attempt->reason, attempt->error,
		attempt->output_head, attempt->output_tail };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free((char *)(uintptr_t)texts[i]);
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

		attempt_copy(&row->attempt, &old.attempt);
	}
}

static void
content_clear(struct content *content)
{
	for (size_t i = 0; i < content->tables[T_JOB].count; i++)
		job_clear(row_at(&content->tables[T_JOB], i));
	for (size_t i = 0; i < content->tables[T_ATTEMPT].count; i++)
		attempt_clear(
		    &((struct attempt_row *)row_at(&content->tables[T_ATTEMPT], i))->attempt);
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

static struct rows *
table(struct store *store, enum table t)
{
	return &self(store)->now.tables[t];
}

/* The table, for a change. */
static struct rows *
table_change(struct store *store, enum table t)
{
	struct store_memory *s = self(store);

	if (!s->changing) {
		content_copy(&s->before, &s->now);
		s->changing = true;
	}
	return table(store, t);
}

static enum store_result
memory_commit(struct store *store)
{
	struct store_memory *s = self(store);

	if (s->changing)
		content_clear(&s->before);
	s->changing = false;
	return STORE_OK;
}

static void
memory_rollback(struct store *store)
{
	struct store_memory *s = self(store);

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

static void
memory_patience(struct store *store, int64_t timeout_ms)
{
	(void)store;
	(void)timeout_ms;
}

static struct job *
job_find(struct store *store, const char *jid)
{
	struct rows *rows = table(store, T_JOB);

	for (size_t i = 0; i < rows->count; i++) {
		struct job *job = row_at(rows, i);

		if (strcmp(job->jid, jid) == 0)
			return job;
	}
	return NULL;
}

static enum store_result
memory_job_add(struct store *store, struct job *job)
{
	if (job_find(store, job->jid) != NULL)
		return STORE_EXISTS;
	table_change(store, T_JOB);
	job->id = ++self(store)->now.last_id;
	keep_job(row_add(table(store, T_JOB)), job);
	return STORE_OK;
}

static enum store_result
memory_job_get(struct store *store, const char *jid, struct job *job)
{
	const struct job *found = job_find(store, jid);

	if (found == NULL)
		return STORE_NONE;
	keep_job(job, found);
	return STORE_OK;
}

/* Keeps what never changes, as the interface says. */
static enum store_result
memory_job_save(struct store *store, struct job *job)
{
	struct job *found, copy;

	table_change(store, T_JOB);
	if ((found = job_find(store, job->jid)) == NULL)
		return STORE_NONE;
	copy = *job;
	copy.id = found->id;
	copy.created_at = found->created_at;
	copy.builtin = found->builtin;
	copy.type = found->type;
	copy.args = found->args;
	copy.extra = found->extra;
	copy.after = "";
	keep_job(&copy, &copy);
	job_clear(found);
	*found = copy;
	return STORE_OK;
}

static void
job_remove(struct store *store, size_t index)
{
	struct rows *jobs = table_change(store, T_JOB), *attempts = table(store, T_ATTEMPT);
	struct job *job = row_at(jobs, index);

	for (size_t i = attempts->count; i-- > 0;) {
		struct attempt_row *row = row_at(attempts, i);

		if (row->job == job->id) {
			attempt_clear(&row->attempt);
			row_remove(attempts, i);
		}
	}
	job_clear(job);
	row_remove(jobs, index);
}

static enum store_result
memory_job_delete(struct store *store, const struct job *job)
{
	struct rows *rows = table(store, T_JOB);

	for (size_t i = 0; i < rows->count; i++) {
		if (((struct job *)row_at(rows, i))->id == job->id) {
			job_remove(store, i);
			return STORE_OK;
		}
	}
	return STORE_NONE;
}

static enum store_result
memory_job_first(struct store *store, const char *queue, bool builtin, struct job *job)
{
	struct rows *rows = table(store, T_JOB);
	const struct job *best = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct job *row = row_at(rows, i);

		if (row->state == JOB_READY && strcmp(row->queue, queue) == 0 &&
		    row->builtin == builtin && (best == NULL || row->priority > best->priority))
			best = row;
	}
	if (best == NULL)
		return STORE_NONE;
	keep_job(job, best);
	return STORE_OK;
}

static const struct job *
earliest(struct store *store)
{
	struct rows *rows = table(store, T_JOB);
	const struct job *best = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct job *row = row_at(rows, i);

		if (walltime_is_set(row->wake_at) &&
		    (best == NULL || row->wake_at.us < best->wake_at.us))
			best = row;
	}
	return best;
}

static enum store_result
memory_job_due(struct store *store, struct walltime now, struct job *job)
{
	const struct job *best = earliest(store);

	if (best == NULL || best->wake_at.us > now.us)
		return STORE_NONE;
	keep_job(job, best);
	return STORE_OK;
}

static enum store_result
memory_job_next_wake(struct store *store, struct walltime *when)
{
	const struct job *best = earliest(store);

	if (best == NULL)
		return STORE_NONE;
	*when = best->wake_at;
	return STORE_OK;
}

static bool
filter_takes(const struct job_filter *filter, const struct job *job)
{
	if (filter->worker != NULL)
		return job->state == JOB_RUNNING && strcmp(job->worker, filter->worker) == 0;
	return (filter->states == 0 || filter->states & 1u << job->state) &&
	       (filter->type == NULL || strcmp(filter->type, job->type) == 0) &&
	       (filter->queue == NULL || strcmp(filter->queue, job->queue) == 0);
}

static enum store_result
memory_job_list(struct store *store, const struct job_filter *filter, store_job_fn fn, void *arg)
{
	struct rows *rows = table(store, T_JOB);
	bool forward = filter->oldest_first || filter->worker != NULL;
	int64_t left = filter->limit;

	for (size_t i = 0; i < rows->count && left > 0; i++) {
		const struct job *job = row_at(rows, forward ? i : rows->count - 1 - i);

		if (!filter_takes(filter, job))
			continue;
		left--;
		if (!fn(arg, job))
			break;
	}
	return STORE_OK;
}

static enum store_result
memory_job_count(
    struct store *store, const struct job_filter *filter, int64_t counts[JOB_STATE_COUNT])
{
	struct rows *rows = table(store, T_JOB);

	(void)filter;
	memset(counts, 0, JOB_STATE_COUNT * sizeof(*counts));
	for (size_t i = 0; i < rows->count; i++)
		counts[((struct job *)row_at(rows, i))->state]++;
	return STORE_OK;
}

static enum store_result
memory_job_active(struct store *store, const char *type, int64_t *active, int64_t *waiting)
{
	struct rows *rows = table(store, T_JOB);

	*active = *waiting = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct job *job = row_at(rows, i);

		if (strcmp(job->type, type) != 0)
			continue;
		*active += job->state == JOB_READY || job->state == JOB_RUNNING;
		*waiting += job->state == JOB_BLOCKED;
	}
	return STORE_OK;
}

static bool
trim_takes(const struct job_trim *trim, const struct job *job)
{
	return job->state == trim->state && strcmp(job->type, trim->type) == 0;
}

static enum store_result
memory_job_trim(struct store *store, const struct job_trim *trim, int64_t *removed)
{
	struct rows *rows = table_change(store, T_JOB);
	int64_t total = 0;

	*removed = 0;
	for (size_t i = 0; i < rows->count; i++)
		total += trim_takes(trim, row_at(rows, i));
	for (size_t i = 0; i < rows->count && *removed < trim->limit;) {
		const struct job *job = row_at(rows, i);

		if (trim_takes(trim, job) &&
		    (total > trim->keep || job->finished_at.us < trim->older_than.us)) {
			job_remove(store, i);
			total--;
			(*removed)++;
		} else
			i++;
	}
	return STORE_OK;
}

static enum store_result
memory_attempt_add(struct store *store, const struct job *job, const struct attempt *attempt)
{
	struct attempt_row *row = row_add(table_change(store, T_ATTEMPT));

	row->job = job->id;
	attempt_copy(&row->attempt, attempt);
	return STORE_OK;
}

static enum store_result
memory_attempt_list(struct store *store, const struct job *job, store_attempt_fn fn, void *arg)
{
	struct rows *rows = table(store, T_ATTEMPT);

	for (size_t i = 0; i < rows->count; i++) {
		const struct attempt_row *row = row_at(rows, i);

		if (row->job == job->id && !fn(arg, &row->attempt))
			break;
	}
	return STORE_OK;
}

static struct schedule_row *
schedule_find(struct store *store, const char *name)
{
	struct rows *rows = table(store, T_SCHEDULE);

	for (size_t i = 0; i < rows->count; i++) {
		struct schedule_row *row = row_at(rows, i);

		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

static enum store_result
memory_schedule_get(struct store *store, const char *name, struct schedule_state *state)
{
	const struct schedule_row *row = schedule_find(store, name);

	if (row == NULL)
		return STORE_NONE;
	*state = row->state;
	return STORE_OK;
}

static enum store_result
memory_schedule_put(struct store *store, const char *name, const struct schedule_state *state)
{
	struct schedule_row *row;

	table_change(store, T_SCHEDULE);
	if ((row = schedule_find(store, name)) == NULL) {
		row = row_add(table(store, T_SCHEDULE));
		snprintf(row->name, sizeof(row->name), "%s", name);
	}
	row->state = *state;
	return STORE_OK;
}

static enum store_result
memory_schedule_retire(struct store *store, const char *const *keep, size_t count)
{
	struct rows *rows = table_change(store, T_SCHEDULE);

	for (size_t i = 0; i < rows->count; i++) {
		struct schedule_row *row = row_at(rows, i);
		bool kept = false;

		for (size_t k = 0; k < count && !kept; k++)
			kept = strcmp(keep[k], row->name) == 0;
		if (!kept)
			row->state.fingerprint[0] = '\0';
	}
	return STORE_OK;
}

/* The rows stay sorted by due time. */
static enum store_result
memory_tick_add(struct store *store, const char *schedule, const struct tick_record *tick)
{
	struct rows *rows = table_change(store, T_TICK);
	struct tick_row *row;
	size_t place = rows->count;

	for (size_t i = 0; i < rows->count; i++) {
		row = row_at(rows, i);
		if (strcmp(row->schedule, schedule) == 0 && row->tick.due_at.us == tick->due_at.us)
			return STORE_EXISTS;
		if (place == rows->count && row->tick.due_at.us > tick->due_at.us)
			place = i;
	}
	row_add(rows);
	memmove(
	    row_at(rows, place + 1), row_at(rows, place), (rows->count - 1 - place) * rows->size);
	row = row_at(rows, place);
	memset(row, 0, sizeof(*row));
	snprintf(row->schedule, sizeof(row->schedule), "%s", schedule);
	row->tick = *tick;
	return STORE_OK;
}

static enum store_result
memory_tick_list(
    struct store *store, const char *schedule, int64_t limit, store_tick_fn fn, void *arg)
{
	struct rows *rows = table(store, T_TICK);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		const struct tick_row *row = row_at(rows, i);

		if (strcmp(row->schedule, schedule) != 0)
			continue;
		limit--;
		if (!fn(arg, &row->tick))
			break;
	}
	return STORE_OK;
}

static enum store_result
memory_tick_trim(struct store *store, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit)
{
	struct rows *rows = table_change(store, T_TICK);
	int64_t total = 0;

	for (size_t i = 0; i < rows->count; i++)
		total += strcmp(((struct tick_row *)row_at(rows, i))->schedule, schedule) == 0;
	for (size_t i = 0; i < rows->count && limit > 0;) {
		const struct tick_row *row = row_at(rows, i);

		if (strcmp(row->schedule, schedule) == 0 && row->tick.due_at.us <= cursor.us &&
		    (total > keep || row->tick.due_at.us < older_than.us)) {
			row_remove(rows, i);
			total--;
			limit--;
		} else
			i++;
	}
	return STORE_OK;
}

static enum store_result
memory_exit_add(struct store *store, const struct exit_record *record)
{
	struct rows *rows = table_change(store, T_EXIT);

	for (size_t i = 0; i < rows->count; i++) {
		const struct exit_record *row = row_at(rows, i);

		if (strcmp(row->name, record->name) == 0 && row->pid == record->pid &&
		    row->at.us == record->at.us)
			return STORE_EXISTS;
	}
	*(struct exit_record *)row_add(rows) = *record;
	return STORE_OK;
}

static enum store_result
memory_exit_list(struct store *store, const char *name, int64_t limit, store_exit_fn fn, void *arg)
{
	struct rows *rows = table(store, T_EXIT);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		const struct exit_record *row = row_at(rows, i);

		if (strcmp(row->name, name) != 0)
			continue;
		limit--;
		if (!fn(arg, row))
			break;
	}
	return STORE_OK;
}

static enum store_result
memory_exit_trim(struct store *store, const char *name, int64_t keep)
{
	struct rows *rows = table_change(store, T_EXIT);
	int64_t total = 0;

	for (size_t i = 0; i < rows->count; i++)
		total += strcmp(((struct exit_record *)row_at(rows, i))->name, name) == 0;
	for (size_t i = 0; i < rows->count && total > keep;) {
		if (strcmp(((struct exit_record *)row_at(rows, i))->name, name) == 0) {
			row_remove(rows, i);
			total--;
		} else
			i++;
	}
	return STORE_OK;
}

static enum store_result
memory_queue_pause(struct store *store, const char *queue, bool paused)
{
	struct rows *rows = table_change(store, T_QUEUE);

	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(((struct queue_row *)row_at(rows, i))->name, queue) == 0) {
			if (!paused)
				row_remove(rows, i);
			return STORE_OK;
		}
	}
	if (paused)
		snprintf(((struct queue_row *)row_add(rows))->name, JOB_NAME_MAX + 1, "%s", queue);
	return STORE_OK;
}

/* Adds to a list that is sorted by name, with at most one entry a queue. */
static struct queue_record *
queue_entry(struct rows *list, const char *name)
{
	size_t place = 0;
	struct queue_record *entry;

	for (; place < list->count; place++) {
		int order = strcmp(((struct queue_record *)row_at(list, place))->name, name);

		if (order == 0)
			return row_at(list, place);
		if (order > 0)
			break;
	}
	row_add(list);
	entry = row_at(list, place);
	memmove(entry + 1, entry, (list->count - 1 - place) * list->size);
	memset(entry, 0, sizeof(*entry));
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	return entry;
}

static enum store_result
memory_queue_list(struct store *store, store_queue_fn fn, void *arg)
{
	struct rows list = { .size = sizeof(struct queue_record) }, *rows = table(store, T_JOB);

	for (size_t i = 0; i < rows->count; i++) {
		const struct job *job = row_at(rows, i);
		struct queue_record *entry;

		if (job->state != JOB_READY)
			continue;
		entry = queue_entry(&list, job->queue);
		if (entry->size++ == 0)
			entry->oldest = job->enqueued_at;
	}
	rows = table(store, T_QUEUE);
	for (size_t i = 0; i < rows->count; i++)
		queue_entry(&list, ((struct queue_row *)row_at(rows, i))->name)->paused = true;
	for (size_t i = 0; i < list.count; i++)
		if (!fn(arg, row_at(&list, i)))
			break;
	free(list.data);
	return STORE_OK;
}

static enum store_result
memory_counter_add(struct store *store, enum store_counter counter, int64_t add)
{
	table_change(store, T_JOB);
	self(store)->now.counters[counter] += add;
	return STORE_OK;
}

static enum store_result
memory_counter_get(struct store *store, int64_t counters[STORE_COUNTER_COUNT])
{
	memcpy(counters, self(store)->now.counters, STORE_COUNTER_COUNT * sizeof(*counters));
	return STORE_OK;
}

static const struct store_ops memory_ops = {
	.commit = memory_commit,
	.rollback = memory_rollback,
	.close = memory_close,
	.check = memory_check,
	.patience = memory_patience,
	.job_add = memory_job_add,
	.job_get = memory_job_get,
	.job_save = memory_job_save,
	.job_delete = memory_job_delete,
	.job_first = memory_job_first,
	.job_due = memory_job_due,
	.job_next_wake = memory_job_next_wake,
	.job_list = memory_job_list,
	.job_count = memory_job_count,
	.job_active = memory_job_active,
	.job_trim = memory_job_trim,
	.attempt_add = memory_attempt_add,
	.attempt_list = memory_attempt_list,
	.schedule_get = memory_schedule_get,
	.schedule_put = memory_schedule_put,
	.schedule_retire = memory_schedule_retire,
	.tick_add = memory_tick_add,
	.tick_list = memory_tick_list,
	.tick_trim = memory_tick_trim,
	.exit_add = memory_exit_add,
	.exit_list = memory_exit_list,
	.exit_trim = memory_exit_trim,
	.queue_pause = memory_queue_pause,
	.queue_list = memory_queue_list,
	.counter_add = memory_counter_add,
	.counter_get = memory_counter_get,
};
