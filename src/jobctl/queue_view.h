/*
 * How queues, workers, circuit breakers and outboxes are shown.
 */
#ifndef JOBCTL_QUEUE_VIEW_H
#define JOBCTL_QUEUE_VIEW_H

#include "jobctl/output.h"

extern const struct view queues_view, workers_view, breakers_view, outboxes_view;

#endif
