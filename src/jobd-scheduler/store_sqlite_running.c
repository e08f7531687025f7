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

int
running_add(struct store_sqlite *s, const struct job *job)
{
	struct running *running = malloc(sizeof(*running));

	if (running == NULL || copy_brief(&running->job, job) == -1) {
		free(running);
		return -1;
	}
	RB_INSERT(running_jids, &s->running, running);
	if (walltime_is_set(running->job.wake_at))
		RB_INSERT(running_wakes, &s->wakes, running);
	return 0;
}

int
running_change(struct store_sqlite *s, const struct job *job)
{
	running_remove(s, job->jid);
	return running_add(s, job);
}

static void
drop(struct store_sqlite *s, struct running *running)
{
	RB_REMOVE(running_jids, &s->running, running);
	if (walltime_is_set(running->job.wake_at))
		RB_REMOVE(running_wakes, &s->wakes, running);
	job_clear(&running->job);
	free(running);
}

bool
running_remove(struct store_sqlite *s, const char *jid)
{
	struct running *running = running_find(s, jid);

	if (running != NULL)
		drop(s, running);
	return running != NULL;
}

void
running_clear(struct store_sqlite *s)
{
	struct running *running;

	while ((running = RB_ROOT(&s->running)) != NULL)
		drop(s, running);
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
	job.worker = db_text(query, 24);
	job.attempts = db_int(query, 25);
	job.started_at.us = db_int(query, 26);
	job.wake_at.us = db_int(query, 27);
	job.order = db_text(query, 28);
	job.finished_at.us = 0;
	if (running_add(s, &job) == -1)
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
