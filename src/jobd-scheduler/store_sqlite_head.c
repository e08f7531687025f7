#include <string.h>

#include "store_sqlite.h"

/*
 * The first rows of the table `ready` for the queue that was asked last, without the jobs of them
 * that were taken in this transaction.  Jobs are taken from the front, one after the other: what
 * that means for the table is written at once, before anything else is done with it.  In the same
 * way their own rows are read one after the other: a search for each costs twice as much.
 */

static void
end_reading(struct store_sqlite *s)
{
	db_reset(s->head.jobs);
	s->head.jobs = NULL;
}

void
head_forget(struct store_sqlite *s)
{
	struct ready_head *head = &s->head;

	end_reading(s);
	head->count = head->at = head->gone = 0;
	head->shrunk = false;
}

/* The rows from `gone` up to `at`, all of one rank: what lies between them in the table is they. */
static enum store_result
delete_taken(struct store_sqlite *s)
{
	struct ready_head *head = &s->head;
	const struct ready_row *first = &head->rows[head->gone], *last = &head->rows[head->at - 1];

	head->gone = head->at;
	return store_result_of(s, db_run(s->db, SQL_READY_DELETE, "iiiii", first->queue,
				      first->builtin, first->rank, first->last, last->last));
}

enum store_result
head_write(struct store_sqlite *s)
{
	struct ready_head *head = &s->head;
	const struct ready_row *row = &head->rows[head->at];

	end_reading(s);
	if (head->gone < head->at && delete_taken(s) != STORE_OK)
		return STORE_FAILED;
	if (!head->shrunk)
		return STORE_OK;
	head->shrunk = false;
	return store_result_of(s, db_run(s->db, SQL_READY_SHRINK, "iiiii", row->queue, row->builtin,
				      row->rank, row->last, row->first));
}

/* Rows come into the table: the first ones may be others now. */
enum store_result
head_end(struct store_sqlite *s)
{
	enum store_result result = head_write(s);

	head_forget(s);
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
		head->rows[head->count++] = (struct ready_row){ .queue = queue,
			.builtin = builtin,
			.rank = db_int(query, 0),
			.first = db_int(query, 1),
			.last = db_int(query, 2),
			.type = db_int(query, 3) };
	if (store_list_end(s, query, result) == STORE_OK)
		return STORE_OK;
	head_forget(s);
	return STORE_FAILED;
}

/* Only a transaction has an end that ends the reading: without one a job is read alone. */
static enum store_result
read_job(struct store_sqlite *s, const struct ready_row *row, struct job *job)
{
	struct ready_head *head = &s->head;
	enum store_result done = STORE_NONE;
	enum db_result result;

	if (head->jobs == NULL || head->next != row->first || head->last < row->first) {
		end_reading(s);
		if (!db_is_changing(s->db))
			return job_get_ready(s, row->first, job);
		head->jobs = db_query(s->db, SQL_JOB_READY_ON, "ii", row->first, row->last);
		head->last = row->last;
	}
	result = db_step(s->db, head->jobs);
	head->next = row->first + 1;
	if (result == DB_ROW && db_int(head->jobs, 0) == row->first)
		done = job_read_ready(s, head->jobs, job);
	else if (result == DB_FAILED)
		done = store_fail(s);
	if (done != STORE_OK)
		end_reading(s);
	return done;
}

enum store_result
head_first(struct store_sqlite *s, int64_t queue, bool builtin, struct job *job)
{
	struct ready_head *head = &s->head;

	if ((head->at == head->count || head->queue != queue || head->builtin != builtin) &&
	    fill(s, queue, builtin) != STORE_OK)
		return STORE_FAILED;
	return head->at == head->count ? STORE_NONE : read_job(s, &head->rows[head->at], job);
}

bool
head_is(const struct store_sqlite *s, const struct job *job)
{
	const struct ready_head *head = &s->head;

	return head->at < head->count && head->rows[head->at].first == job->id;
}

enum store_result
head_take(struct store_sqlite *s)
{
	struct ready_head *head = &s->head;
	struct ready_row *row = &head->rows[head->at];

	if (row->first < row->last) {
		row->first++;
		head->shrunk = true;
		return STORE_OK;
	}
	if (head->gone < head->at && head->rows[head->gone].rank != row->rank &&
	    delete_taken(s) != STORE_OK)
		return STORE_FAILED;
	head->shrunk = false;
	head->at++;
	return STORE_OK;
}
