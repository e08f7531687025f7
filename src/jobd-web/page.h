/*
 * What all pages share: the frame around them, tables, forms, badges, and where they go after a
 * change.  Pages are whole without a script; the script only loads them anew when something
 * happens.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <jansson.h>

#include "overview.h"
#include "request.h"

enum page_tab { TAB_OVERVIEW, TAB_JOBS, TAB_SCHEDULES, TAB_QUEUES, TAB_WORKERS, TAB_NONE };

void page_begin(struct buf *, const struct request *, enum page_tab, const char *title);
/* Ends the page and answers. */
void page_end(struct buf *, struct request *, unsigned int status);
/* A page that only says what is wrong. */
void page_problem(struct request *, unsigned int status, const char *text);
/* False: the reply is not good, and a page says so. */
bool page_reply_is_good(struct request *, size_t index);

/* A table in a frame that can be scrolled; heads are a NULL-ended list. */
void page_table_begin(struct buf *, const char *caption, const char *const *heads);
void page_table_end(struct buf *);
void page_cell(struct buf *, const char *text);
void page_cell_int(struct buf *, int64_t number);
/* "2026-11-22 05:30:00", or a dash; `text` is RFC 3339. */
void page_time(struct buf *, const char *text);
void page_cell_time(struct buf *, const char *text);
/* A link to BASE/NAME. */
void page_link(struct buf *, const struct request *, const char *base, const char *name);
void page_badge(struct buf *, const char *state);
/* A form of one button that posts to BASE/NAME/ACTION; nothing without the right. */
void page_button(struct buf *, const struct request *, enum role, const char *base,
    const char *name, const char *action, const char *label);
/* The reply as JSON values; caller frees. */
json_t *page_list(const struct request *, size_t index);

/* After a change: back to the page that it was made on, or to `path`. */
void page_back(struct request *, const char *path);

#endif
