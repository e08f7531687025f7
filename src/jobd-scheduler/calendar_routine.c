#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "calendar_private.h"
#include "queue_private.h"
#include "routine.h"

/* Handled in one turn; ticks of one of them; and records of ticks that are kept of each. */
#define ROUTINES_MAX 64
#define TICKS_MAX    16
#define TICKS_KEEP   20
#define NAME_MAX_LEN 200

static struct tick_rules
rules_of(const struct routine *routine, const struct timetable *timetable)
{
	return (struct tick_rules){
		.name = routine->name,
		.catch_up = routine->catch_up,
		.max_age_ms = INT64_C(86400) * 1000,
		.next = timetable_next,
		.next_arg = timetable,
	};
}

/* From its cursor on; a pause has no next. */
static void
set_next(struct routine *routine, const struct timetable *timetable)
{
	struct tick_rules rules = rules_of(routine, timetable);

	routine->next_at.us = 0;
	if (routine->enabled)
		routine->next_at = tick_next_fire(&rules, routine->cursor);
}

/* What is due next of all of them. */
enum store_result
calendar_look_routines(struct calendar *calendar)
{
	struct store *store = calendar->queue->store;
	struct routine routine;
	enum store_result result = store->ops->routine_next(store, &routine);

	calendar->routine_next.us = 0;
	if (result == STORE_OK) {
		calendar->routine_next = routine.next_at;
		routine_clear(&routine);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

/* Those ahead of the clock go back to it: the next turns find out when they are due. */
enum store_result
calendar_rewind_routines(struct calendar *calendar)
{
	struct store *store = calendar->queue->store;
	enum store_result result = store->ops->routine_rewind(store, calendar->queue->now);

	return result == STORE_OK ? calendar_look_routines(calendar) : result;
}

const char *
calendar_routine_args(const struct conf *conf, const struct routine *routine)
{
	const struct conf_job *type = conf_find_job(conf, routine->job);

	if (routine->args[0] != '\0')
		return routine->args;
	return type != NULL ? type->args : "[]";
}

/* As if a client pushed it at its time. */
int
calendar_make_job(struct queue *queue, const struct routine *routine, struct job *job)
{
	const char *args = calendar_routine_args(queue->conf, routine);

	if (queue_make_named(queue, routine->job, args, job) == -1 ||
	    routine_sign(job, routine->name) == -1)
		return -1;
	if (routine->queue[0] != '\0')
		job->queue = routine->queue;
	if (routine->tags[0] != '\0')
		job->tags = routine->tags;
	return queue_bring_home(queue, job);
}

/* Says in the record what became of it. */
static enum store_result
push_tick(struct queue *queue, const struct routine *routine, const struct tick *tick,
    struct tick_record *record)
{
	const struct conf_job *type = conf_find_job(queue->conf, routine->job);
	char why[QUEUE_WHY_MAX] = "";
	enum queue_answer answer;
	struct job job;

	if (type != NULL && (!type->enabled || type->manual_only)) {
		tick_record_skip(record, TICK_DISABLED);
		return STORE_OK;
	}
	if (calendar_make_job(queue, routine, &job) == -1)
		return queue_no_memory(queue);
	job.due_at = tick->due_at;
	answer = queue_push_made(queue, &job, why);
	if (answer == QUEUE_OK)
		snprintf(record->jid, sizeof(record->jid), "%s", job.jid);
	/* Without a number it is another one's, which is kept in its place. */
	if (answer != QUEUE_OK || job.id == 0)
		tick_record_skip(record, TICK_REFUSED);
	if (answer == QUEUE_REFUSED)
		log_warnx("schedule %s: %s", routine->name, why);
	job_clear(&job);
	return answer == QUEUE_FAILED ? STORE_FAILED : STORE_OK;
}

struct seek {
	struct walltime due_at;
	bool found;
};

static bool
seek_tick(void *arg, const struct tick_record *record)
{
	struct seek *seek = arg;

	seek->found = record->due_at.us == seek->due_at.us;
	return record->due_at.us > seek->due_at.us;
}

/* One that has a record is done already: the clock was set back. */
static enum store_result
do_tick(struct calendar *calendar, const struct routine *routine, const struct tick *tick)
{
	struct queue *queue = calendar->queue;
	struct store *store = queue->store;
	struct seek seek = { .due_at = tick->due_at };
	struct tick_record record;
	enum store_result result =
	    store->ops->routine_tick_list(store, routine->name, INT64_MAX, seek_tick, &seek);

	if (result != STORE_OK || seek.found)
		return result;
	tick_record_fill(&record, tick, queue->now);
	if (tick->run)
		result = push_tick(queue, routine, tick, &record);
	if (result == STORE_OK)
		result = store->ops->routine_tick_add(store, routine->name, &record);
	if (result == STORE_OK && queue->watcher != NULL)
		queue->watcher->ticked(queue->watcher_arg, routine->job, &record);
	return result;
}

static enum store_result
advance_routine(struct calendar *calendar, struct routine *routine)
{
	struct queue *queue = calendar->queue;
	char error[ROUTINE_ERROR_MAX];
	struct timetable *timetable =
	    timetable_new(routine, queue->conf->scheduler.timezone, error);
	enum store_result result = STORE_OK;
	struct tick ticks[TICKS_MAX];
	struct tick_rules rules;
	size_t count;

	if (timetable == NULL) {
		/* Its zone has gone: it is set aside until somebody sets it anew. */
		log_errx("schedule %s: %s", routine->name, error);
		routine->enabled = false;
		routine->next_at.us = 0;
		return queue->store->ops->routine_put(queue->store, routine);
	}
	rules = rules_of(routine, timetable);
	count = tick_plan(&rules, routine->cursor, queue->now, ticks, TICKS_MAX);
	for (size_t i = 0; i < count && result == STORE_OK; i++)
		result = do_tick(calendar, routine, &ticks[i]);
	if (count > 0 && result == STORE_OK) {
		routine->cursor = tick_end(&ticks[count - 1]);
		result = queue->store->ops->routine_tick_trim(
		    queue->store, routine->name, TICKS_KEEP, routine->cursor);
	}
	set_next(routine, timetable);
	timetable_free(timetable);
	return result == STORE_OK ? queue->store->ops->routine_put(queue->store, routine) : result;
}

enum store_result
calendar_advance_routines(struct calendar *calendar)
{
	struct store *store = calendar->queue->store;
	struct routine routine;
	enum store_result result = STORE_OK;

	if (!walltime_is_set(calendar->routine_next) ||
	    calendar->routine_next.us > calendar->queue->now.us)
		return STORE_OK;
	for (int i = 0; i < ROUTINES_MAX && result == STORE_OK; i++) {
		if ((result = store->ops->routine_next(store, &routine)) != STORE_OK)
			break;
		if (routine.next_at.us > calendar->queue->now.us) {
			routine_clear(&routine);
			break;
		}
		result = advance_routine(calendar, &routine);
		routine_clear(&routine);
	}
	return result == STORE_FAILED ? result : calendar_look_routines(calendar);
}

/* What clients ask for. */

static bool
take_tick(void *last, const struct tick_record *record)
{
	*(struct tick_record *)last = *record;
	return false;
}

enum store_result
calendar_last_of_routine(
    const struct calendar *calendar, const char *name, struct tick_record *last, bool *found)
{
	struct store *store = calendar->queue->store;
	enum store_result result;

	memset(last, 0, sizeof(*last));
	result = store->ops->routine_tick_list(store, name, 1, take_tick, last);
	*found = walltime_is_set(last->due_at);
	return result;
}

static enum queue_answer
refuse(char *why, const char *text)
{
	strlcpy(why, text, QUEUE_WHY_MAX);
	return QUEUE_REFUSED;
}

/* One that existed keeps its beginning and goes on from now. */
static enum store_result
take_over_old(struct calendar *calendar, struct routine *routine)
{
	struct store *store = calendar->queue->store;
	struct routine old;
	enum store_result result = store->ops->routine_get(store, routine->name, &old);

	routine->created_at = routine->cursor = calendar->queue->now;
	if (result == STORE_OK) {
		routine->created_at = old.created_at;
		routine_clear(&old);
	}
	return result == STORE_FAILED ? result : STORE_OK;
}

enum queue_answer
calendar_set_routine(struct calendar *calendar, struct routine *routine, char *why)
{
	struct store *store = calendar->queue->store;
	const struct conf_job *type;
	char error[ROUTINE_ERROR_MAX];
	struct timetable *timetable;

	if (routine->name[0] == '\0' || strlen(routine->name) > NAME_MAX_LEN)
		return refuse(why, "a schedule needs a name of at most 200 bytes");
	if (conf_find_job(calendar->queue->conf, routine->name) != NULL)
		return refuse(why, "the configuration has a job of this name");
	if (routine->job[0] == '\0' || strlen(routine->job) > JOB_NAME_MAX)
		return refuse(why, "a schedule needs the type of its jobs");
	type = conf_find_job(calendar->queue->conf, routine->job);
	if (type != NULL && type->manual_only)
		return refuse(
		    why, "its job is manual_only: it runs when it is asked to, and by no schedule");
	if (routine->queue[0] != '\0' && !job_is_queue_name(routine->queue))
		return refuse(why, "queue names must match \\A[a-zA-Z0-9._-]+\\z");
	if (routine_complete(routine, error) == -1 ||
	    (timetable = timetable_new(
		 routine, calendar->queue->conf->scheduler.timezone, error)) == NULL)
		return refuse(why, error);
	if (take_over_old(calendar, routine) != STORE_OK) {
		timetable_free(timetable);
		return QUEUE_FAILED;
	}
	set_next(routine, timetable);
	timetable_free(timetable);
	if (store->ops->routine_put(store, routine) != STORE_OK)
		return QUEUE_FAILED;
	return queue_answer_of(calendar_look_routines(calendar));
}

enum queue_answer
calendar_delete_routine(struct calendar *calendar, const char *name)
{
	struct store *store = calendar->queue->store;
	enum store_result result = store->ops->routine_delete(store, name);

	return queue_answer_of(result == STORE_OK ? calendar_look_routines(calendar) : result);
}

enum queue_answer
calendar_pause_routine(struct calendar *calendar, const char *name, bool paused)
{
	struct store *store = calendar->queue->store;
	char error[ROUTINE_ERROR_MAX];
	struct timetable *timetable;
	struct routine routine;
	enum store_result result = store->ops->routine_get(store, name, &routine);

	if (result != STORE_OK)
		return queue_answer_of(result);
	timetable = timetable_new(&routine, calendar->queue->conf->scheduler.timezone, error);
	if (timetable == NULL && !paused) {
		routine_clear(&routine);
		return QUEUE_REFUSED;
	}
	/* What was due during a pause is not made up for. */
	if (!paused && !routine.enabled)
		routine.cursor = calendar->queue->now;
	routine.enabled = !paused;
	routine.next_at.us = 0;
	if (timetable != NULL)
		set_next(&routine, timetable);
	timetable_free(timetable);
	result = store->ops->routine_put(store, &routine);
	routine_clear(&routine);
	return queue_answer_of(result == STORE_OK ? calendar_look_routines(calendar) : result);
}
