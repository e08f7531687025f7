#include <string.h>

#include "store_sqlite.h"

/*
 * The column `what` of a job: its flags, its priority, its queue and its type in one number,
 * because every column of a row costs time.  The numbers are stored: never change one.
 */
#define FLAG_BUILTIN  1
#define FLAG_DETAIL   2
#define FLAG_RECORDED 4
#define FLAG_PLAIN    8 /* it has no row in `course` */
#define FLAG_BITS     4
#define PRIORITY_BITS 4
#define NAME_BITS     27 /* of a type and a queue */

_Static_assert(JOB_PRIORITY_MAX < 1 << PRIORITY_BITS, "a priority has room");
_Static_assert(NAME_ID_MAX == (INT64_C(1) << NAME_BITS) - 1, "a name has room");

/* The columns of PLAIN_COLUMNS, and those of JOB_COLUMNS behind them. */
enum column {
	COLUMN_ID,
	COLUMN_WHAT,
	COLUMN_RETRIES,
	COLUMN_RESERVE_MS,
	COLUMN_CREATED_AT,
	COLUMN_WAITED,
	COLUMN_JID,
	COLUMN_ARGS,
	COLUMN_EXTRA,
	COURSE_QUEUE,
	COURSE_STATE,
	COURSE_PRIORITY,
	COURSE_FLAGS,
	COURSE_RETRIES,
	COURSE_RESERVE_MS,
	COURSE_ENQUEUED_AT,
	COURSE_RUN_AT,
	COURSE_ATTEMPTS,
	COURSE_FAILURES,
	COURSE_CRASHES,
	COURSE_STARTED_AT,
	COURSE_FINISHED_AT,
	COURSE_DUE_AT,
	COURSE_WAKE_AT,
	COURSE_WORKER,
	COURSE_REASON,
	COURSE_FAILURE,
	COURSE_END,
};
_Static_assert(COURSE_END == JOB_COLUMNS_END, "what else is asked for stands behind them");

/* Columns of texts of a job, and where they go; the first ones are all that a plain one has. */
static const struct {
	enum column column;
	size_t place;
} texts[] = {
	{COLUMN_JID,      offsetof(struct job, jid)        },
	{ COLUMN_ARGS,    offsetof(struct job, args)       },
	{ COLUMN_EXTRA,   offsetof(struct job, extra)      },
	{ COURSE_WORKER,  offsetof(struct job, last_worker)},
	{ COURSE_REASON,  offsetof(struct job, reason)     },
	{ COURSE_FAILURE, offsetof(struct job, failure)    },
};
#define TEXT_COUNT  (sizeof(texts) / sizeof(texts[0]))
#define PLAIN_TEXTS 3

