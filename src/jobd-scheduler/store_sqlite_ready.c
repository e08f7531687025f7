#include <string.h>

#include "store_sqlite.h"

/* The multi-row statement takes the rows as they stand in memory. */
_Static_assert(sizeof(struct ready_row) == 5 * sizeof(int64_t), "a row has five numbers");
#define ROW_NUMBERS 5
/* Of the statement between one row and as many as can be held. */
#define FEW_ROWS 4

enum store_result
ready_add(struct store_sqlite *s, const struct job *job, const struct name *queue,
    const struct name *type)
{
	if (s->ready_held == READY_HELD_MAX && ready_write(s) != STORE_OK)
		return STORE_FAILED;
	s->ready[s->ready_held++] =
	    (struct ready_row){ queue->id, job->builtin, -job->priority, job->id, type->id };
	return STORE_OK;
}

static bool
are_alike(const struct ready_row *rows)
{
	for (size_t i = 1; i < READY_HELD_MAX; i++)
		if (rows[i].queue != rows[0].queue || rows[i].builtin != rows[0].builtin ||
		    rows[i].rank != rows[0].rank || rows[i].type != rows[0].type)
			return false;
	return true;
}

/* As many as are held at most, and only their ids differ: the rest is bound once. */
static enum store_result
write_alike(struct store_sqlite *s, const struct ready_row *rows)
{
	int64_t numbers[4 + READY_HELD_MAX] = { rows->queue, rows->builtin, rows->rank,
		rows->type };

	for (size_t i = 0; i < READY_HELD_MAX; i++)
		numbers[4 + i] = rows[i].id;
	return store_result_of(
	    s, db_run_numbers(s->db, SQL_READY_ADD_ALIKE, numbers, 4 + READY_HELD_MAX));
}

enum store_result
ready_write(struct store_sqlite *s)
{
	const int64_t *numbers = &s->ready[0].queue;
	size_t held = s->ready_held;

	s->ready_held = 0;
	if ((held > 0 ? head_end(s) : head_write(s)) != STORE_OK)
		return STORE_FAILED;
	if (held == READY_HELD_MAX && are_alike(s->ready))
		return write_alike(s, s->ready);
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

enum store_result
ready_remove(struct store_sqlite *s, const struct job *job)
{
	for (size_t i = 0; i < s->ready_held; i++) {
		if (s->ready[i].id != job->id)
			continue;
		s->ready[i] = s->ready[--s->ready_held];
		return STORE_OK;
	}
	if (head_is(s, job))
		return head_take(s);
	if (head_end(s) != STORE_OK)
		return STORE_FAILED;
	return store_result_of(
	    s, db_run(s->db, SQL_READY_DELETE, "iiiii", job->stored.queue, (int64_t)job->builtin,
		   -job->stored.priority, job->id, job->id));
}

static bool
comes_before(const struct ready_row *one, const struct ready_row *other)
{
	return one->rank != other->rank ? one->rank < other->rank : one->id < other->id;
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
		count++;
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
	int64_t id;

	if (result != STORE_OK || queue->ready[builtin] == 0)
		return result == STORE_OK ? STORE_NONE : result;
	if ((held = first_held(s, queue, builtin)) != NULL)
		return sqlite_job_get_id(store, held->id, job);
	if (s->ready_held > 0 && ready_write(s) != STORE_OK)
		return STORE_FAILED;
	result = head_first(s, queue->id, builtin, &id);
	return result == STORE_OK ? job_read_ready(s, id, job) : result;
}
