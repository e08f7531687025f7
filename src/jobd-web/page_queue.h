/*
 * What the list of queues shares with the page of one: its buttons and how its limits are written.
 */
#ifndef WEB_PAGE_QUEUE_H
#define WEB_PAGE_QUEUE_H

#include "page.h"

extern const struct page_actions page_queue_actions;

/* "5 at a time, 50/s, weight 3", or none. */
void page_queue_limits(struct buf *, const json_t *queue);

#endif
