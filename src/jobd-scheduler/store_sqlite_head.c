#include <string.h>

#include "store_sqlite.h"

/*
 * The first ready jobs of the queue that was asked last, as they stand in the table `ready`, and
 * those of them that were taken in this transaction.  Jobs are taken from the front, one after the
 * other: their rows are looked up many at once, and removed with one statement that names the first
 * and the last, before anything else is done with the table.
 */

void
head_forget(struct ready_head *head)
{
	head->count = head->at = 0;
	head->taken.count = 0;
}

enum store_result
head_write(struct store_sqlite *s)
{
	struct ready_head *head = &s->head;
	const struct ready_taken *taken = &head->taken;

	if (taken->count == 0)
		return STORE_OK;
	head->taken.count = 0;
	return store_result_of(
	    s, db_run(s->db, SQL_READY_DELETE, "iiiii", head->queue, (int64_t)head->builtin,
		   taken->rank, taken->first, taken->last));
}

/* Rows come into the table: the first ones may be others now. */
enum store_result
head_end(struct store_sqlite *s)
{
	enum store_result result = head_write(s);

	head_forget(&s->head);
	return result;
}

static enum store_result
fill(struct store_sqlite *s, int64_t queue, bool builtin)
{
	struct ready_head *head = &s->head;
	struct db_query *query;
	enum db_result result;

	if (head_end(s) != STORE_OK)
		return STORE_FAILED;
	head->queue = queue;
	head->builtin = builtin;
	query = db_query(
	    s->db, SQL_READY_HEAD, "iii", queue, (int64_t)builtin, (int64_t)READY_HEAD_MAX);
	while ((result = db_step(s->db, query)) == DB_ROW)
		head->rows[head->count++] =
		    (struct ready_place){ db_int(query, 0), db_int(query, 1) };
	if (store_list_end(s, query, result) == STORE_OK)
		return STORE_OK;
	head_forget(head);
	return STORE_FAILED;
}

enum store_result
head_first(struct store_sqlite *s, int64_t queue, bool builtin, int64_t *id)
{
	struct ready_head *head = &s->head;

	if ((head->at == head->count || head->queue != queue || head->builtin != builtin) &&
	    fill(s, queue, builtin) != STORE_OK)
		return STORE_FAILED;
	if (head->at == head->count)
		return STORE_NONE;
	*id = head->rows[head->at].id;
	return STORE_OK;
}

bool
head_is(const struct store_sqlite *s, const struct job *job)
{
	const struct ready_head *head = &s->head;

	return head->at < head->count && head->rows[head->at].id == job->id;
}

/* Between the first and the last taken one there is none that was not taken. */
enum store_result
head_take(struct store_sqlite *s)
{
	struct ready_head *head = &s->head;
	const struct ready_place *place = &head->rows[head->at];
	struct ready_taken *taken = &head->taken;

	if (taken->count > 0 && taken->rank != place->rank && head_write(s) != STORE_OK)
		return STORE_FAILED;
	if (taken->count++ == 0) {
		taken->rank = place->rank;
		taken->first = place->id;
	}
	taken->last = place->id;
	head->at++;
	return STORE_OK;
}
