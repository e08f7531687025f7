#include "store_sqlite.h"

/* Jobs that are done.  Their rows in `job` stand there as they were taken. */

static const struct db_append done_append = {
	.statements = {SQL_DONE_ADD, SQL_DONE_ADD_FEW, SQL_DONE_ADD_MANY},
	.numbers = 7,
	.texts = 2,
};

enum store_result
done_add(struct store_sqlite *s, const struct job *job, const struct name *queue,
    const struct name *type)
{
	const int64_t numbers[] = { type->id, job->id, queue->id, job_flags(job), job->attempts,
		job->started_at.us, job->finished_at.us };
	const char *const texts[] = { job->last_worker, job->reason };

	return store_result_of(s, db_append(s->db, &done_append, 0, numbers, texts));
}

enum store_result
done_remove(struct store_sqlite *s, const struct job *job, const struct name *type)
{
	return store_result_of(s, db_run(s->db, SQL_DONE_DELETE, "ii", type->id, job->id));
}

static int
read_row(struct db_query *query, struct job *job)
{
	job->state = JOB_DONE;
	job_set_flags(job, db_int(query, 0));
	job->attempts = db_int(query, 1);
	job->started_at.us = db_int(query, 2);
	job->finished_at.us = db_int(query, 3);
	job->wake_at.us = 0;
	return job_set_len(job, &job->last_worker, db_text(query, 4), db_len(query, 4)) == -1 ||
		       job_set_len(job, &job->reason, db_text(query, 5), db_len(query, 5)) == -1
		   ? -1
		   : 0;
}

enum store_result
done_read(struct store_sqlite *s, struct job *job)
{
	enum store_result done = STORE_OK;
	struct db_query *query;
	enum db_result result;
	struct name *type;

	if (name_of(s, job->type, false, &type) != STORE_OK || type->type_states[JOB_DONE] == 0)
		return STORE_OK;
	query = db_query(s->db, SQL_DONE_GET, "ii", type->id, job->id);
	result = db_step(s->db, query);
	if (result == DB_ROW && read_row(query, job) == -1)
		done = store_no_memory(s);
	else if (result == DB_FAILED)
		done = store_fail(s);
	db_reset(query);
	return done;
}
