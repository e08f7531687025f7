/* GROUPS: figures of the last hours, for each type, each queue or each tag, in all and by the hour.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/log.h"
#include "figures.h"
#include "scope.h"
#include "server.h"

#define HOUR_US   (INT64_C(3600) * CLOCK_US_PER_SEC)
#define HOURS     24
#define HOURS_MAX 744
/* Groups of one reply, their hours together, and jobs that are looked at one by one. */
#define GROUPS_MAX 2000
#define ROWS_MAX   10000
#define LOOKED_MAX 10000
/* Of those that may be overdue: anybody's page asks for it while they wait. */
#define OVERDUE_MAX 1000

enum by { BY_TYPE, BY_QUEUE, BY_TAG, BY_ALL };

static const char *const by_names[] = {
	[BY_TYPE] = "type", [BY_QUEUE] = "queue", [BY_TAG] = "tag", [BY_ALL] = "all"
};

struct group {
	struct figure sum;
	struct figure *hours; /* those in which something ended */
	size_t hour_count, hour_size;
	int64_t overdue; /* ready jobs whose time is more than a minute ago */
};

struct groups {
	struct group *list;
	size_t count, size;
	enum by by;
	const char *tag, *own;   /* jobs must carry both; NULL: any */
	bool by_hour, has_jobs;  /* has_jobs: what is stored by the hour can't tell */
	size_t rows, looked;     /* hours of all groups; ready jobs */
	size_t ended;            /* jobs that were looked at, when that was needed ... */
	bool is_part;            /* ... and there are more ... */
	struct walltime back_to; /* ... made before this one */
	bool too_many, is_least; /* more rows than may be; more jobs than were looked at */
	struct walltime since, now;
};

typedef void (*group_fn)(struct groups *, struct group *, const struct figure *);

static struct group *
group_find(struct groups *groups, const char *name)
{
	struct group *longer;
	size_t i = 0;

	while (i < groups->count && strcmp(groups->list[i].sum.name, name) != 0)
		i++;
	if (i < groups->count)
		return &groups->list[i];
	if (groups->count == GROUPS_MAX)
		return NULL;
	if (groups->count == groups->size) {
		groups->size = groups->size == 0 ? 16 : groups->size * 2;
		longer = reallocarray(groups->list, groups->size, sizeof(*longer));
		if (longer == NULL)
			fatalx("out of memory");
		groups->list = longer;
	}
	groups->count++;
	groups->list[i] = (struct group){ .overdue = 0 };
	strlcpy(groups->list[i].sum.name, name, sizeof(groups->list[i].sum.name));
	return &groups->list[i];
}

static void
groups_free(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->list[i].hours);
	free(groups->list);
}

/* The latest hours come last, or nearly so. */
static struct figure *
hour_find(struct groups *groups, struct group *group, struct walltime at)
{
	struct figure *longer;

	for (size_t i = group->hour_count; i-- > 0;)
		if (group->hours[i].at.us == at.us)
			return &group->hours[i];
	if (groups->rows == ROWS_MAX) {
		groups->too_many = true;
		return NULL;
	}
	if (group->hour_count == group->hour_size) {
		group->hour_size = group->hour_size == 0 ? 8 : group->hour_size * 2;
		longer = reallocarray(group->hours, group->hour_size, sizeof(*longer));
		if (longer == NULL)
			fatalx("out of memory");
		group->hours = longer;
	}
	groups->rows++;
	group->hours[group->hour_count] = (struct figure){ .at = at };
	return &group->hours[group->hour_count++];
}

static void
add_figure(struct groups *groups, struct group *group, const struct figure *figure)
{
	struct figure *hour;

	figure_sum(&group->sum, figure);
	if (groups->by_hour && (hour = hour_find(groups, group, figure->at)) != NULL)
		figure_sum(hour, figure);
}

static void
add_overdue(struct groups *groups, struct group *group, const struct figure *figure)
{
	(void)groups;
	(void)figure;
	group->overdue++;
}

static void
group_do(struct groups *groups, const char *name, group_fn fn, const struct figure *figure)
{
	struct group *group = group_find(groups, name);

	if (group != NULL)
		fn(groups, group, figure);
}

