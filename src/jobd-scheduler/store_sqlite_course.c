#include "store_sqlite.h"

/* What becomes of jobs that are not only ready, running or done. */

/* Its row in `job` says everything about it. */
bool
course_is_plain(const struct job *job)
{
	return job->state == JOB_READY && job->run_at.us == job->enqueued_at.us &&
	       job->attempts == 0 && job->failures == 0 && job->crashes == 0 &&
	       job->due_at.us == 0 && job->wake_at.us == 0 && job->finished_at.us == 0 &&
	       job->started_at.us == 0 && job->reason[0] == '\0' && job->failure[0] == '\0';
}

/* A running job and one that is done stand there as a ready one. */
static int64_t
row_state(const struct job *job)
{
	return job->state == JOB_RUNNING || job->state == JOB_DONE ? JOB_READY
								   : (int64_t)job->state;
}

/* SQL_COURSE_ADD or SQL_COURSE_SAVE. */
static enum db_result
row_write(struct store_sqlite *s, enum sql sql, const struct job *job, const struct name *queue,
    const struct name *type)
{
	return db_run(s->db, sql, "iiiiiiiIIIIIIIITTTii", queue->id, row_state(job), job->priority,
	    job_flags(job), job->retries, job->reserve_ms, job->enqueued_at.us, job->run_at.us,
	    job->attempts, job->failures, job->crashes, job->started_at.us, job->finished_at.us,
	    job->due_at.us, job->state == JOB_RUNNING ? INT64_C(0) : job->wake_at.us,
	    job->last_worker, job->reason, job->failure, job->id, type->id);
}

enum store_result
course_add(struct store_sqlite *s, const struct job *job, const struct name *queue,
    const struct name *type)
{
	return store_result_of(s, row_write(s, SQL_COURSE_ADD, job, queue, type));
}

enum store_result
course_save_flags(struct store_sqlite *s, const struct job *job)
{
	return store_result_of(
	    s, db_run(s->db, job->stored.course ? SQL_COURSE_FLAGS : SQL_JOB_FLAGS, "ii",
		   job_flags(job), job->id));
}

/* Nothing of it is changed when the job went from `running` to `done`. */
enum store_result
course_save(
    struct store_sqlite *s, struct job *job, const struct name *queue, const struct name *type)
{
	bool had = job->stored.course;
	enum db_result result;

	if (job->stored.state == JOB_RUNNING && job->state == JOB_DONE)
		return STORE_OK;
	job->stored.course = true;
	if (had)
		result = row_write(s, SQL_COURSE_SAVE, job, queue, type);
	else
		result = db_run(s->db, SQL_JOB_FLAGS, "ii", job_flags(job), job->id);
	if (result == DB_DONE && db_changes(s->db) == 0)
		return STORE_NONE;
	if (result == DB_DONE && !had)
		return course_add(s, job, queue, type);
	return store_result_of(s, result);
}
