#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "store_sqlite.h"

void
tally_change(struct store_sqlite *s, struct name *queue, struct name *type, bool builtin,
    enum job_state state, int64_t add)
{
	s->changing = true;
	s->states[state] += add;
	queue->queue_states[state] += add;
	type->type_states[state] += add;
	if (state == JOB_READY)
		queue->ready[builtin] += add;
}

static void
tally_clear(struct store_sqlite *s)
{
	memset(s->states, 0, sizeof(s->states));
	for (size_t i = 0; i < s->names.id_size; i++) {
		struct name *name = s->names.by_id[i];

		if (name == NULL)
			continue;
		memset(name->queue_states, 0, sizeof(name->queue_states));
		memset(name->type_states, 0, sizeof(name->type_states));
		memset(name->ready, 0, sizeof(name->ready));
	}
}

static void
tally_load_row(
    struct store_sqlite *s, struct db_query *query, bool builtin, int64_t state, int64_t count)
{
	struct name *queue = name_by_id(s, db_int(query, 0));
	struct name *type = name_by_id(s, db_int(query, 1));

	if (queue != NULL && type != NULL && state >= 0 && state < JOB_STATE_COUNT)
		tally_change(s, queue, type, builtin, (enum job_state)state, count);
}

/* After running_load(). */
enum store_result
tally_load(struct store_sqlite *s)
{
	struct db_query *query = db_query(s->db, SQL_READY_COUNT, "");
	struct running *running = NULL;
	enum db_result result;

	tally_clear(s);
	while ((result = db_step(s->db, query)) == DB_ROW)
		tally_load_row(s, query, db_int(query, 2) != 0, JOB_READY, db_int(query, 3));
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	query = db_query(s->db, SQL_DONE_COUNT, "");
	while ((result = db_step(s->db, query)) == DB_ROW)
		tally_load_row(s, query, false, JOB_DONE, 1);
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	query = db_query(s->db, SQL_REST_COUNT, "");
	while ((result = db_step(s->db, query)) == DB_ROW)
		tally_load_row(s, query, false, db_int(query, 2), 1);
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	while ((running = running_next(s, running)) != NULL) {
		const struct job *job = &running->job;
		struct name *type;

		if (name_of(s, job->type, false, &type) == STORE_OK)
			tally_change(s, name_by_id(s, job->stored.queue), type, job->builtin,
			    JOB_RUNNING, 1);
	}
	return STORE_OK;
}

enum store_result
sqlite_job_active(struct store *store, const char *type_name, int64_t *active, int64_t *waiting)
{
	struct name *type;

	*active = *waiting = 0;
	if (name_of(sqlite_self(store), type_name, false, &type) == STORE_OK) {
		*active = type->type_states[JOB_READY] + type->type_states[JOB_RUNNING];
		*waiting = type->type_states[JOB_BLOCKED];
	}
	return STORE_OK;
}

/* Queues. */

enum store_result
sqlite_queue_size(
    struct store *store, const char *name, bool builtin, int64_t *ready, int64_t *running)
{
	struct name *queue;

	*ready = *running = 0;
	if (name_of(sqlite_self(store), name, false, &queue) == STORE_OK) {
		*ready = queue->ready[builtin];
		*running = queue->queue_states[JOB_RUNNING];
	}
	return STORE_OK;
}

static bool
has_nothing_kept(const struct queue_record *record)
{
	const struct queue_limits *limits = &record->limits;

	return !record->paused && !walltime_is_set(record->rate_at) &&
	       limits->weight == CONF_UNSET && limits->concurrency == CONF_UNSET &&
	       limits->rate == CONF_UNSET && limits->rate_period_ms == CONF_UNSET;
}

enum store_result
sqlite_queue_put(struct store *store, const struct queue_record *record)
{
	struct store_sqlite *s = sqlite_self(store);
	struct name *queue;

	if (store_begin(s) != STORE_OK || name_of(s, record->name, true, &queue) != STORE_OK)
		return STORE_FAILED;
	if (has_nothing_kept(record))
		return store_result_of(s, db_run(s->db, SQL_QUEUE_DROP, "i", queue->id));
	return store_result_of(
	    s, db_run(s->db, SQL_QUEUE_PUT, "iiiiiii", queue->id, (int64_t)record->paused,
		   record->limits.weight, record->limits.concurrency, record->limits.rate,
		   record->limits.rate_period_ms, record->rate_at.us));
}

