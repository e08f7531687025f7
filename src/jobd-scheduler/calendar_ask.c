/* What clients ask of any schedule, of the configuration or of a user. */
#include <string.h>

#include "calendar_private.h"
#include "queue_private.h"
#include "routine.h"

static const struct entry *
find_entry(const struct calendar *calendar, const char *name)
{
	for (size_t i = 0; i < calendar->count; i++)
		if (strcmp(calendar->entries[i].job->name, name) == 0)
			return &calendar->entries[i];
	return NULL;
}

static size_t
entry_times(const struct entry *entry, struct walltime after, struct walltime *times, size_t max)
{
	size_t count = 0;

	while (entry->schedule != NULL && count < max &&
	       schedule_next(entry->schedule, after, &entry->rules, &times[count], NULL) == 0)
		after = times[count++];
	return count;
}

static size_t
routine_times(const struct calendar *calendar, const struct routine *routine, struct walltime after,
    struct walltime *times, size_t max)
{
	char error[ROUTINE_ERROR_MAX];
	struct timetable *timetable =
	    timetable_new(routine, calendar->queue->conf->scheduler.timezone, error);
	size_t count = 0;

	while (timetable != NULL && count < max &&
	       timetable_next(timetable, after, &times[count]) == 0)
		after = times[count++];
	timetable_free(timetable);
	return count;
}

enum store_result
calendar_next_times(const struct calendar *calendar, const char *name, struct walltime after,
    struct walltime *times, size_t max, size_t *count)
{
	struct store *store = calendar->queue->store;
	const struct entry *entry = find_entry(calendar, name);
	struct routine routine;
	enum store_result result;

	*count = 0;
	if (entry != NULL) {
		*count = entry_times(entry, after, times, max);
		return STORE_OK;
	}
	if ((result = store->ops->routine_get(store, name, &routine)) != STORE_OK)
		return result;
	*count = routine_times(calendar, &routine, after, times, max);
	routine_clear(&routine);
	return STORE_OK;
}

enum queue_answer
calendar_run_routine(
    struct calendar *calendar, const char *name, const char *args, struct job *job, char *why)
{
	struct queue *queue = calendar->queue;
	struct store *store = queue->store;
	struct routine routine;
	enum store_result result = store->ops->routine_get(store, name, &routine);
	enum queue_answer answer;
	struct job made;

	job_init(job);
	if (result != STORE_OK)
		return queue_answer_of(result);
	if (args != NULL)
		routine.args = args;
	job_init(&made);
	if (calendar_make_job(queue, &routine, &made) == -1)
		answer = queue_answer_of(queue_no_memory(queue));
	else
		answer = queue_push_made(queue, &made, why);
	/* It borrows from the routine. */
	if (answer == QUEUE_OK && job_copy(job, &made) == -1)
		answer = queue_answer_of(queue_no_memory(queue));
	job_clear(&made);
	routine_clear(&routine);
	return answer;
}
