/*
 * How everything is at this moment: programs, queues, jobs by state, as health, metrics and the
 * first page show it.  Asked for in one go; what is not there is left out, not an error.
 */
#ifndef WEB_OVERVIEW_H
#define WEB_OVERVIEW_H

#include <jansson.h>

#include "proto/member.h"
#include "request.h"

#define OVERVIEW_MORE   7
#define OVERVIEW_ALERTS 8

/* The states of jobs, in the order of their lives; NULL-ended. */
extern const char *const overview_states[];

struct overview {
	json_t *programs; /* list; NULL: jobd does not answer */
	json_t *info;     /* of the queue; NULL: no answer */
	json_t *stats;    /* NULL: no answer */
	json_t *queues, *breakers, *outboxes, *schedules, *workers; /* lists, perhaps empty */
	bool has_scheduler;                                         /* the configuration needs it */
	char queue_error[256];                                      /* why there is no info */
};

/* Asks, and calls then, which uses overview_take(). */
void overview_ask(struct request *, void (*then)(struct request *));
/*
 * The same with another line for the queue in the place of INFO, which takes long where much waits;
 * its reply has the number OVERVIEW_MORE, and that of ALERTS OVERVIEW_ALERTS.
 */
void overview_ask_page(struct request *, const char *line, void (*then)(struct request *));
/* Asks for all but INFO, which comes next, with the number OVERVIEW_MORE; others may follow. */
void overview_ask_begin(struct request *);
/* The objects of a reply that is a list; NULL if there was no answer. */
json_t *overview_list(const struct request *, size_t index);
/* Made from the replies; the request's state, freed with it.  NULL: no memory, answered. */
struct overview *overview_take(struct request *);

/* The jobs in this state; -1: not known. */
int64_t overview_state(const struct overview *, const char *state);
/* A number of the queue's totals: "total_processed", "total_failures". */
int64_t overview_total(const struct overview *, const char *name);

#endif
