#include <string.h>

#include "store_sqlite.h"

#define FLAG_BUILTIN  1
#define FLAG_DETAIL   2
#define FLAG_RECORDED 4
#define FLAG_PLAIN    8 /* nothing was ever written behind the column `extra` */

/* Columns of texts of a job, and where they go; the first ones are all that a plain one has. */
static const struct {
	int column;
	size_t place;
} texts[] = {
	{1,   offsetof(struct job, jid)        },
	{ 12, offsetof(struct job, args)       },
	{ 13, offsetof(struct job, extra)      },
	{ 21, offsetof(struct job, last_worker)},
	{ 22, offsetof(struct job, reason)     },
	{ 23, offsetof(struct job, failure)    },
};
#define TEXT_COUNT  (sizeof(texts) / sizeof(texts[0]))
#define PLAIN_TEXTS 3

static int
read_texts(struct db_query *query, struct job *job, bool plain)
{
	const char *values[TEXT_COUNT];
	size_t lens[TEXT_COUNT], sum = 0, count = plain ? PLAIN_TEXTS : TEXT_COUNT;

	for (size_t i = 0; i < count; i++) {
		values[i] = db_text(query, texts[i].column);
		lens[i] = db_len(query, texts[i].column);
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
	return (db_int(query, 6) & FLAG_PLAIN) != 0;
}

void
job_set_flags(struct job *job, int64_t flags)
{
	job->builtin = (flags & FLAG_BUILTIN) != 0;
	job->recorded = (flags & FLAG_RECORDED) != 0;
	job->stored.detail = (flags & FLAG_DETAIL) != 0;
}

static void
read_numbers(struct db_query *query, struct job *job, bool plain)
{
	job->id = db_int(query, 0);
	job->state = (enum job_state)db_int(query, 4);
	job->priority = db_int(query, 5);
	job_set_flags(job, db_int(query, 6));
	job->retries = db_int(query, 7);
	job->reserve_ms = db_int(query, 8);
	job->created_at.us = db_int(query, 9);
	job->enqueued_at.us = db_int(query, 10);
	job->run_at.us = plain || db_is_null(query, 11) ? job->enqueued_at.us : db_int(query, 11);
	if (plain)
		return;
	job->attempts = db_int(query, 14);
	job->failures = db_int(query, 15);
	job->crashes = db_int(query, 16);
	job->started_at.us = db_int(query, 17);
	job->finished_at.us = db_int(query, 18);
	job->due_at.us = db_int(query, 19);
	job->wake_at.us = db_int(query, 20);
}

int64_t
job_flags(const struct job *job)
{
	return (job->builtin ? FLAG_BUILTIN : 0) | (job->recorded ? FLAG_RECORDED : 0) |
	       (job->stored.detail ? FLAG_DETAIL : 0);
}

int64_t
job_flags_plain(const struct job *job)
{
	return job_flags(job) | FLAG_PLAIN;
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
	const struct name *type = name_by_id(s, db_int(query, 2));
	const struct name *queue = name_by_id(s, db_int(query, 3));
	bool plain = is_plain_row(query);

	job_init(job);
	read_numbers(query, job, plain);
	job->type = type != NULL ? type->text : "";
	job->queue = queue != NULL ? queue->text : "";
	return read_texts(query, job, plain) == -1 ? store_no_memory(s) : STORE_OK;
}

/* Ends the reading, whatever came of it. */
static enum store_result
read_end(struct job *job, int64_t queue, enum store_result result)
{
	if (result != STORE_OK)
		job_clear(job);
	job_note_stored(job, queue);
	return result;
}

enum store_result
job_read(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	int64_t type = db_int(query, 2), queue = db_int(query, 3);
	enum store_result result = read_row(s, query, job);

	if (result == STORE_OK && job->state == JOB_READY && read_running(s, job) == -1)
		result = store_no_memory(s);
	if (result == STORE_OK && job->state == JOB_READY)
		result = done_read(s, job, name_by_id(s, type));
	if (result == STORE_OK && job->stored.detail)
		result = detail_get(s, job);
	return read_end(job, queue, result);
}

/* Most jobs have nothing in half of the columns, which are then not even asked for. */
enum store_result
job_read_ready(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	enum store_result result;

	if (!is_plain_row(query))
		return sqlite_job_get_id(&s->store, db_int(query, 0), job);
	result = read_row(s, query, job);
	if (result == STORE_OK && job->stored.detail)
		result = detail_get(s, job);
	return read_end(job, db_int(query, 3), result);
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