struct queues {
	struct queue_record *list;
	size_t count;
};

static struct queue_record *
queues_find(struct queues *queues, const char *name)
{
	for (size_t i = 0; i < queues->count; i++)
		if (strcmp(queues->list[i].name, name) == 0)
			return &queues->list[i];
	return NULL;
}

static struct queue_record *
queues_add(struct queues *queues, const char *name)
{
	struct queue_record *list = reallocarray(queues->list, queues->count + 1, sizeof(*list));

	if (list == NULL)
		return NULL;
	queues->list = list;
	list += queues->count++;
	*list = (struct queue_record){
		.limits = {CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET}
	};
	snprintf(list->name, sizeof(list->name), "%s", name);
	return list;
}

static int64_t
or_unset(struct db_query *query, int column)
{
	return db_is_null(query, column) ? CONF_UNSET : db_int(query, column);
}

/* Those with something kept. */
static enum store_result
list_kept(struct store_sqlite *s, struct queues *queues)
{
	struct db_query *query = db_query(s->db, SQL_QUEUE_LIST, "");
	enum db_result result;

	while ((result = db_step(s->db, query)) == DB_ROW) {
		struct name *name = name_by_id(s, db_int(query, 0));
		struct queue_record *record = name == NULL ? NULL : queues_add(queues, name->text);

		if (record == NULL)
			continue;
		record->paused = db_int(query, 1) != 0;
		record->limits.weight = or_unset(query, 2);
		record->limits.concurrency = or_unset(query, 3);
		record->limits.rate = or_unset(query, 4);
		record->limits.rate_period_ms = or_unset(query, 5);
		record->rate_at.us = db_int(query, 6);
	}
	return store_list_end(s, query, result);
}

static enum store_result
find_oldest(struct store_sqlite *s, int64_t queue, struct walltime *oldest)
{
	struct db_query *query = db_query(s->db, SQL_QUEUE_OLDEST, "i", queue);
	enum db_result result = db_step(s->db, query);

	if (result == DB_ROW)
		oldest->us = db_int(query, 0);
	db_reset(query);
	return result == DB_FAILED ? store_fail(s) : STORE_OK;
}

static bool
has_jobs(const struct name *name)
{
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		if (name->queue_states[i] != 0)
			return true;
	return false;
}

static enum store_result
list_with_jobs(struct store_sqlite *s, struct queues *queues)
{
	for (size_t i = 0; i < s->names.id_size; i++) {
		const struct name *name = s->names.by_id[i];
		struct queue_record *record;

		if (name == NULL || !has_jobs(name))
			continue;
		if ((record = queues_find(queues, name->text)) == NULL &&
		    (record = queues_add(queues, name->text)) == NULL)
			return store_no_memory(s);
		memcpy(record->states, name->queue_states, sizeof(record->states));
		record->size = name->queue_states[JOB_READY];
		if (record->size > 0 && find_oldest(s, name->id, &record->oldest) != STORE_OK)
			return STORE_FAILED;
	}
	return STORE_OK;
}

static int
by_name(const void *one, const void *other)
{
	return strcmp(
	    ((const struct queue_record *)one)->name, ((const struct queue_record *)other)->name);
}

enum store_result
sqlite_queue_list(struct store *store, store_queue_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct queues queues = { NULL, 0 };
	enum store_result result = ready_write(s);

	if (result == STORE_OK)
		result = list_kept(s, &queues);

	if (result == STORE_OK)
		result = list_with_jobs(s, &queues);
	if (result == STORE_OK && queues.count > 0)
		qsort(queues.list, queues.count, sizeof(*queues.list), by_name);
	for (size_t i = 0; result == STORE_OK && i < queues.count; i++)
		if (!fn(arg, &queues.list[i]))
			break;
	free(queues.list);
	return result;
}
