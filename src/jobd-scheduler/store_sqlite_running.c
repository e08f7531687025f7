#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

static int
cmp_jid(const struct running *one, const struct running *other)
{
	return strcmp(one->job.jid, other->job.jid);
}

static int
cmp_wake(const struct running *one, const struct running *other)
{
	if (one->job.wake_at.us != other->job.wake_at.us)
		return one->job.wake_at.us < other->job.wake_at.us ? -1 : 1;
	return one->job.id < other->job.id ? -1 : one->job.id > other->job.id;
}

#define LOCAL __attribute__((unused)) static
RB_GENERATE_INTERNAL(running_jids, running, by_jid, cmp_jid, LOCAL)
RB_GENERATE_INTERNAL(running_wakes, running, by_wake, cmp_wake, LOCAL)

struct running *
running_find(struct store_sqlite *s, const char *jid)
{
	struct running key;

	key.job.jid = jid;
	return RB_FIND(running_jids, &s->running, &key);
}

struct running *
running_first(struct store_sqlite *s)
{
	return RB_MIN(running_wakes, &s->wakes);
}

struct running *
running_next(struct store_sqlite *s, struct running *running)
{
	return running == NULL ? RB_MIN(running_jids, &s->running)
			       : RB_NEXT(running_jids, &s->running, running);
}

static int
copy_brief(struct job *to, const struct job *from)
{
	struct job brief = *from;

	brief.args = brief.extra = "";
	return job_copy(to, &brief);
}

/* NULL without memory. */
static struct running *
insert(struct store_sqlite *s, const struct job *job)
{
	struct running *running = malloc(sizeof(*running));

	if (running == NULL || copy_brief(&running->job, job) == -1) {
		free(running);
		return NULL;
	}
	running->fresh = false;
	RB_INSERT(running_jids, &s->running, running);
	if (walltime_is_set(running->job.wake_at))
		RB_INSERT(running_wakes, &s->wakes, running);
	return running;
}

static void
drop(struct store_sqlite *s, struct running *running)
{
	RB_REMOVE(running_jids, &s->running, running);
	if (walltime_is_set(running->job.wake_at))
		RB_REMOVE(running_wakes, &s->wakes, running);
	if (running->fresh)
		TAILQ_REMOVE(&s->fresh, running, by_age);
	job_clear(&running->job);
	free(running);
}

enum store_result
running_add(struct store_sqlite *s, const struct job *job)
{
	struct running *running = insert(s, job);

	if (running == NULL)
		return store_no_memory(s);
	s->changing = true;
	running->fresh = true;
	TAILQ_INSERT_TAIL(&s->fresh, running, by_age);
	return STORE_OK;
}

static int
by_number(const void *one, const void *other)
{
	int64_t first = *(const int64_t *)one, second = *(const int64_t *)other;

	return first < second ? -1 : first > second;
}

/* Rows whose ids follow each other go with one statement. */
static enum store_result
delete_gone(struct store_sqlite *s)
{
	const int64_t *ids = s->gone;
	size_t count = s->gone_count;

	s->gone_count = 0;
	qsort(s->gone, count, sizeof(*s->gone), by_number);
	for (size_t first = 0, next; first < count; first = next) {
		for (next = first + 1; next < count; next++)
			if (ids[next] != ids[next - 1] + 1)
				break;
		if (db_run(s->db, SQL_RUNNING_DELETE, "ii", ids[first], ids[next - 1]) != DB_DONE)
			return store_fail(s);
	}
	return STORE_OK;
}

enum store_result
running_remove(struct store_sqlite *s, const char *jid)
{
	struct running *running = running_find(s, jid);

	if (running == NULL)
		return STORE_NONE;
	s->changing = true;
	if (!running->fresh)
		s->gone[s->gone_count++] = running->job.id;
	drop(s, running);
	return s->gone_count == RUNNING_GONE_MAX ? delete_gone(s) : STORE_OK;
}

static const struct db_append running_append = {
	.statements = {SQL_RUNNING_ADD, SQL_RUNNING_ADD_FEW, SQL_RUNNING_ADD_MANY},
	.numbers = 4,
	.texts = 2,
};

static enum db_result
write_fresh(struct store_sqlite *s, struct running *running)
{
	const struct job *job = &running->job;

	running->fresh = false;
	TAILQ_REMOVE(&s->fresh, running, by_age);
	return db_append(s->db, &running_append, 0,
	    (const int64_t[]){ job->id, job->attempts, job->started_at.us, job->wake_at.us },
	    (const char *const[]){ job->worker, job->order });
}

/* One that came back since stands among the gone and the fresh: it goes first. */
enum store_result
running_write(struct store_sqlite *s)
{
	struct running *running;

	if (s->gone_count > 0 && delete_gone(s) != STORE_OK)
		return STORE_FAILED;
	while ((running = TAILQ_FIRST(&s->fresh)) != NULL)
		if (write_fresh(s, running) != DB_DONE)
			return store_fail(s);
	return STORE_OK;
}

void
running_clear(struct store_sqlite *s)
{
	struct running *running;

	while ((running = RB_ROOT(&s->running)) != NULL)
		drop(s, running);
	s->gone_count = 0;
}

/* A row of SQL_RUNNING_LIST. */
static enum store_result
load_one(struct store_sqlite *s, struct db_query *query)
{
	struct job job;
	enum store_result result = job_read(s, query, &job);

	if (result != STORE_OK)
		return result;
	job.state = job.stored.state = JOB_RUNNING;
	job.worker = db_text(query, JOB_COLUMNS_END);
	job.attempts = db_int(query, JOB_COLUMNS_END + 1);
	job.started_at.us = db_int(query, JOB_COLUMNS_END + 2);
	job.wake_at.us = db_int(query, JOB_COLUMNS_END + 3);
	job.order = db_text(query, JOB_COLUMNS_END + 4);
	job.finished_at.us = 0;
	if (insert(s, &job) == NULL)
		result = store_no_memory(s);
	job_clear(&job);
	return result;
}

enum store_result
running_load(struct store_sqlite *s)
{
	struct db_query *query = db_query(s->db, SQL_RUNNING_LIST, "");
	enum db_result result;

	running_clear(s);
	while ((result = db_step(s->db, query)) == DB_ROW) {
		if (load_one(s, query) != STORE_OK) {
			db_reset(query);
			return STORE_FAILED;
		}
	}
	return store_list_end(s, query, result);
}
