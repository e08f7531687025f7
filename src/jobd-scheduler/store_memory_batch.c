#include <string.h>

#include "store_memory.h"

static struct batch *
batch_find(struct store *store, const char *bid)
{
	struct rows *rows = table(store, T_BATCH);

	for (size_t i = 0; i < rows->count; i++) {
		struct batch *batch = row_at(rows, i);

		if (strcmp(batch->bid, bid) == 0)
			return batch;
	}
	return NULL;
}

enum store_result
memory_batch_put(struct store *store, const struct batch *batch)
{
	struct rows *rows = table_change(store, T_BATCH);
	struct batch *row = batch_find(store, batch->bid);

	if (row != NULL)
		batch_clear(row);
	else
		row = row_add(rows);
	keep_batch(row, batch);
	return STORE_OK;
}

enum store_result
memory_batch_get(struct store *store, const char *bid, struct batch *batch)
{
	const struct batch *row = batch_find(store, bid);

	if (row == NULL)
		return STORE_NONE;
	keep_batch(batch, row);
	return STORE_OK;
}

static bool
is_older(const struct batch *batch, const struct batch *than)
{
	return batch->created_at.us < than->created_at.us ||
	       (batch->created_at.us == than->created_at.us && strcmp(batch->bid, than->bid) < 0);
}

/* The newest of those that are older than the one before. */
enum store_result
memory_batch_list(
    struct store *store, const struct batch_filter *filter, store_batch_fn fn, void *arg)
{
	struct rows *rows = table(store, T_BATCH);
	const struct batch *last = NULL, *next;

	if (filter->before != NULL && (last = batch_find(store, filter->before)) == NULL)
		return STORE_OK;
	for (int64_t left = filter->limit; left > 0; left--, last = next) {
		next = NULL;
		for (size_t i = 0; i < rows->count; i++) {
			const struct batch *batch = row_at(rows, i);

			if ((last == NULL || is_older(batch, last)) &&
			    (next == NULL || is_older(next, batch)) &&
			    (filter->tag == NULL || strcmp(filter->tag, batch->tag) == 0))
				next = batch;
		}
		if (next == NULL || !fn(arg, next))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_batch_trim(struct store *store, struct walltime older_than, int64_t limit)
{
	struct rows *rows = table_change(store, T_BATCH);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		struct batch *row = row_at(rows, i);

		if (walltime_is_set(row->finished_at) && row->finished_at.us < older_than.us) {
			batch_clear(row);
			row_remove(rows, i);
			limit--;
		}
	}
	return STORE_OK;
}

static bool
has_jobs(struct store *store, const char *bid)
{
	struct rows *rows = table(store, T_JOB);

	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(((const struct job *)row_at(rows, i))->bid, bid) == 0)
			return true;
	return false;
}

enum store_result
memory_batch_stale(struct store *store, struct walltime older_than, struct batch *batch)
{
	struct rows *rows = table(store, T_BATCH);
	const struct batch *oldest = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct batch *row = row_at(rows, i);

		if (!walltime_is_set(row->finished_at) && row->created_at.us < older_than.us &&
		    (oldest == NULL || is_older(row, oldest)) && !has_jobs(store, row->bid))
			oldest = row;
	}
	if (oldest == NULL)
		return STORE_NONE;
	keep_batch(batch, oldest);
	return STORE_OK;
}

enum store_result
memory_batch_delete(struct store *store, const char *bid)
{
	struct rows *rows = table_change(store, T_BATCH);

	for (size_t i = rows->count; i-- > 0;) {
		struct batch *row = row_at(rows, i);

		if (strcmp(row->bid, bid) != 0)
			continue;
		batch_clear(row);
		row_remove(rows, i);
	}
	return STORE_OK;
}
