/*
 * Replies on their way to a client: what may be sent, and behind it what is held back until the
 * turn is committed.  Never touches a descriptor.
 */
#ifndef SCHEDULER_OUTBUF_H
#define SCHEDULER_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>

struct outbuf {
	char *data;
	size_t size;
	size_t sent, kept, len; /* sent <= kept <= len: behind `kept` is what this turn added */
	size_t *total;          /* bytes of all buffers that share a limit */
	size_t total_max;
	bool lost; /* there was no room: what is in it is not whole */
};

void outbuf_init(struct outbuf *, size_t *total, size_t total_max);
void outbuf_clear(struct outbuf *);

/* Room for so many bytes behind what is there, or NULL: then it is lost. */
char *outbuf_reserve(struct outbuf *, size_t len);
void outbuf_add(struct outbuf *, const void *data, size_t len);
/* Puts bytes in front of what was added behind `mark`, an earlier value of len. */
void outbuf_insert(struct outbuf *, size_t mark, const void *data, size_t len);

/* What is held back may be sent, or is forgotten. */
void outbuf_keep(struct outbuf *);
void outbuf_undo(struct outbuf *);

/* What is to be sent. */
const char *outbuf_next(const struct outbuf *, size_t *len);
void outbuf_sent(struct outbuf *, size_t len);

#endif
