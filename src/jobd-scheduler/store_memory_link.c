#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "store_memory.h"

/* Gates. */

enum store_result
memory_gate_active(struct store *store, const char *gate, int64_t limit, int64_t *active)
{
	struct rows *rows = table(store, T_JOB);

	*active = 0;
	for (size_t i = 0; i < rows->count && *active < limit; i++) {
		const struct job *job = row_at(rows, i);

		*active += (job->state == JOB_READY || job->state == JOB_RUNNING) &&
			   strcmp(job->gate, gate) == 0;
	}
	return STORE_OK;
}

enum store_result
memory_gate_next(struct store *store, const char *gate, struct job *job)
{
	struct rows *rows = table(store, T_JOB);
	const struct job *best = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct job *row = row_at(rows, i);

		if (row->state == JOB_BLOCKED && row->block == JOB_BLOCK_GATE &&
		    strcmp(row->gate, gate) == 0 &&
		    (best == NULL || row->priority > best->priority))
			best = row;
	}
	if (best == NULL)
		return STORE_NONE;
	keep_job(job, best);
	return STORE_OK;
}

/* Unique keys. */

static struct unique_row *
unique_find(struct store *store, const char *key)
{
	struct rows *rows = table(store, T_UNIQUE);

	for (size_t i = 0; i < rows->count; i++) {
		struct unique_row *row = row_at(rows, i);

		if (strcmp(row->key, key) == 0)
			return row;
	}
	return NULL;
}

enum store_result
memory_unique_get(struct store *store, const char *key, int64_t *id, struct walltime *until)
{
	const struct unique_row *row = unique_find(store, key);

	if (row == NULL)
		return STORE_NONE;
	*id = row->id;
	*until = row->until;
	return STORE_OK;
}

enum store_result
memory_unique_put(struct store *store, const char *key, int64_t id, struct walltime until)
{
	struct rows *rows = table_change(store, T_UNIQUE);
	struct unique_row *row = unique_find(store, key);

	if (row == NULL)
		row = row_add(rows);
	snprintf(row->key, sizeof(row->key), "%s", key);
	row->id = id;
	row->until = until;
	return STORE_OK;
}

enum store_result
memory_unique_drop(struct store *store, const char *key, int64_t id)
{
	struct rows *rows = table_change(store, T_UNIQUE);

	for (size_t i = rows->count; i-- > 0;) {
		const struct unique_row *row = row_at(rows, i);

		if (row->id == id && strcmp(row->key, key) == 0)
			row_remove(rows, i);
	}
	return STORE_OK;
}

enum store_result
memory_unique_trim(struct store *store, struct walltime now, int64_t limit)
{
	struct rows *rows = table_change(store, T_UNIQUE);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		const struct unique_row *row = row_at(rows, i);

		if (walltime_is_set(row->until) && row->until.us <= now.us) {
			row_remove(rows, i);
			limit--;
		}
	}
	return STORE_OK;
}

/* Jobs that wait for others. */

enum store_result
memory_after_add(struct store *store, int64_t id, int64_t awaited)
{
	struct rows *rows = table_change(store, T_AFTER);

	for (size_t i = 0; i < rows->count; i++) {
		const struct after_row *row = row_at(rows, i);

		if (row->id == id && row->awaited == awaited)
			return STORE_OK;
	}
	*(struct after_row *)row_add(rows) = (struct after_row){ id, awaited };
	return STORE_OK;
}

enum store_result
memory_after_next(struct store *store, int64_t awaited, int64_t *id)
{
	struct rows *rows = table(store, T_AFTER);
	bool found = false;

	for (size_t i = 0; i < rows->count; i++) {
		const struct after_row *row = row_at(rows, i);

		if (row->awaited == awaited && (!found || row->id < *id)) {
			*id = row->id;
			found = true;
		}
	}
	return found ? STORE_OK : STORE_NONE;
}

enum store_result
memory_after_drop(struct store *store, int64_t id, int64_t awaited, int64_t *left)
{
	struct rows *rows = table_change(store, T_AFTER);

	*left = 0;
	for (size_t i = rows->count; i-- > 0;) {
		const struct after_row *row = row_at(rows, i);

		if (row->id == id && row->awaited == awaited)
			row_remove(rows, i);
		else if (row->id == id)
			(*left)++;
	}
	return STORE_OK;
}

