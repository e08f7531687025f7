#include <string.h>

#include "base/json_scan.h"

#include "store_sqlite.h"

/* Ids are given out from blocks of this size: one write a block, and a gap after each start. */
#define ID_BLOCK 65536

static enum store_result
new_id(struct store_sqlite *s, int64_t *id)
{
	if (s->last_id >= s->reserved_id) {
		s->reserved_id = s->last_id + ID_BLOCK;
		if (db_run(s->db, SQL_META_PUT, "ti", "last_id", s->reserved_id) != DB_DONE)
			return store_fail(s);
	}
	*id = ++s->last_id;
	return STORE_OK;
}

/* The rows in the small tables that belong to the state of the job. */

static enum store_result
gate_add(struct store_sqlite *s, const struct job *job)
{
	if (job->gate[0] == '\0')
		return STORE_OK;
	if (job->state == JOB_READY || job->state == JOB_RUNNING)
		return gate_change(s, job->gate, 1);
	if (job->state == JOB_BLOCKED && job->block == JOB_BLOCK_GATE)
		return store_result_of(
		    s, db_run(s->db, SQL_GATE_WAIT, "tii", job->gate, job->priority, job->id));
	return STORE_OK;
}

static enum store_result
gate_remove(struct store_sqlite *s, const struct job *job)
{
	if (job->gate[0] == '\0')
		return STORE_OK;
	if (job->stored.state == JOB_READY || job->stored.state == JOB_RUNNING)
		return gate_change(s, job->gate, -1);
	if (job->stored.state == JOB_BLOCKED && job->stored.block == JOB_BLOCK_GATE)
		return store_result_of(s, db_run(s->db, SQL_GATE_UNWAIT, "tii", job->gate,
					      job->stored.priority, job->id));
	return STORE_OK;
}

static enum store_result
rows_add(struct store_sqlite *s, const struct job *job, const struct name *queue,
    const struct name *type)
{
	enum store_result result = STORE_OK;

	if (job->state == JOB_RUNNING) {
		result = running_add(s, job);
	} else if (job->state == JOB_DONE) {
		result = done_add(s, job, queue, type);
	} else {
		if (job->state == JOB_READY)
			result = ready_add(s, job, queue, type);
		if (result == STORE_OK)
			result = later_add(s, job);
	}
	return result == STORE_OK ? gate_add(s, job) : result;
}

/* Takes them away, as they stand in the database; STORE_NONE if it does not run any more. */
static enum store_result
rows_remove(struct store_sqlite *s, const struct job *job, const struct name *type)
{
	enum store_result result = STORE_OK;

	if (job->stored.state == JOB_RUNNING) {
		result = running_remove(s, job->jid);
	} else if (job->stored.state == JOB_DONE) {
		result = done_remove(s, job, type);
	} else {
		if (job->stored.state == JOB_READY)
			result = ready_remove(s, job);
		if (result == STORE_OK)
			result = later_remove(s, job);
	}
	return result == STORE_OK ? gate_remove(s, job) : result;
}

static const struct db_append job_append = {
	.statements = {SQL_JOB_APPEND, SQL_JOB_APPEND_FEW, SQL_JOB_APPEND_MANY},
	.numbers = 5,
	.texts = 3,
	.at_end = true,
};

static enum store_result
row_add(struct store_sqlite *s, struct job *job, const struct name *queue, const struct name *type)
{
	enum db_result result;

	job->stored.course = !course_is_plain(job);
	result = db_append(s->db, &job_append, job->id,
	    (const int64_t[]){ job_what(job, queue, type), job->retries, job->reserve_ms,
		job->created_at.us, job->enqueued_at.us - job->created_at.us },
	    (const char *const[]){ job->jid, job->args, job->extra });
	if (result == DB_DONE && job->stored.course)
		return course_add(s, job, queue, type);
	return store_result_of(s, result);
}

