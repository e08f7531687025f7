/*
 * What the files of the calendar share.  Nobody else includes this.
 */
#ifndef SCHEDULER_CALENDAR_PRIVATE_H
#define SCHEDULER_CALENDAR_PRIVATE_H

#include "calendar.h"
#include "cron/schedule.h"

struct entry {
	const struct conf_job *job;
	struct schedule *schedule;   /* NULL if it has none */
	struct schedule_rules rules; /* of clock changes */
	struct schedule_state state;
	struct walltime next; /* unset: never */
	unsigned decided;     /* since old records were last removed */
};

struct calendar {
	struct queue *queue;
	struct entry *entries;
	size_t count;
	struct walltime routine_next; /* when the next schedule of a user's is due */
};

/* What stands in the record of a tick that is decided now. */
void tick_record_fill(struct tick_record *, const struct tick *, struct walltime now);
void tick_record_skip(struct tick_record *, enum tick_reason);
/* STORE_EXISTS if there is one of this time. */
enum store_result tick_record_keep(
    struct calendar *, const char *schedule, const struct tick_record *);

/* Schedules of users: calendar_routine.c */
/* A job of the schedule, which it borrows from; -1 without memory. */
int calendar_make_job(struct queue *, const struct routine *, struct job *);
enum store_result calendar_rewind_routines(struct calendar *);
enum store_result calendar_look_routines(struct calendar *);
enum store_result calendar_advance_routines(struct calendar *);

#endif
