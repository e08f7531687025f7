/*
 * How queues, workers and circuit breakers are shown.
 */
#ifndef JOBCTL_QUEUE_VIEW_H
#define JOBCTL_QUEUE_VIEW_H

#include "jobctl/output.h"

extern const struct view queues_view, workers_view, breakers_view;

#endif