static enum store_result
tags_add(struct store_sqlite *s, const struct job *job)
{
	struct json_scan scan;
	struct json_piece piece;
	char text[JOB_NAME_MAX + 1];
	struct name *name;

	if (job->tags[0] == '\0' || json_scan_begin(&scan, job->tags, strlen(job->tags)) == -1)
		return STORE_OK;
	while (json_scan_next(&scan, &piece) == 1) {
		if (piece.value_len < 3 || piece.value_len > JOB_NAME_MAX)
			continue;
		memcpy(text, piece.value + 1, piece.value_len - 2);
		text[piece.value_len - 2] = '\0';
		if (name_of(s, text, true, &name) != STORE_OK ||
		    db_run(s->db, SQL_TAG_ADD, "ii", name->id, job->id) != DB_DONE)
			return store_fail(s);
	}
	return STORE_OK;
}

/* STORE_OK if there is a job with it. */
static enum store_result
jid_is_used(struct store_sqlite *s, const char *jid, int64_t hash)
{
	int64_t ids[JID_FOUND_MAX];
	enum store_result result;
	size_t count;
	struct job job;

	if ((result = jid_find(s, hash, ids, &count)) != STORE_OK)
		return result;
	if (count == 0)
		return STORE_NONE;
	if ((result = sqlite_job_get(&s->store, jid, &job)) == STORE_OK)
		job_clear(&job);
	return result;
}

enum store_result
sqlite_job_add(struct store *store, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	int64_t hash = jid_hash(s, job->jid);
	struct name *type, *queue;
	enum store_result exists;

	if (store_begin_push(s) != STORE_OK || name_of(s, job->type, true, &type) != STORE_OK ||
	    name_of(s, job->queue, true, &queue) != STORE_OK)
		return STORE_FAILED;
	if ((exists = jid_is_used(s, job->jid, hash)) != STORE_NONE)
		return exists == STORE_OK ? STORE_EXISTS : exists;
	if (new_id(s, &job->id) != STORE_OK || jid_add(s, hash, job->id) != STORE_OK)
		return STORE_FAILED;
	job->stored.detail = job_has_detail(job);
	if ((exists = row_add(s, job, queue, type)) != STORE_OK)
		return exists;
	job_note_stored(job, queue->id);
	if ((job->stored.detail && detail_put(s, job) != STORE_OK) ||
	    tags_add(s, job) != STORE_OK || rows_add(s, job, queue, type) != STORE_OK)
		return STORE_FAILED;
	tally_change(s, queue, type, job->builtin, job->state, 1);
	return STORE_OK;
}

/* Its row in detail, if it has or had something to put there. */
static enum store_result
detail_save(struct store_sqlite *s, struct job *job)
{
	bool had = job->stored.detail;

	job->stored.detail = job_has_detail(job);
	if (job->stored.detail)
		return detail_put(s, job);
	return had ? store_result_of(s, db_run(s->db, SQL_DETAIL_DELETE, "i", job->id)) : STORE_OK;
}

/* It runs and goes on running: what may change then. */
static enum store_result
save_running(struct store_sqlite *s, struct job *job)
{
	bool had_detail = job->stored.detail;
	enum store_result result;

	if (detail_save(s, job) != STORE_OK ||
	    (had_detail != job->stored.detail && course_save_flags(s, job) != STORE_OK))
		return STORE_FAILED;
	if ((result = running_remove(s, job->jid)) != STORE_OK ||
	    (result = running_add(s, job)) != STORE_OK)
		return result;
	job->stored.wake_at = job->wake_at.us;
	return STORE_OK;
}

/* It stops running, and is not for somebody else. */
static bool
is_end(const struct job *job)
{
	return job->stored.state == JOB_RUNNING && job->state != JOB_RUNNING &&
	       job->state != JOB_READY;
}

enum store_result
sqlite_job_save(struct store *store, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *type, *queue;
	struct job old = *job;
	enum store_result result;

	if (job->stored.state == JOB_READY && job->state == JOB_RUNNING)
		return sqlite_job_start(store, job);
	if ((is_end(job) ? store_begin_end(s) : store_begin(s)) != STORE_OK ||
	    name_of(s, job->type, true, &type) != STORE_OK ||
	    name_of(s, job->queue, true, &queue) != STORE_OK)
		return STORE_FAILED;
	if (job->stored.state == JOB_RUNNING && job->state == JOB_RUNNING)
		return save_running(s, job);
	if ((result = rows_remove(s, job, type)) != STORE_OK ||
	    (result = detail_save(s, job)) != STORE_OK ||
	    (result = course_save(s, job, queue, type)) != STORE_OK)
		return result;
	job_note_stored(job, queue->id);
	if (rows_add(s, job, queue, type) != STORE_OK)
		return STORE_FAILED;
	tally_change(s, name_by_id(s, old.stored.queue), type, job->builtin, old.stored.state, -1);
	tally_change(s, queue, type, job->builtin, job->state, 1);
	return STORE_OK;
}

