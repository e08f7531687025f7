/*
 * The next times of configured jobs, from the scheduler's rows or from the file, shown with their
 * zone and with what clock changes do to them.
 */
#ifndef JOBCTL_NEXT_H
#define JOBCTL_NEXT_H

#include <stdbool.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "jobctl/output.h"

struct next {
	bool json;
	struct walltime from;
	int64_t count;
	json_t *schedules; /* what will be shown */
	bool failed;
};

/* For receiving the rows of SCHEDULES; never shown itself. */
extern const struct view next_view;

void next_begin(struct next *, bool json, struct walltime from, int64_t count);
/* Each complains about a schedule that can't be read and goes on. */
void next_add_row(struct next *, const json_t *row);
void next_add_job(struct next *, const struct conf_job *, const char *default_zone);
void next_show(const struct next *);
/* 0, or -1 if there was a complaint. */
int next_end(struct next *);

#endif
