/*
 * What the pages about programs share.
 */
#ifndef WEB_PAGE_PROGRAM_H
#define WEB_PAGE_PROGRAM_H

#include "page.h"

/* Start, stop and restart. */
extern const struct page_actions page_program_actions;

/* One row of a table; `wide` with restarts, sparklines and buttons. */
void page_program_row(struct buf *, const struct request *, const json_t *program, bool wide);
/* The buttons that make sense for its state. */
void page_program_buttons(struct buf *, const struct request *, const json_t *program);

/* Samples as points of a chart that ends now; the count. */
#define PAGE_PROGRAM_POINTS 128
struct chart_point;
size_t page_program_memory(const char *name, struct chart_point *);
size_t page_program_cpu(const char *name, struct chart_point *);

#endif
