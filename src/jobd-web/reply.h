/*
 * What one of jobd's sockets answered to one request: its kind and its items.  Never asks itself.
 */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum reply_kind {
	REPLY_LOST,  /* not asked, or no answer: nobody there, too slow, too many ask */
	REPLY_ERROR, /* text is "CODE what is wrong" */
	REPLY_OK,    /* one item: its text; none if that is OK */
	REPLY_BULK,  /* one item */
	REPLY_NIL,
	REPLY_LIST, /* count items; nil ones are "" */
};

struct reply {
	enum reply_kind kind;
	bool sent;        /* LOST: it may have been done nevertheless */
	struct buf items; /* each ends with a NUL */
	size_t *ends, count;
};

/* The item's text, NUL-ended; "" beyond the end. */
const char *reply_item(const struct reply *, size_t index, size_t *len);
/* One more item; without memory items.failed says so. */
void reply_add(struct reply *, const char *data, size_t len);
/* Makes it an error with this text. */
void reply_set_error(struct reply *, const char *text);
/* The same with what is secret masked. */
void reply_mask(struct reply *);
void reply_free(struct reply *);

#endif
