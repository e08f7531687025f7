/*
 * Text that grows while it is written: answers, pages, request lines.  Never reads or writes
 * anything itself.  Running out of memory is remembered, not reported at each step.
 */
#ifndef WEB_BUF_H
#define WEB_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* always ends with a NUL that does not count, once something was added */
	size_t len, size;
	bool failed; /* no memory: what is there is not whole */
};

/* Makes room for so much more, so that it need not grow step by step. */
void buf_reserve(struct buf *, size_t more);
void buf_add(struct buf *, const void *data, size_t len);
void buf_text(struct buf *, const char *text);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
/* Escaped for HTML text and quoted attributes, with U+FFFD for what is not UTF-8; NULL is nothing.
 */
void buf_html(struct buf *, const char *text);
void buf_html_len(struct buf *, const char *text, size_t len);
/* A JSON string with its quotes; what is not UTF-8 becomes U+FFFD. */
void buf_json(struct buf *, const char *text);
void buf_json_len(struct buf *, const char *text, size_t len);
/* Percent-encoded for one segment of a path or one value of a query. */
void buf_url(struct buf *, const char *text);
void buf_free(struct buf *);
/* The same with a secret in it. */
void buf_wipe(struct buf *);
/* Wipes what is there and keeps the room for the next text, unless it is larger than `kept`. */
void buf_empty(struct buf *, size_t kept);

#endif
