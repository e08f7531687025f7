/*
 * What all pages share: the frame around them, tables, badges, times, and what is done by their
 * buttons.  Pages are whole without a script; the script only loads their live parts anew when
 * something happens.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <jansson.h>

#include "overview.h"
#include "request.h"

enum page_tab {
	TAB_OVERVIEW,
	TAB_PROGRAMS,
	TAB_JOBS,
	TAB_QUEUES,
	TAB_SCHEDULES,
	TAB_WORKERS,
	TAB_BREAKERS,
	TAB_WEBHOOKS,
	TAB_ALERTS,
	TAB_AUDIT,
	TAB_NONE
};

/* The states of jobs in the order in which people look at them; NULL-ended. */
extern const char *const page_job_states[];

/* page.c: the frame. */

void page_begin(struct buf *, const struct request *, enum page_tab, const char *title);
/* Ends the page and answers. */
void page_end(struct buf *, struct request *, unsigned int status);
/* A page that only says what is wrong. */
void page_problem(struct request *, unsigned int status, const char *text);
/* False: the reply is not good, and a page says so. */
bool page_reply_is_good(struct request *, size_t index);
/* A part that the script loads anew when something happens; ids are unique in a page. */
void page_live_begin(struct buf *, const char *id);
void page_live_end(struct buf *);
/* This page shows samples: the script loads it every few seconds while somebody looks at it. */
void page_samples(struct buf *);
/* Is said on top of the next page, after the request was answered. */
void page_note(struct request *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The path and query of the page that a form was on, without the prefix; NULL: not known. */
const char *page_origin(const struct request *);
/* After a change: back to the page that it was made on, or to `path`. */
void page_back(struct request *, const char *path);

/* page_parts.c */

/* A table in a frame that can be scrolled; heads are a NULL-ended list, those that begin with '#'
 * are for figures. */
void page_table_begin(struct buf *, const char *caption, const char *const *heads);
void page_table_end(struct buf *);
void page_cell(struct buf *, const char *text);
void page_cell_int(struct buf *, int64_t number);
/* "12,345" */
void page_int(struct buf *, int64_t number);
/* "5 min ago" or "in 3 h", with the time itself beside it; a dash without one. */
void page_time(struct buf *, const char *text);
void page_cell_time(struct buf *, const char *text);
/* "1.2 s"; a dash for less than 0. */
void page_duration(struct buf *, int64_t ms);
void page_cell_duration(struct buf *, int64_t ms);
/* "12.3 MB"; a dash for less than 0. */
void page_bytes(struct buf *, int64_t bytes);
/* The same into a text; for chart_line(). */
const char *page_format_bytes(double bytes, char *buf, size_t size);
const char *page_format_percent(double percent, char *buf, size_t size);
/* A link to BASE/NAME. */
void page_link(struct buf *, const struct request *, const char *base, const char *name);
void page_badge(struct buf *, const char *state);
/* One figure with its name, `look` colours it; `href` (without the prefix) may be NULL. */
void page_tile_begin(struct buf *, const struct request *, const char *look, const char *href);
void page_tile_end(struct buf *, const char *name);
void page_tile(struct buf *, const struct request *, const char *look, const char *href,
    int64_t count, const char *name);
/* <dt> and <dd> of a member if it is there: times of "..._at", texts, and all else as JSON. */
void page_fact(struct buf *, const char *name, const json_t *object, const char *member);
/* A hidden field of a form. */
void page_hidden(struct buf *, const char *name, const char *value);
/* Text that may be very long: what is beyond its first 16 KiB is left out, and said. */
void page_long_text(struct buf *, const char *text);
/* A value as JSON for people; the caller frees it. */
char *page_pretty(const json_t *value);
/* The reply as JSON values; caller frees. */
json_t *page_list(const struct request *, size_t index);

/* page_figures.c */

/* Asks for what page_figures() shows of a "type" or a "queue"; index is that of the ask. */
void page_ask_figures(struct request *, const char *by);
/* How attempts of the last day went: counts, times and their percentiles. */
void page_figures(struct buf *, const struct request *, size_t index, const char *name);

/* page_act.c: what is done by buttons. */

struct page_action {
	const char *word, *label; /* in the path; on the button */
	const char *verb;
	enum role role;
	const char *sure; /* what is to be thought of first; NULL: it is done at once */
	const char *done; /* "NAME is stopping" */
};

struct page_actions {
	const char *base;   /* of the paths */
	const char *target; /* where to go without a page to go back to; NULL: BASE/NAME */
	enum upstream_socket socket;
	const struct page_action *list; /* ended by a NULL word */
};

/* A form of one button; nothing without the right. */
void page_button(struct buf *, const struct request *, const struct page_actions *,
    const char *word, const char *name);
/* Does what the button of the path (BASE/NAME/WORD) says, once it is sure. */
void page_act(struct request *, const struct page_actions *);
/* The action of the path; NULL: answered.  Also looks at the right and asks whether it is sure. */
const struct page_action *page_action_of(struct request *, const struct page_actions *);
/* The first {} of the path as a name; NULL: a page says that there is none. */
const char *page_name(struct request *);
const char *page_program_name(struct request *);
/* False: a page asks whether that is meant, and the form comes again with the answer. */
bool page_is_sure(struct request *, const char *title, const char *text, const char *button);

#endif
