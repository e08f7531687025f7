/*
 * The next times of configured jobs, from the scheduler's rows or from the file, shown with their
 * zone and with what clock changes do to them.
 */
#ifndef JOBCTL_NEXT_H
#define JOBCTL_NEXT_H

#include "base/clock.h"
#include "conf/conf.h"
#include "jobctl/listing.h"

struct next {
	struct listing listing; /* what is shown */
	struct walltime from;
	int64_t count;
	bool failed;
};

void next_begin(struct next *, struct session *, struct walltime from, int64_t count);
/* A user's schedule with a rule for short months: its times are the server's to find. */
bool next_has_rule(const struct value *row);
/* Each complains about a schedule that can't be read and goes on.  `times` are the server's, NULL
 * if the row says all. */
void next_add_row(struct next *, const struct value *row, const struct value *times);
void next_add_job(struct next *, const struct conf_job *, const char *default_zone);
/* Shows and frees; 0, or -1 if there was a complaint. */
int next_end(struct next *);

#endif
