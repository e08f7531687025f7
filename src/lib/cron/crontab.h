/*
 * A schedule as lines for crontab(5), of which cron makes the same times; or why there are none.
 * Pure: what cron on this machine understands beyond its manual is not looked at.
 */
#ifndef CRON_CRONTAB_H
#define CRON_CRONTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "cron/schedule.h"

/* Room for the lines of any schedule: one for each hour at the most. */
#define CRONTAB_TEXT_MAX 12288

struct crontab_lines {
	char text[CRONTAB_TEXT_MAX]; /* five fields a line, each line with its end */
	size_t count;
	/* The lines are meant in UTC, whatever the schedule's zone: it counts through. */
	bool is_utc;
	/* The times are the same but for days on which a clock change skips or repeats some. */
	bool differs_by_clock_change;
};

/* 0, or -1 with the reason, a phrase: "cron has no seconds". */
int crontab_of_schedule(const struct schedule *, struct crontab_lines *, const char **why);

#endif
