#include <stdlib.h>
#include <string.h>

#include "store_memory.h"

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

enum store_result
memory_job_add(struct store *store, struct job *job)
{
	if (job_find(store, job->jid) != NULL)
		return STORE_EXISTS;
	table_push(store, T_JOB);
	job->id = ++((struct store_memory *)store)->now.last_id;
	keep_job(row_add(table(store, T_JOB)), job);
	return STORE_OK;
}

enum store_result
memory_job_get_id(struct store *store, int64_t id, struct job *job)
{
	struct rows *rows = table(store, T_JOB);

	for (size_t i = 0; i < rows->count; i++) {
		const struct job *row = row_at(rows, i);

		if (row->id == id) {
			keep_job(job, row);
			return STORE_OK;
		}
	}
	return STORE_NONE;
}

enum store_result
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
job_replace(struct store *store, const struct job *job)
{
	struct job *found, copy;

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

enum store_result
memory_job_save(struct store *store, struct job *job)
{
	const struct job *found = job_find(store, job->jid);
	bool was_running = found != NULL && found->state == JOB_RUNNING;

	if (was_running && job->state != JOB_RUNNING && job->state != JOB_READY)
		table_end(store, T_JOB);
	else
		table_change(store, T_JOB);
	return job_replace(store, job);
}

enum store_result
memory_job_start(struct store *store, struct job *job)
{
	table_claim(store, T_JOB);
	return job_replace(store, job);
}

static void
job_remove(struct store *store, size_t index)
{
	struct rows *jobs = table_end(store, T_JOB), *attempts = table(store, T_ATTEMPT);
	struct job *job = row_at(jobs, index);

	for (size_t i = attempts->count; i-- > 0;) {
		struct attempt_row *row = row_at(attempts, i);

		if (row->job == job->id) {
			drop_attempt(&row->attempt);
			row_remove(attempts, i);
		}
	}
	job_clear(job);
	row_remove(jobs, index);
}

enum store_result
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

enum store_result
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

enum store_result
memory_job_due(struct store *store, struct walltime now, struct job *job)
{
	const struct job *best = earliest(store);

	if (best == NULL || best->wake_at.us > now.us)
		return STORE_NONE;
	keep_job(job, best);
	return STORE_OK;
}

enum store_result
memory_job_next_wake(struct store *store, struct walltime *when)
{
	const struct job *best = earliest(store);

	if (best == NULL)
		return STORE_NONE;
	*when = best->wake_at;
	return STORE_OK;
}

static bool
same(const char *wanted, const char *text)
{
	return wanted == NULL || strcmp(wanted, text) == 0;
}

static bool
filter_takes(const struct job_filter *filter, const struct job *job)
{
	unsigned states = filter->worker != NULL ? 1u << JOB_RUNNING : filter->states;

	return (states == 0 || (states & 1u << job->state) != 0) && same(filter->type, job->type) &&
	       same(filter->queue, job->queue) && same(filter->worker, job->worker) &&
	       same(filter->parent, job->parent) && same(filter->bid, job->bid) &&
	       (filter->tag == NULL || job_has_tag(job, filter->tag)) &&
	       (filter->scope == NULL || job_has_tag(job, filter->scope)) &&
	       job->created_at.us >= filter->since.us &&
	       (filter->until.us == 0 || job->created_at.us < filter->until.us);
}

static bool
is_behind(const struct job_filter *filter, const struct job *job)
{
	return filter->after == 0 ||
	       (filter->oldest_first ? job->id > filter->after : job->id < filter->after);
}

enum store_result
memory_job_list(struct store *store, const struct job_filter *filter, store_job_fn fn, void *arg)
{
	struct rows *rows = table(store, T_JOB);
	int64_t left = filter->limit;

	for (size_t i = 0; i < rows->count && left > 0; i++) {
		const struct job *job =
		    row_at(rows, filter->oldest_first ? i : rows->count - 1 - i);

		if (!filter_takes(filter, job) || !is_behind(filter, job))
			continue;
		left--;
		if (!fn(arg, job))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_job_count(
    struct store *store, const struct job_filter *filter, int64_t counts[JOB_STATE_COUNT])
{
	struct rows *rows = table(store, T_JOB);

	memset(counts, 0, JOB_STATE_COUNT * sizeof(*counts));
	for (size_t i = 0; i < rows->count; i++)
		if (filter == NULL || filter_takes(filter, row_at(rows, i)))
			counts[((struct job *)row_at(rows, i))->state]++;
	return STORE_OK;
}

enum store_result
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

enum store_result
memory_job_trim(struct store *store, const struct job_trim *trim, int64_t *removed)
{
	struct rows *rows = table_end(store, T_JOB);
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

enum store_result
memory_attempt_add(struct store *store, struct job *job, const struct attempt *attempt)
{
	struct attempt_row *row = row_add(table_end(store, T_ATTEMPT));

	row->job = job->id;
	job->recorded = true;
	keep_attempt(&row->attempt, attempt);
	return STORE_OK;
}

enum store_result
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

static void
clear_table(struct store *store, enum table which)
{
	struct rows *rows = table_change(store, which);

	while (rows->count > 0)
		row_remove(rows, rows->count - 1);
}

enum store_result
memory_flush(struct store *store)
{
	struct rows *jobs = table_change(store, T_JOB), *batches;

	while (jobs->count > 0)
		job_remove(store, jobs->count - 1);
	batches = table_change(store, T_BATCH);
	for (size_t i = 0; i < batches->count; i++)
		batch_clear(row_at(batches, i));
	clear_table(store, T_BATCH);
	clear_table(store, T_UNIQUE);
	clear_table(store, T_AFTER);
	return STORE_OK;
}
