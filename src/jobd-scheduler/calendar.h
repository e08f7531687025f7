/*
 * The schedules of the configuration with their state: which is due next, and what happens when it
 * is.  A tick and its job are written in one transaction, under the schedule's name and due time:
 * it is never done twice and never lost.  Never reads a clock.
 */
#ifndef SCHEDULER_CALENDAR_H
#define SCHEDULER_CALENDAR_H

#include <stdbool.h>

#include "base/json.h"
#include "queue.h"

struct calendar;

/* NULL without memory. */
struct calendar *calendar_new(struct queue *);
void calendar_free(struct calendar *);

/*
 * Takes over the jobs of queue->conf, which must stay until the next call, and their state from the
 * store; a schedule that is new or has changed starts at queue->now.
 */
enum store_result calendar_load(struct calendar *);
/* Has no jobs until it is loaded again. */
void calendar_forget(struct calendar *);

/* When calendar_advance() has something to do; unset if never. */
struct walltime calendar_next_fire(const struct calendar *);
/*
 * Does what is due at queue->now, up to a bounded number of ticks; calendar_next_fire() is then not
 * in the future if there are more.
 */
enum store_result calendar_advance(struct calendar *);
/* The clock was set: a schedule that is ahead of it goes back, without doing a tick again. */
enum store_result calendar_check_clock(struct calendar *);

/* QUEUE_REFUSED: it has no schedule. */
enum queue_answer calendar_pause(struct calendar *, const char *name, bool paused);

/*
 * Makes or replaces a schedule of a user's.  QUEUE_REFUSED with what is wrong in `why`
 * (QUEUE_WHY_MAX bytes).  Sets schedule and next_at.
 */
enum queue_answer calendar_set_routine(struct calendar *, struct routine *, char *why);
/* What its jobs get: its own, or those of their type. */
const char *calendar_routine_args(const struct conf *, const struct routine *);
enum queue_answer calendar_delete_routine(struct calendar *, const char *name);
enum queue_answer calendar_pause_routine(struct calendar *, const char *name, bool paused);

/*
 * Runs a user's schedule now, with other arguments if they are given (a JSON array): the job is the
 * caller's.  QUEUE_NO_JOB: there is no such schedule.
 */
enum queue_answer calendar_run_routine(
    struct calendar *, const char *name, const char *args, struct job *, char *why);
/* The next due times of any schedule; STORE_NONE: there is none of this name. */
enum store_result calendar_next_times(const struct calendar *, const char *name,
    struct walltime after, struct walltime *times, size_t max, size_t *count);

/* The newest tick of a user's schedule. */
enum store_result calendar_last_of_routine(
    const struct calendar *, const char *name, struct tick_record *last, bool *found);

/* The jobs of the configuration, scheduled or not, in its order. */
size_t calendar_count(const struct calendar *);
const char *calendar_name(const struct calendar *, size_t index);
/* What the list of schedules says about one.  The last tick is read before, with `last`. */
enum store_result calendar_last(
    const struct calendar *, size_t index, struct tick_record *last, bool *found);
void calendar_render(
    const struct calendar *, size_t index, const struct tick_record *last, struct json *);

#endif
