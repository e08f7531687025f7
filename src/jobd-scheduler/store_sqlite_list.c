#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

/* What a list goes along; the statements stand in this order, newest first and oldest first. */
enum path {
	PATH_ALL,
	PATH_REST,
	PATH_DONE,
	PATH_READY,
	PATH_TAG,
	PATH_PARENT,
	PATH_BID,
	PATH_RUNNING
};

/* Where at most so many jobs are ready it is cheaper to sort them than to look at all jobs. */
#define READY_FEW 20000

#define BIT(state)   (1u << (state))
#define ALL_STATES   (BIT(JOB_STATE_COUNT) - 1)
#define READY_STATES (BIT(JOB_READY) | BIT(JOB_RUNNING))

struct found {
	int64_t *ids;
	size_t count, size;
	int64_t counts[JOB_STATE_COUNT];
	bool counting; /* ids are not kept */
};

/* A filter in the database's terms. */
struct terms {
	unsigned mask;
	int64_t type, queue, after;
	const struct job_filter *filter;
};

static int
found_add(struct found *found, int64_t id, int64_t state)
{
	int64_t *longer;

	if (found->counting) {
		if (state >= 0 && state < JOB_STATE_COUNT)
			found->counts[state]++;
		return 0;
	}
	if (found->count == found->size) {
		found->size = found->size == 0 ? 128 : 2 * found->size;
		if ((longer = reallocarray(found->ids, found->size, sizeof(*longer))) == NULL)
			return -1;
		found->ids = longer;
	}
	found->ids[found->count++] = id;
	return 0;
}

/* STORE_NONE if no job can fit. */
static enum store_result
terms_of(struct store_sqlite *s, const struct job_filter *filter, struct terms *terms)
{
	struct name *name;

	*terms = (struct terms){ .mask = filter->states != 0 ? filter->states : ALL_STATES,
		.after = filter->after,
		.filter = filter };
	if (filter->after == 0 && !filter->oldest_first)
		terms->after = INT64_MAX;
	if (filter->type != NULL) {
		if (name_of(s, filter->type, false, &name) != STORE_OK)
			return STORE_NONE;
		terms->type = name->id;
	}
	if (filter->queue != NULL) {
		if (name_of(s, filter->queue, false, &name) != STORE_OK)
			return STORE_NONE;
		terms->queue = name->id;
	}
	return STORE_OK;
}

static enum path
path_of(struct store_sqlite *s, const struct terms *terms)
{
	const struct job_filter *filter = terms->filter;

	if (filter->worker != NULL || terms->mask == BIT(JOB_RUNNING))
		return PATH_RUNNING;
	if (filter->tag != NULL || filter->scope != NULL)
		return PATH_TAG;
	if (filter->parent != NULL)
		return PATH_PARENT;
	if (filter->bid != NULL)
		return PATH_BID;
	if ((terms->mask & READY_STATES) == 0)
		return PATH_REST;
	if (terms->mask == BIT(JOB_READY) && s->states[JOB_READY] <= READY_FEW)
		return PATH_READY;
	return PATH_ALL;
}

static struct db_query *
list_query(struct store_sqlite *s, const struct terms *terms, enum path path, int64_t state,
    int64_t type, const char *text)
{
	const struct job_filter *filter = terms->filter;
	size_t statement = SQL_LIST + 2 * (size_t)path + filter->oldest_first;
	char types[] = "iiiiiiii";

	types[7] = text != NULL ? 't' : path == PATH_REST ? 'i' : '\0';
	if (text != NULL)
		return db_query(s->db, statement, types, (int64_t)terms->mask, terms->after, type,
		    terms->queue, filter->since.us, filter->until.us, filter->limit, text);
	return db_query(s->db, statement, types, (int64_t)terms->mask, terms->after, type,
	    terms->queue, filter->since.us, filter->until.us, filter->limit, state);
}

static enum store_result
collect(struct store_sqlite *s, struct db_query *query, struct found *found)
{
	enum db_result result;

	while ((result = db_step(s->db, query)) == DB_ROW) {
		if (found_add(found, db_int(query, 0), db_int(query, 1)) == -1) {
			db_reset(query);
			return store_no_memory(s);
		}
	}
	return store_list_end(s, query, result);
}

/* The index is by state and type, those that are done are by type: one list for each pair that has
 * jobs. */
static enum store_result
collect_rest(struct store_sqlite *s, const struct terms *terms, struct found *found)
{
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < s->names.id_size && result == STORE_OK; i++) {
		const struct name *type = s->names.by_id[i];

		if (type == NULL || (terms->type != 0 && terms->type != type->id))
			continue;
		for (int state = 0; state < JOB_STATE_COUNT && result == STORE_OK; state++)
			if ((terms->mask & BIT(state)) != 0 && type->type_states[state] != 0)
				result = collect(s,
				    list_query(s, terms, state == JOB_DONE ? PATH_DONE : PATH_REST,
					state, type->id, NULL),
				    found);
	}
	return result;
}

static bool
is_within(const struct terms *terms, const struct job *job, const struct job_filter *filter)
{
	return (filter->worker == NULL || strcmp(filter->worker, job->worker) == 0) &&
	       (filter->type == NULL || strcmp(filter->type, job->type) == 0) &&
	       (filter->queue == NULL || strcmp(filter->queue, job->queue) == 0) &&
	       (filter->parent == NULL || strcmp(filter->parent, job->parent) == 0) &&
	       (filter->bid == NULL || strcmp(filter->bid, job->bid) == 0) &&
	       (filter->tag == NULL || job_has_tag(job, filter->tag)) &&
	       (filter->scope == NULL || job_has_tag(job, filter->scope)) &&
	       job->created_at.us >= filter->since.us &&
	       (filter->until.us == 0 || job->created_at.us < filter->until.us) &&
	       (filter->oldest_first ? job->id > terms->after : job->id < terms->after);
}