enum store_result
sqlite_job_start(struct store *store, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *type, *queue = name_by_id(s, job->stored.queue);

	if (store_begin_claim(s) != STORE_OK || name_of(s, job->type, true, &type) != STORE_OK)
		return STORE_FAILED;
	if (ready_remove(s, job) != STORE_OK || later_remove(s, job) != STORE_OK)
		return STORE_FAILED;
	job_note_stored(job, queue->id);
	if (running_add(s, job) != STORE_OK)
		return STORE_FAILED;
	tally_change(s, queue, type, job->builtin, JOB_READY, -1);
	tally_change(s, queue, type, job->builtin, JOB_RUNNING, 1);
	return STORE_OK;
}

static enum store_result
links_delete(struct store_sqlite *s, const struct job *job)
{
	if (job->stored.course && db_run(s->db, SQL_COURSE_DELETE, "i", job->id) != DB_DONE)
		return store_fail(s);
	if (job->recorded && db_run(s->db, SQL_ATTEMPT_DELETE, "i", job->id) != DB_DONE)
		return store_fail(s);
	if (job->tags[0] != '\0' && db_run(s->db, SQL_TAG_DELETE, "i", job->id) != DB_DONE)
		return store_fail(s);
	if (job->stored.detail && (db_run(s->db, SQL_DETAIL_DELETE, "i", job->id) != DB_DONE ||
				      db_run(s->db, SQL_AFTER_DELETE, "i", job->id) != DB_DONE))
		return store_fail(s);
	return STORE_OK;
}

enum store_result
sqlite_job_delete(struct store *store, const struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	enum job_state state = job->stored.state;
	struct name *type;

	if (store_begin_end(s) != STORE_OK || name_of(s, job->type, true, &type) != STORE_OK ||
	    db_run(s->db, SQL_JOB_DELETE, "i", job->id) != DB_DONE)
		return store_fail(s);
	if (db_changes(s->db) == 0)
		return STORE_NONE;
	if (jid_remove(s, jid_table_hash(job->jid), job->id) != STORE_OK ||
	    rows_remove(s, job, type) == STORE_FAILED || links_delete(s, job) != STORE_OK)
		return STORE_FAILED;
	tally_change(s, name_by_id(s, job->stored.queue), type, job->builtin, state, -1);
	return STORE_OK;
}

/* Reading. */

enum store_result
store_job_one(struct store_sqlite *s, struct db_query *query, struct job *job)
{
	enum db_result result = db_step(s->db, query);
	enum store_result done = STORE_NONE;

	if (result == DB_ROW)
		done = job_read(s, query, job);
	else if (result == DB_FAILED)
		done = store_fail(s);
	db_reset(query);
	return done;
}

enum store_result
sqlite_job_get_id(struct store *store, int64_t id, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);

	return store_job_one(s, db_query(s->db, SQL_JOB_GET_ID, "i", id), job);
}

enum store_result
sqlite_job_get(struct store *store, const char *jid, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	int64_t ids[JID_FOUND_MAX];
	enum store_result result;
	size_t count;

	if ((result = jid_find(s, jid_hash(s, jid), ids, &count)) != STORE_OK)
		return result;
	for (size_t i = 0; i < count; i++) {
		if ((result = sqlite_job_get_id(store, ids[i], job)) == STORE_NONE)
			continue;
		if (result != STORE_OK || strcmp(job->jid, jid) == 0)
			return result;
		job_clear(job);
	}
	return STORE_NONE;
}

enum store_result
sqlite_job_get_brief(struct store *store, const char *jid, struct job *job)
{
	struct store_sqlite *s = sqlite_self(store);
	struct running *running = running_find(s, jid);

	if (running == NULL)
		return sqlite_job_get(store, jid, job);
	return job_copy(job, &running->job) == -1 ? store_no_memory(s) : STORE_OK;
}
