/*
 * The filter that the list of jobs and what is done with many of them share.
 */
#ifndef WEB_PAGE_JOBS_H
#define WEB_PAGE_JOBS_H

#include <jansson.h>

#include "buf.h"
#include "url.h"

/* Names of the fields, NULL-ended; the first one is the state. */
extern const char *const page_jobs_filters[];
/* What was chosen, as a query with "?" in front; nothing without. */
void page_jobs_query(struct buf *, const struct pairs *);
/* The same for the queue. */
json_t *page_jobs_filter(const struct pairs *);

#endif