/* What the only group of an answer is called. */
static const char *
only_name(const struct groups *groups)
{
	return groups->tag != NULL ? groups->tag : groups->own != NULL ? groups->own : "all";
}

/* Does it for each group that the job belongs to; a tag with an escape in it is left out. */
static void
groups_do(struct groups *groups, const struct job *job, group_fn fn, const struct figure *figure)
{
	struct json_scan scan;
	struct json_piece piece;
	char tag[JOB_NAME_MAX + 1];

	if (groups->by != BY_TAG) {
		group_do(groups,
		    groups->by == BY_TYPE    ? job->type
		    : groups->by == BY_QUEUE ? job->queue
					     : only_name(groups),
		    fn, figure);
		return;
	}
	if (job->tags[0] == '\0' || json_scan_begin(&scan, job->tags, strlen(job->tags)) == -1)
		return;
	while (json_scan_next(&scan, &piece) == 1) {
		if (piece.value_len < 2 || memchr(piece.value, '\\', piece.value_len) != NULL)
			continue;
		snprintf(tag, sizeof(tag), "%.*s", (int)(piece.value_len - 2), piece.value + 1);
		group_do(groups, tag, fn, figure);
	}
}

static bool
sum_up(void *arg, const struct figure *figure)
{
	struct groups *groups = arg;

	group_do(
	    groups, groups->by == BY_ALL ? only_name(groups) : figure->name, add_figure, figure);
	return !groups->too_many;
}

static struct walltime
due_of(const struct job *job)
{
	return job->run_at.us > job->enqueued_at.us ? job->run_at : job->enqueued_at;
}

static bool
add_job(void *arg, const struct job *job)
{
	struct groups *groups = arg;
	int64_t wait_ms = walltime_diff_ms(job->started_at, due_of(job)), end = job->finished_at.us;
	struct figure figure = { .at = { end - end % HOUR_US } };

	if (groups->ended++ == LOOKED_MAX) {
		groups->is_part = true;
		return false;
	}
	groups->back_to = job->created_at;
	if (!walltime_is_set(job->finished_at) || end < groups->since.us ||
	    !walltime_is_set(job->started_at))
		return true;
	figure_add(&figure, job->state == JOB_DONE,
	    walltime_diff_ms(job->finished_at, job->started_at), wait_ms > 0 ? wait_ms : 0);
	groups_do(groups, job, add_figure, &figure);
	return !groups->too_many;
}

/* They come in the order in which they were made: behind one that is too young are no others. */
static bool
count_overdue(void *arg, const struct job *job)
{
	struct groups *groups = arg;

	if (walltime_diff_ms(groups->now, job->created_at) < FIGURES_LATE_MS)
		return false;
	if (groups->looked++ == OVERDUE_MAX) {
		groups->is_least = true;
		return false;
	}
	if (walltime_diff_ms(groups->now, due_of(job)) >= FIGURES_LATE_MS)
		groups_do(groups, job, add_overdue, NULL);
	return true;
}

static enum store_result
look(struct scheduler *scheduler, struct groups *groups)
{
	struct store *store = scheduler->store;
	struct job_filter ended = { .states = 1u << JOB_DONE | 1u << JOB_DEAD,
		.tag = groups->tag,
		.scope = groups->own,
		.limit = LOOKED_MAX + 1 };
	struct job_filter ready = { .states = 1u << JOB_READY,
		.tag = groups->tag,
		.scope = groups->own,
		.oldest_first = true,
		.limit = OVERDUE_MAX + 1 };
	enum store_result result = figures_flush(&scheduler->figures, store);

	if (groups->by == BY_ALL)
		group_find(groups, only_name(groups));
	if (result == STORE_OK && groups->has_jobs)
		result = store->ops->job_list(store, &ended, add_job, groups);
	else if (result == STORE_OK)
		result = store->ops->figure_list(store,
		    groups->by == BY_QUEUE ? FIGURE_QUEUE : FIGURE_TYPE, groups->since, sum_up,
		    groups);
	return result == STORE_OK ? store->ops->job_list(store, &ready, count_overdue, groups)
				  : result;
}

