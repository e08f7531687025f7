#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "calendar_private.h"
#include "queue_private.h"
#include "routine.h"

/* Handled in one turn; and ticks of one of them. */
#define ROUTINES_MAX 64
#define TICKS_MAX    16
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

/* Its job, as if a client had pushed it at its time. */
static enum store_result
push_tick(struct calendar *calendar, const struct routine *routine, const struct tick *tick)
{
	struct queue *queue = calendar->queue;
	const struct conf_job *type = conf_find_job(queue->conf, routine->job);
	const char *args = routine->args[0] != '\0' ? routine->args : "[]";
	char why[QUEUE_WHY_MAX];
	struct job job;
	enum queue_answer answer;

	if (type != NULL && !type->enabled)
		return STORE_OK;
	if (type != NULL && routine->args[0] == '\0')
		args = type->args;
	if (queue_make_named(queue, routine->job, args, &job) == -1)
		return queue_no_memory(queue);
	if (routine->queue[0] != '\0')
		job.queue = routine->queue;
	if (routine->tags[0] != '\0')
		job.tags = routine->tags;
	job.due_at = tick->due_at;
	answer = queue_push_made(queue, &job, why);
	if (answer == QUEUE_REFUSED)
		log_warnx("schedule %s: %s", routine->name, why);
	job_clear(&job);
	return answer == QUEUE_FAILED ? STORE_FAILED : STORE_OK;
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
		if (ticks[i].run)
			result = push_tick(calendar, routine, &ticks[i]);
	if (count > 0)
		routine->cursor = tick_end(&ticks[count - 1]);
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
	char error[ROUTINE_ERROR_MAX];
	struct timetable *timetable;

	if (routine->name[0] == '\0' || strlen(routine->name) > NAME_MAX_LEN)
		return refuse(why, "a schedule needs a name of at most 200 bytes");
	if (conf_find_job(calendar->queue->conf, routine->name) != NULL)
		return refuse(why, "the configuration has a job of this name");
	if (routine->job[0] == '\0' || strlen(routine->job) > JOB_NAME_MAX)
		return refuse(why, "a schedule needs the type of its jobs");
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