enum store_result
memory_after_first(struct store *store, int64_t id, int64_t *awaited)
{
	struct rows *rows = table(store, T_AFTER);
	bool found = false;

	for (size_t i = 0; i < rows->count; i++) {
		const struct after_row *row = row_at(rows, i);

		if (row->id == id && (!found || row->awaited < *awaited)) {
			*awaited = row->awaited;
			found = true;
		}
	}
	return found ? STORE_OK : STORE_NONE;
}

/* Queues. */

enum store_result
memory_queue_put(struct store *store, const struct queue_record *record)
{
	struct rows *rows = table_change(store, T_QUEUE);
	struct queue_record *row = NULL;

	for (size_t i = 0; i < rows->count && row == NULL; i++)
		if (strcmp(((struct queue_record *)row_at(rows, i))->name, record->name) == 0)
			row = row_at(rows, i);
	if (row == NULL)
		row = row_add(rows);
	*row = *record;
	return STORE_OK;
}

enum store_result
memory_queue_size(
    struct store *store, const char *queue, bool builtin, int64_t *ready, int64_t *running)
{
	struct rows *rows = table(store, T_JOB);

	*ready = *running = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct job *job = row_at(rows, i);

		if (strcmp(job->queue, queue) != 0)
			continue;
		*ready += job->state == JOB_READY && job->builtin == builtin;
		*running += job->state == JOB_RUNNING;
	}
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
	entry->limits = (struct queue_limits){ CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET };
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	return entry;
}

enum store_result
memory_queue_list(struct store *store, store_queue_fn fn, void *arg)
{
	struct rows list = { .size = sizeof(struct queue_record) }, *rows = table(store, T_JOB);
	struct rows *kept = table(store, T_QUEUE);

	for (size_t i = 0; i < rows->count; i++) {
		const struct job *job = row_at(rows, i);
		struct queue_record *entry = queue_entry(&list, job->queue);

		entry->states[job->state]++;
		if (job->state == JOB_READY && entry->size++ == 0)
			entry->oldest = job->enqueued_at;
	}
	for (size_t i = 0; i < kept->count; i++) {
		const struct queue_record *row = row_at(kept, i);
		struct queue_record *entry = queue_entry(&list, row->name);

		entry->paused = row->paused;
		entry->limits = row->limits;
		entry->rate_at = row->rate_at;
	}
	for (size_t i = 0; i < list.count; i++)
		if (!fn(arg, row_at(&list, i)))
			break;
	free(list.data);
	return STORE_OK;
}

/* Statistics. */

static int64_t
larger(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* The rows stay sorted by hour. */
enum store_result
memory_stat_add(struct store *store, const struct stat_record *add)
{
	struct rows *rows = table_aside(store, T_STAT);
	struct stat_record *row = NULL;
	size_t place = 0;

	for (; place < rows->count; place++) {
		row = row_at(rows, place);
		if (row->at.us >= add->at.us)
			break;
	}
	if (place == rows->count || row->at.us != add->at.us) {
		*(struct stat_record *)row_insert(rows, place) = *add;
		return STORE_OK;
	}
	row->pushed += add->pushed;
	row->done += add->done;
	row->failed += add->failed;
	row->dead += add->dead;
	row->run_ms += add->run_ms;
	row->wait_ms += add->wait_ms;
	row->run_ms_max = larger(row->run_ms_max, add->run_ms_max);
	row->wait_ms_max = larger(row->wait_ms_max, add->wait_ms_max);
	return STORE_OK;
}

enum store_result
memory_stat_list(struct store *store, struct walltime since, store_stat_fn fn, void *arg)
{
	struct rows *rows = table(store, T_STAT);

	for (size_t i = 0; i < rows->count; i++) {
		const struct stat_record *row = row_at(rows, i);

		if (row->at.us >= since.us && !fn(arg, row))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_stat_total(struct store *store, int64_t *processed, int64_t *failures)
{
	struct rows *rows = table(store, T_STAT);

	*processed = *failures = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct stat_record *row = row_at(rows, i);

		*failures += row->failed;
		*processed += row->done + row->failed;
	}
	return STORE_OK;
}
