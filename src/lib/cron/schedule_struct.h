/*
 * The body of a schedule, for the files that make, search and describe it; everybody else sees
 * schedule.h.
 */
#ifndef CRON_SCHEDULE_STRUCT_H
#define CRON_SCHEDULE_STRUCT_H

#include "cron/parse.h"
#include "cron/schedule.h"
#include "cron/zone.h"

struct schedule {
	struct zone *zone;
	struct recurrence recurrence;
};

#endif