static enum store_result
collect_running(struct store_sqlite *s, const struct terms *terms, struct found *found)
{
	struct running *running = NULL;

	if ((terms->mask & BIT(JOB_RUNNING)) == 0)
		return STORE_OK;
	while ((running = running_next(s, running)) != NULL)
		if (is_within(terms, &running->job, terms->filter) &&
		    found_add(found, running->job.id, JOB_RUNNING) == -1)
			return store_no_memory(s);
	return STORE_OK;
}

static enum store_result
collect_tagged(struct store_sqlite *s, const struct terms *terms, struct found *found)
{
	const struct job_filter *filter = terms->filter;
	const char *first = filter->scope != NULL ? filter->scope : filter->tag;
	const char *second = filter->scope != NULL ? filter->tag : NULL;
	struct name *tag, *other = NULL;

	if (name_of(s, first, false, &tag) != STORE_OK ||
	    (second != NULL && name_of(s, second, false, &other) != STORE_OK))
		return STORE_OK;
	return collect(s,
	    db_query(s->db, SQL_LIST + 2 * (size_t)PATH_TAG + filter->oldest_first, "iiiiiiiiitt",
		(int64_t)terms->mask, terms->after, terms->type, terms->queue, filter->since.us,
		filter->until.us, filter->limit, tag->id, other != NULL ? other->id : 0,
		filter->parent, filter->bid),
	    found);
}

static enum store_result
collect_all(struct store_sqlite *s, const struct terms *terms, struct found *found)
{
	const struct job_filter *filter = terms->filter;
	enum path path = path_of(s, terms);

	if (path != PATH_RUNNING && running_write(s) != STORE_OK)
		return STORE_FAILED;
	switch (path) {
	case PATH_RUNNING:
		return collect_running(s, terms, found);
	case PATH_REST:
	case PATH_DONE:
		return collect_rest(s, terms, found);
	case PATH_TAG:
		return collect_tagged(s, terms, found);
	case PATH_PARENT:
	case PATH_BID:
		return collect(s,
		    list_query(s, terms, path, 0, terms->type,
			path == PATH_PARENT ? filter->parent : filter->bid),
		    found);
	case PATH_ALL:
	case PATH_READY:
		break;
	}
	if (ready_write(s) != STORE_OK)
		return STORE_FAILED;
	return collect(s, list_query(s, terms, path, 0, terms->type, NULL), found);
}

static int
ascending(const void *one, const void *other)
{
	int64_t first = *(const int64_t *)one, second = *(const int64_t *)other;

	return first < second ? -1 : first > second;
}

static int
descending(const void *one, const void *other)
{
	return ascending(other, one);
}

enum store_result
sqlite_job_list(struct store *store, const struct job_filter *filter, store_job_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct found found = { .ids = NULL };
	struct terms terms;
	enum store_result result = terms_of(s, filter, &terms);
	struct job job;
	bool more = true;

	if (result == STORE_NONE)
		return STORE_OK;
	result = collect_all(s, &terms, &found);
	if (found.count > 1)
		qsort(found.ids, found.count, sizeof(*found.ids),
		    filter->oldest_first ? ascending : descending);
	for (size_t i = 0;
	     more && result == STORE_OK && i < found.count && (int64_t)i < filter->limit; i++) {
		if ((result = sqlite_job_get_id(store, found.ids[i], &job)) == STORE_OK) {
			more = fn(arg, &job);
			job_clear(&job);
		} else if (result == STORE_NONE)
			result = STORE_OK;
	}
	free(found.ids);
	return result;
}

/* Without anything but a state, a type or a queue the answer stands in memory. */
static bool
count_fast(struct store_sqlite *s, const struct job_filter *filter, int64_t *counts)
{
	const int64_t *from = s->states;
	struct name *name = NULL;

	if (filter->worker != NULL || filter->tag != NULL || filter->scope != NULL ||
	    filter->parent != NULL || filter->bid != NULL || filter->since.us != 0 ||
	    filter->until.us != 0 || (filter->type != NULL && filter->queue != NULL))
		return false;
	if (filter->type != NULL || filter->queue != NULL) {
		if (name_of(s, filter->type != NULL ? filter->type : filter->queue, false, &name) !=
		    STORE_OK)
			return true;
		from = filter->type != NULL ? name->type_states : name->queue_states;
	}
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		if (filter->states == 0 || (filter->states & BIT(i)) != 0)
			counts[i] = from[i];
	return true;
}

enum store_result
sqlite_job_count(
    struct store *store, const struct job_filter *filter, int64_t counts[JOB_STATE_COUNT])
{
	struct store_sqlite *s = sqlite_self(store);
	struct job_filter whole = { .oldest_first = true, .limit = INT64_MAX };
	struct found found = { .counting = true };
	struct terms terms;
	enum store_result result = STORE_OK;

	memset(counts, 0, JOB_STATE_COUNT * sizeof(*counts));
	if (filter != NULL)
		whole = *filter;
	whole.oldest_first = true;
	whole.limit = INT64_MAX;
	whole.after = 0;
	if (count_fast(s, &whole, counts))
		return STORE_OK;
	if (terms_of(s, &whole, &terms) == STORE_OK)
		result = collect_all(s, &terms, &found);
	memcpy(counts, found.counts, sizeof(found.counts));
	return result;
}
