/*
 * Schedules that users make: when one is due, from its frequency, day and time or from a schedule's
 * text.  Never reads a clock, never touches a store.
 */
#ifndef SCHEDULER_ROUTINE_H
#define SCHEDULER_ROUTINE_H

#include "store.h"

#define ROUTINE_ERROR_MAX 512

/*
 * Sets `schedule` from frequency (daily, weekly, monthly), time (HH:MM or HH:MM:SS), day (1,
 * Monday, to 7, or 1 to 31) and month_end (last, skip), if a frequency is given.  0, or -1 with
 * what is wrong.
 */
int routine_complete(struct routine *, char error[ROUTINE_ERROR_MAX]);

/* Writes the schedule's name into a job that it makes, as a member of the job's `custom`; -1
 * without memory. */
int routine_sign(struct job *, const char *name);
/* The name of the schedule that made the job, allocated; NULL if it is none, or without memory. */
char *routine_signature(const struct job *);

struct timetable;
/* How to find its due times; NULL with what is wrong with its schedule or its zone. */
struct timetable *timetable_new(
    const struct routine *, const char *default_zone, char error[ROUTINE_ERROR_MAX]);
void timetable_free(struct timetable *);
/* A tick_next_fn. */
int timetable_next(const void *timetable, struct walltime after, struct walltime *next);

#endif