static void
render_times(struct json *json, const char *name, int64_t sum, int64_t count, int64_t longest,
    const int64_t steps[HISTOGRAM_STEPS])
{
	json_object(json, name);
	json_int(json, "avg", sum / count);
	json_int(json, "p50", histogram_percentile(steps, 50, longest));
	json_int(json, "p95", histogram_percentile(steps, 95, longest));
	json_int(json, "p99", histogram_percentile(steps, 99, longest));
	json_int(json, "max", longest);
	json_object_end(json);
}

static void
render_figures(struct json *json, const struct figure *figure)
{
	int64_t total = figure->done + figure->failed;
	char rate[32];

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
}

struct shown {
	const struct groups *groups;
	const struct group *group;
};

static void
render_group(struct json *json, const void *arg)
{
	const struct shown *shown = arg;
	const struct group *group = shown->group;

	json_object(json, NULL);
	json_string(json, "name", group->sum.name);
	render_figures(json, &group->sum);
	json_int(json, "overdue", group->overdue);
	json_bool(json, "overdue_is_least", shown->groups->is_least);
	json_bool(json, "complete", !shown->groups->is_part);
	if (shown->groups->is_part)
		render_time(json, "jobs_since", shown->groups->back_to);
	if (shown->groups->by_hour) {
		json_array(json, "hours");
		for (size_t i = 0; i < group->hour_count; i++) {
			json_object(json, NULL);
			render_time(json, "at", group->hours[i].at);
			render_figures(json, &group->hours[i]);
			json_object_end(json);
		}
		json_array_end(json);
	}
	json_object_end(json);
}

static int
compare_hours(const void *one, const void *other)
{
	int64_t a = ((const struct figure *)one)->at.us, b = ((const struct figure *)other)->at.us;

	return (a > b) - (a < b);
}

static void
reply(struct peer *peer, struct groups *groups, size_t mark)
{
	if (groups->too_many) {
		peer_error(peer, "ERR",
		    "more than %d hours of groups: ask for fewer hours, or not by the hour",
		    ROWS_MAX);
		return;
	}
	for (size_t i = 0; i < groups->count; i++) {
		struct group *group = &groups->list[i];
		struct shown shown = { groups, group };

		if (group->hour_count > 1)
			qsort(
			    group->hours, group->hour_count, sizeof(*group->hours), compare_hours);
		peer_json(peer, render_group, &shown);
	}
	peer_list_end(peer, mark, groups->count);
}

/* Without `by` a tag is one group.  False: an error was replied. */
static bool
read_by(struct peer *peer, const struct fields *fields, struct groups *groups)
{
	const char *by = fields_text(fields, "by");

	groups->own = peer_tag(peer);
	groups->tag = fields_text(fields, "tag");
	groups->by_hour = fields_bool(fields, "by_hour", false);
	groups->by = BY_TYPE;
	if (by == NULL && (groups->tag != NULL || groups->own != NULL))
		by = by_names[BY_ALL];
	while (by != NULL && groups->by <= BY_ALL && strcmp(by, by_names[groups->by]) != 0)
		groups->by++;
	groups->has_jobs = groups->tag != NULL || groups->own != NULL || groups->by == BY_TAG;
	if (by != NULL && groups->by <= BY_ALL)
		return true;
	peer_error(peer, "ERR",
	    "GROUPS needs {\"by\":\"type\", \"queue\", \"tag\" or \"all\"}, or "
	    "{\"tag\":TAG}");
	return false;
}

void
verb_groups(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "hours", "by", "tag", "by_hour", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	struct groups groups = { .now = scheduler->queue.now };
	size_t mark = peer_list_begin(peer);
	int64_t hours;

	if (fields == NULL)
		return;
	hours = fields_int(fields, "hours", HOURS);
	groups.since.us = groups.now.us - (hours <= HOURS_MAX ? hours : 0) * HOUR_US;
	if (hours < 1 || hours > HOURS_MAX)
		peer_error(peer, "ERR", "hours is from 1 to %d", HOURS_MAX);
	else if (read_by(peer, fields, &groups) &&
		 !scheduler_failed(scheduler, look(scheduler, &groups)))
		reply(peer, &groups, mark);
	groups_free(&groups);
	fields_free(fields);
}