static int
read_texts(struct db_query *query, struct job *job)
{
	const char *values[TEXT_COUNT];
	size_t lens[TEXT_COUNT], sum = 0, count = job->stored.course ? TEXT_COUNT : PLAIN_TEXTS;

	for (size_t i = 0; i < count; i++) {
		values[i] = db_text(query, (int)texts[i].column);
		lens[i] = db_len(query, (int)texts[i].column);
		sum += lens[i] + 1;
	}
	if (job_reserve(job, sum) == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		job_set_len(job, (const char **)((char *)job + texts[i].place), values[i], lens[i]);
	return 0;
}

static bool
is_plain_row(struct db_query *query)
{
	return (db_int(query, COLUMN_WHAT) & FLAG_PLAIN) != 0;
}

int64_t
job_flags(const struct job *job)
{
	return (job->builtin ? FLAG_BUILTIN : 0) | (job->recorded ? FLAG_RECORDED : 0) |
	       (job->stored.detail ? FLAG_DETAIL : 0) | (job->stored.course ? 0 : FLAG_PLAIN);
}

void
job_set_flags(struct job *job, int64_t flags)
{
	job->builtin = (flags & FLAG_BUILTIN) != 0;
	job->recorded = (flags & FLAG_RECORDED) != 0;
	job->stored.detail = (flags & FLAG_DETAIL) != 0;
	job->stored.course = (flags & FLAG_PLAIN) == 0;
}

bool
job_flags_have_more(int64_t flags)
{
	return (flags & (FLAG_DETAIL | FLAG_RECORDED)) != 0;
}

bool
job_flags_have_course(int64_t flags)
{
	return (flags & FLAG_PLAIN) == 0;
}

int64_t
job_what(const struct job *job, const struct name *queue, const struct name *type)
{
	int64_t names = type->id << NAME_BITS | queue->id;

	return (names << PRIORITY_BITS | job->priority) << FLAG_BITS | job_flags(job);
}

/* What stands in `what`.  The ids of its type and its queue. */
static void
read_what(int64_t what, struct job *job, int64_t *type, int64_t *queue)
{
	job_set_flags(job, what);
	job->priority = what >> FLAG_BITS & ((1 << PRIORITY_BITS) - 1);
	*queue = what >> (FLAG_BITS + PRIORITY_BITS) & NAME_ID_MAX;
	*type = what >> (FLAG_BITS + PRIORITY_BITS + NAME_BITS);
}

static void
read_plain(struct db_query *query, struct job *job)
{
	job->id = db_int(query, COLUMN_ID);
	job->state = JOB_READY;
	job->retries = db_int(query, COLUMN_RETRIES);
	job->reserve_ms = db_int(query, COLUMN_RESERVE_MS);
	job->created_at.us = db_int(query, COLUMN_CREATED_AT);
	job->enqueued_at.us = job->created_at.us + db_int(query, COLUMN_WAITED);
	job->run_at = job->enqueued_at;
}

static void
read_course(struct db_query *query, struct job *job)
{
	job_set_flags(job, db_int(query, COURSE_FLAGS));
	job->state = (enum job_state)db_int(query, COURSE_STATE);
	job->priority = db_int(query, COURSE_PRIORITY);
	job->retries = db_int(query, COURSE_RETRIES);
	job->reserve_ms = db_int(query, COURSE_RESERVE_MS);
	job->enqueued_at.us = db_int(query, COURSE_ENQUEUED_AT);
	job->run_at.us =
	    db_int(query, db_is_null(query, COURSE_RUN_AT) ? COURSE_ENQUEUED_AT : COURSE_RUN_AT);
	job->attempts = db_int(query, COURSE_ATTEMPTS);
	job->failures = db_int(query, COURSE_FAILURES);
	job->crashes = db_int(query, COURSE_CRASHES);
	job->started_at.us = db_int(query, COURSE_STARTED_AT);
	job->finished_at.us = db_int(query, COURSE_FINISHED_AT);
	job->due_at.us = db_int(query, COURSE_DUE_AT);
	job->wake_at.us = db_int(query, COURSE_WAKE_AT);
}

/* What only running jobs have stands in memory. */
static int
read_running(struct store_sqlite *s, struct job *job)
{
	struct running *running = running_find(s, job->jid);

	if (running == NULL || running->job.id != job->id)
		return 0;
	job->state = JOB_RUNNING;
	job->attempts = running->job.attempts;
	job->started_at = running->job.started_at;
	job->finished_at = running->job.finished_at;
	job->wake_at = running->job.wake_at;
	return job_set(job, &job->worker, running->job.worker) == -1 ||
		       job_set(job, &job->order, running->job.order) == -1
		   ? -1
		   : 0;
}

static int
detail_read(struct db_query *query, struct job *job)
{
	const char **const fields[] = { &job->tags, &job->unique_key, &job->concurrency_key,
		&job->gate, &job->parent, &job->bid, &job->desc, &job->result };
	static const int columns[] = { 0, 1, 5, 6, 8, 10, 15, 16 };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (job_set_len(job, fields[i], db_text(query, columns[i]),
			db_len(query, columns[i])) == -1)
			return -1;
	job->unique_for_ms = db_int(query, 2);
	job->unique_until = db_int(query, 3);
	job->expires_at.us = db_int(query, 4);
	job->block = (enum job_block)db_int(query, 7);
	job->children = db_int(query, 9);
	job->callback = (enum job_callback)db_int(query, 11);
	job->marks = (unsigned)db_int(query, 12);
	job->track = db_int(query, 13) != 0;
	job->percent = db_int(query, 14) - 1;
	job->updated_at.us = db_int(query, 17);
	return 0;
}

static enum store_result
detail_get(struct store_sqlite *s, struct job *job)
{
	struct db_query *query = db_query(s->db, SQL_DETAIL_GET, "i", job->id);
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW && detail_read(query, job) == -1) {
		db_reset(query);
		return store_no_memory(s);
	}
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

bool
job_has_detail(const struct job *job)
{
	return job->tags[0] != '\0' || job->unique_key[0] != '\0' || job->gate[0] != '\0' ||
	       job->concurrency_key[0] != '\0' || job->parent[0] != '\0' || job->bid[0] != '\0' ||
	       job->desc[0] != '\0' || job->result[0] != '\0' || job->percent >= 0 ||
	       job->expires_at.us != 0 || job->block != JOB_BLOCK_NONE || job->children != 0 ||
	       job->marks != 0 || job->track;
}

enum store_result
detail_put(struct store_sqlite *s, const struct job *job)
{
	if (db_run(s->db, SQL_DETAIL_PUT, "iTTIIITTITITIIIITTI", job->id, job->tags,
		job->unique_key, job->unique_for_ms, job->unique_until, job->expires_at.us,
		job->concurrency_key, job->gate, (int64_t)job->block, job->parent, job->children,
		job->bid, (int64_t)job->callback, (int64_t)job->marks, (int64_t)job->track,
		job->percent + 1, job->desc, job->result, job->updated_at.us) != DB_DONE)
		return store_fail(s);
	return STORE_OK;
}

void
job_note_stored(struct job *job, int64_t queue)
{
	job->stored.state = job->state;
	job->stored.block = job->block;
	job->stored.queue = queue;
	job->stored.priority = job->priority;
	job->stored.wake_at = job->wake_at.us;
}

/* What stands in the row, and nothing else. */
static enum store_result
read_row(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	const struct name *type, *queue;
	int64_t type_id, queue_id;

	job_init(job);
	read_what(db_int(query, COLUMN_WHAT), job, &type_id, &queue_id);
	read_plain(query, job);
	if (job->stored.course) {
		read_course(query, job);
		queue_id = db_int(query, COURSE_QUEUE);
	}
	type = name_by_id(s, type_id);
	queue = name_by_id(s, queue_id);
	job->type = type != NULL ? type->text : "";
	job->queue = queue != NULL ? queue->text : "";
	job->stored.queue = queue_id;
	return read_texts(query, job) == -1 ? store_no_memory(s) : STORE_OK;
}

/* Ends the reading, whatever came of it. */
static enum store_result
read_end(struct job *job, enum store_result result)
{
	int64_t queue = job->stored.queue;

	if (result != STORE_OK)
		job_clear(job);
	job_note_stored(job, queue);
	return result;
}

enum store_result
job_read(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	enum store_result result = read_row(s, query, job);

	if (result == STORE_OK && job->state == JOB_READY && read_running(s, job) == -1)
		result = store_no_memory(s);
	if (result == STORE_OK && job->state == JOB_READY)
		result = done_read(s, job);
	if (result == STORE_OK && job->stored.detail)
		result = detail_get(s, job);
	return read_end(job, result);
}

/* Most jobs have no course, which is then not even looked for. */
enum store_result
job_read_ready(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	enum store_result result;

	if (!is_plain_row(query))
		return sqlite_job_get_id(&s->store, db_int(query, COLUMN_ID), job);
	result = read_row(s, query, job);
	if (result == STORE_OK && job->stored.detail)
		result = detail_get(s, job);
	return read_end(job, result);
}

enum store_result
job_get_ready(struct store_sqlite *s, int64_t id, struct job *job)
{
	struct db_query *query = db_query(s->db, SQL_JOB_READY, "i", id);
	enum db_result result = db_step(s->db, query);
	enum store_result done = STORE_NONE;

	if (result == DB_ROW)
		done = job_read_ready(s, query, job);
	else if (result == DB_FAILED)
		done = store_fail(s);
	db_reset(query);
	return done;
}
