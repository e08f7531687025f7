/* JOBS in another order than that of their coming: sort and offset. */
#include <stdlib.h>
#include <string.h>

#include "server.h"

/* So many can be sorted: each is looked at before the first one is known. */
#define SORTED_MAX 10000
/* A page ends where it has grown so long. */
#define PAGE_BYTES_MAX ((size_t)8 * 1024 * 1024)

struct sorted {
	int64_t (*key)(const struct job *);
	struct sorted_job {
		int64_t key, id;
	} * list;
	size_t count;
};

static int64_t
by_run_at(const struct job *job)
{
	return job->run_at.us;
}

static int64_t
by_started_at(const struct job *job)
{
	return job->started_at.us;
}

static int64_t
by_finished_at(const struct job *job)
{
	return job->finished_at.us;
}

static int64_t
by_priority(const struct job *job)
{
	return job->priority;
}

static int64_t
by_state(const struct job *job)
{
	return (int64_t)job->state;
}

static const struct {
	const char *word;
	int64_t (*key)(const struct job *);
} keys[] = {
	{"run_at",       by_run_at     },
	{ "started_at",  by_started_at },
	{ "finished_at", by_finished_at},
	{ "priority",    by_priority   },
	{ "state",       by_state      },
};

static bool
note(void *arg, const struct job *job)
{
	struct sorted *sorted = arg;

	if (sorted->count < SORTED_MAX)
		sorted->list[sorted->count] = (struct sorted_job){ sorted->key(job), job->id };
	return ++sorted->count <= SORTED_MAX;
}

static int
ascending(const void *one, const void *other)
{
	const struct sorted_job *first = one, *second = other;

	if (first->key != second->key)
		return first->key < second->key ? -1 : 1;
	return first->id < second->id ? -1 : first->id > second->id;
}

static int
descending(const void *one, const void *other)
{
	return ascending(other, one);
}

/* The page of them, each read anew; false if the store failed. */
static bool
reply_page(struct peer *peer, const struct sorted *sorted, size_t offset, size_t limit)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct store *store = scheduler->store;
	size_t mark = peer_list_begin(peer), count = 0;
	enum store_result result;
	struct job job;

	for (size_t i = offset; i < sorted->count && count < limit; i++) {
		result = store->ops->job_get_id(store, sorted->list[i].id, &job);
		if (scheduler_failed(scheduler, result))
			return false;
		if (result != STORE_OK)
			continue;
		peer_json(peer, render_job, &job);
		job_clear(&job);
		count++;
		if (peer->out.len - peer->out.kept >= PAGE_BYTES_MAX)
			break;
	}
	peer_list_end(peer, mark, count);
	return true;
}

void
jobs_sorted(struct peer *peer, const struct fields *fields, const struct job_filter *filter)
{
	const char *word = fields_text(fields, "sort");
	int64_t offset = fields_int(fields, "offset", 0);
	struct store *store = peer->server->scheduler->store;
	struct job_filter all = *filter;
	struct sorted sorted = { .key = NULL };

	for (size_t i = 0; word != NULL && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].word, word) == 0)
			sorted.key = keys[i].key;
	if (sorted.key == NULL || offset < 0 || filter->after != 0) {
		peer_error(peer, "ERR",
		    "sort is run_at, started_at, finished_at, priority or state, and goes with "
		    "offset instead of after");
		return;
	}
	if ((sorted.list = calloc(SORTED_MAX, sizeof(*sorted.list))) == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	all.limit = SORTED_MAX + 1;
	if (scheduler_failed(
		peer->server->scheduler, store->ops->job_list(store, &all, note, &sorted)))
		;
	else if (sorted.count > SORTED_MAX)
		peer_error(peer, "ERR",
		    "more than %d jobs can't be sorted: choose fewer by state, type, queue, tag or "
		    "time",
		    SORTED_MAX);
	else {
		qsort(sorted.list, sorted.count, sizeof(*sorted.list),
		    filter->oldest_first ? ascending : descending);
		(void)reply_page(peer, &sorted, (size_t)offset, (size_t)filter->limit);
	}
	free(sorted.list);
}
