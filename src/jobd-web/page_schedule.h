/*
 * What the list of schedules shares with the page of one.
 */
#ifndef WEB_PAGE_SCHEDULE_H
#define WEB_PAGE_SCHEDULE_H

#include "page.h"

/* Paused, or switched off by the configuration or its user. */
bool schedule_is_off(const json_t *schedule);
/* Run now, pause, resume. */
void schedule_buttons(struct buf *, const struct request *, const json_t *schedule);

#endif
