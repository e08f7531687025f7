/* GROUPS: figures of the last hours, for each type, each queue, or for a tag. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "figures.h"
#include "scope.h"
#include "server.h"

#define HOURS     24
#define HOURS_MAX 744
/* Groups of one reply, and jobs that are looked at for a tag or for what is overdue. */
#define GROUPS_MAX  2000
#define LOOKED_MAX  10000
#define OVERDUE_MAX 1000

struct groups {
	struct figure *list;
	int64_t *overdue; /* ready jobs whose time is more than a minute ago */
	size_t count, size;
	enum figure_kind kind;
	struct walltime since, now;
	bool failed;
};

static size_t
group_find(struct groups *groups, const char *name)
{
	size_t i = 0;

	while (i < groups->count && strcmp(groups->list[i].name, name) != 0)
		i++;
	if (i < groups->count || groups->count == GROUPS_MAX)
		return i;
	if (groups->count == groups->size) {
		groups->size = groups->size == 0 ? 16 : groups->size * 2;
		groups->list = reallocarray(groups->list, groups->size, sizeof(*groups->list));
		groups->overdue =
		    reallocarray(groups->overdue, groups->size, sizeof(*groups->overdue));
		if (groups->list == NULL || groups->overdue == NULL)
			fatalx("out of memory");
	}
	groups->list[i] = (struct figure){ .kind = groups->kind };
	groups->overdue[i] = 0;
	strlcpy(groups->list[i].name, name, sizeof(groups->list[i].name));
	groups->count++;
	return i;
}

static bool
sum_up(void *arg, const struct figure *figure)
{
	struct groups *groups = arg;
	size_t i = group_find(groups, figure->name);

	if (i < groups->count)
		figure_sum(&groups->list[i], figure);
	return true;
}

static struct walltime
due_of(const struct job *job)
{
	return job->run_at.us > job->enqueued_at.us ? job->run_at : job->enqueued_at;
}

/* Jobs that carry a tag are few enough to be looked at one by one. */
static bool
add_job(void *arg, const struct job *job)
{
	struct groups *groups = arg;
	struct figure *figure = &groups->list[0];
	int64_t wait_ms = walltime_diff_ms(job->started_at, due_of(job));

	if (!walltime_is_set(job->finished_at) || job->finished_at.us < groups->since.us ||
	    !walltime_is_set(job->started_at))
		return true;
	figure_add(figure, job->state == JOB_DONE,
	    walltime_diff_ms(job->finished_at, job->started_at), wait_ms > 0 ? wait_ms : 0);
	return true;
}

static bool
count_overdue(void *arg, const struct job *job)
{
	struct groups *groups = arg;
	size_t i = 0;

	if (walltime_diff_ms(groups->now, due_of(job)) < FIGURES_LATE_MS)
		return true;
	if (groups->kind != FIGURE_TAG)
		i = group_find(groups, groups->kind == FIGURE_TYPE ? job->type : job->queue);
	if (i < groups->count)
		groups->overdue[i]++;
	return true;
}

static enum store_result
look(struct scheduler *scheduler, struct groups *groups, const char *tag)
{
	struct store *store = scheduler->store;
	struct job_filter ended = {
		.states = 1u << JOB_DONE | 1u << JOB_DEAD, .scope = tag, .limit = LOOKED_MAX
	};
	struct job_filter ready = {
		.states = 1u << JOB_READY, .scope = tag, .oldest_first = true, .limit = OVERDUE_MAX
	};
	enum store_result result = figures_flush(&scheduler->figures, store);

	if (result == STORE_OK && tag != NULL) {
		group_find(groups, tag);
		result = store->ops->job_list(store, &ended, add_job, groups);
	} else if (result == STORE_OK)
		result =
		    store->ops->figure_list(store, groups->kind, groups->since, sum_up, groups);
	return result == STORE_OK ? store->ops->job_list(store, &ready, count_overdue, groups)
				  : result;
}

struct shown {
	const struct figure *figure;
	int64_t overdue;
};

static void
render_times(struct json *json, const char *name, int64_t sum, int64_t count, int64_t longest,
    const int64_t steps[FIGURE_STEPS])
{
	json_object(json, name);
	json_int(json, "avg", sum / count);
	json_int(json, "p50", figure_percentile(steps, 50, longest));
	json_int(json, "p95", figure_percentile(steps, 95, longest));
	json_int(json, "p99", figure_percentile(steps, 99, longest));
	json_int(json, "max", longest);
	json_object_end(json);
}

static void
render_group(struct json *json, const void *arg)
{
	const struct shown *shown = arg;
	const struct figure *figure = shown->figure;
	int64_t total = figure->done + figure->failed;
	char rate[32];

	json_object(json, NULL);
	json_string(json, "name", figure->name);
	json_int(json, "total", total);
	json_int(json, "done", figure->done);
	json_int(json, "failed", figure->failed);
	if (total > 0) {
		int64_t tenths = (figure->done * 1000 + total / 2) / total;

		snprintf(rate, sizeof(rate), "%d.%d", (int)(tenths / 10), (int)(tenths % 10));
		json_raw(json, "success_percent", rate);
		render_times(
		    json, "run_ms", figure->run_ms, total, figure->run_ms_max, figure->run);
		render_times(
		    json, "wait_ms", figure->wait_ms, total, figure->wait_ms_max, figure->wait);
	}
	json_int(json, "late", figure->late);
	json_int(json, "overdue", shown->overdue);
	json_object_end(json);
}

/* False: an error was replied. */
static bool
read_kind(struct peer *peer, const struct fields *fields, struct groups *groups, const char **tag)
{
	const char *by = fields_text(fields, "by"), *own = peer_tag(peer);

	*tag = fields_text(fields, "tag");
	if (own != NULL && *tag == NULL && (by == NULL || strcmp(by, "tag") == 0))
		*tag = own;
	groups->kind = *tag != NULL                            ? FIGURE_TAG
		       : by != NULL && strcmp(by, "type") == 0 ? FIGURE_TYPE
							       : FIGURE_QUEUE;
	if (own != NULL && (*tag == NULL || strcmp(*tag, own) != 0))
		peer_error(peer, "NOTFOUND", "there is no such thing here");
	else if (*tag == NULL &&
		 (by == NULL || (strcmp(by, "type") != 0 && strcmp(by, "queue") != 0)))
		peer_error(
		    peer, "ERR", "GROUPS needs {\"by\":\"type\" or \"queue\"}, or {\"tag\":TAG}");
	else
		return true;
	return false;
}

void
verb_groups(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "hours", "by", "tag", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	struct groups groups = { .now = scheduler->queue.now };
	size_t mark = peer_list_begin(peer);
	const char *tag;
	int64_t hours;

	if (fields == NULL)
		return;
	hours = fields_int(fields, "hours", HOURS);
	groups.since = walltime_add_ms(groups.now, -hours * 3600 * 1000);
	if (hours < 1 || hours > HOURS_MAX)
		peer_error(peer, "ERR", "hours is from 1 to %d", HOURS_MAX);
	else if (read_kind(peer, fields, &groups, &tag) &&
		 !scheduler_failed(scheduler, look(scheduler, &groups, tag))) {
		for (size_t i = 0; i < groups.count; i++) {
			struct shown shown = { &groups.list[i], groups.overdue[i] };

			peer_json(peer, render_group, &shown);
		}
		peer_list_end(peer, mark, groups.count);
	}
	free(groups.list);
	free(groups.overdue);
	fields_free(fields);
}
