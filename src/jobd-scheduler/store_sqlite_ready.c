#include <string.h>

#include "store_sqlite.h"

/* The multi-row statement takes the rows as they stand in memory. */
_Static_assert(sizeof(struct ready_row) == 6 * sizeof(int64_t), "a row has six numbers");
#define ROW_NUMBERS 6
/* Of the statement between one row and as many as can be held. */
#define FEW_ROWS 4

static enum store_result
hold(struct store_sqlite *s, struct ready_row row)
{
	if (s->ready_held == READY_HELD_MAX && ready_write(s) != STORE_OK)
		return STORE_FAILED;
	s->ready[s->ready_held++] = row;
	return STORE_OK;
}

/* Jobs that come one after the other are one row. */
enum store_result
ready_add(struct store_sqlite *s, const struct job *job, const struct name *queue,
    const struct name *type)
{
	const struct ready_row one = { queue->id, job->builtin, -job->priority, job->id, job->id,
		type->id };
	struct ready_row *last = &s->ready[s->ready_held];

	if (s->ready_held == 0 || (--last)->last != one.first - 1 || last->queue != one.queue ||
	    last->builtin != one.builtin || last->rank != one.rank || last->type != one.type)
		return hold(s, one);
	last->last = one.last;
	return STORE_OK;
}

enum store_result
ready_write(struct store_sqlite *s)
{
	const int64_t *numbers = &s->ready[0].queue;
	size_t held = s->ready_held;

	s->ready_held = 0;
	if ((held > 0 ? head_end(s) : head_write(s)) != STORE_OK)
		return STORE_FAILED;
	if (held == READY_HELD_MAX)
		return store_result_of(s, db_run_numbers(s->db, SQL_READY_ADD_MANY, numbers,
					      READY_HELD_MAX * ROW_NUMBERS));
	for (size_t rows; held > 0; held -= rows, numbers += rows * ROW_NUMBERS) {
		rows = held >= FEW_ROWS ? FEW_ROWS : 1;
		if (db_run_numbers(s->db, rows == 1 ? SQL_READY_ADD : SQL_READY_ADD_FEW, numbers,
			rows * ROW_NUMBERS) != DB_DONE)
			return store_fail(s);
	}
	return STORE_OK;
}

static bool
has_job(const struct ready_row *row, int64_t id)
{
	return row->first <= id && id <= row->last;
}

/* Takes the job out of one of those that are held; what is behind it is a row of its own. */
static enum store_result
split_held(struct store_sqlite *s, struct ready_row *row, int64_t id)
{
	struct ready_row behind = *row;

	behind.first = id + 1;
	row->last = id - 1;
	if (behind.first > behind.last) {
		if (row->first > row->last)
			*row = s->ready[--s->ready_held];
		return STORE_OK;
	}
	if (row->first <= row->last)
		return hold(s, behind);
	*row = behind;
	return STORE_OK;
}

/* The same in the table. */
static enum store_result
split_written(struct store_sqlite *s, struct ready_row row, int64_t id)
{
	struct ready_row before = row;
	enum db_result result;

	before.last = id - 1;
	if (id == row.last)
		result = db_run(
		    s->db, SQL_READY_DELETE, "iiiii", row.queue, row.builtin, row.rank, id, id);
	else
		result = db_run(s->db, SQL_READY_SHRINK, "iiiii", row.queue, row.builtin, row.rank,
		    row.last, id + 1);
	if (result != DB_DONE)
		return store_fail(s);
	return before.first <= before.last ? hold(s, before) : STORE_OK;
}

static enum store_result
remove_written(struct store_sqlite *s, const struct job *job)
{
	struct ready_row row = {
		.queue = job->stored.queue, .builtin = job->builtin, .rank = -job->stored.priority
	};
	struct db_query *query;
	enum db_result result;

	if (head_end(s) != STORE_OK)
		return STORE_FAILED;
	query = db_query(s->db, SQL_READY_FIND, "iiii", row.queue, row.builtin, row.rank, job->id);
	if ((result = db_step(s->db, query)) == DB_ROW) {
		row.last = db_int(query, 0);
		row.first = db_int(query, 1);
		row.type = db_int(query, 2);
	}
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	return result == DB_ROW && has_job(&row, job->id) ? split_written(s, row, job->id)
							  : STORE_OK;
}

enum store_result
ready_remove(struct store_sqlite *s, const struct job *job)
{
	for (size_t i = 0; i < s->ready_held; i++)
		if (has_job(&s->ready[i], job->id))
			return split_held(s, &s->ready[i], job->id);
	return head_is(s, job) ? head_take(s) : remove_written(s, job);
}

static bool
comes_before(const struct ready_row *one, const struct ready_row *other)
{
	return one->rank != other->rank ? one->rank < other->rank : one->first < other->first;
}

/* The first of those that are held; NULL if others of the queue stand in the table. */
static const struct ready_row *
first_held(const struct store_sqlite *s, const struct name *queue, bool builtin)
{
	const struct ready_row *first = NULL;
	int64_t count = 0;

	for (size_t i = 0; i < s->ready_held; i++) {
		const struct ready_row *row = &s->ready[i];

		if (row->queue != queue->id || row->builtin != builtin)
			continue;
		if (first == NULL || comes_before(row, first))
			first = row;
		count += row->last - row->first + 1;
	}
	return count == queue->ready[builtin] ? first : NULL;
}

enum store_result
sqlite_job_first(struct store *store, const char *queue_name, bool builtin, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *queue;
	const struct ready_row *held;
	enum store_result result = name_of(s, queue_name, false, &queue);

	if (result != STORE_OK || queue->ready[builtin] == 0)
		return result == STORE_OK ? STORE_NONE : result;
	if ((held = first_held(s, queue, builtin)) != NULL)
		return job_get_ready(s, held->first, job);
	if (s->ready_held > 0 && ready_write(s) != STORE_OK)
		return STORE_FAILED;
	return head_first(s, queue->id, builtin, job);
}
