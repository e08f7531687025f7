/*
 * The client's half of the wire format: RESP replies in.  Pure: fed with bytes, gives items; never
 * reads a descriptor.
 */
#ifndef PROTO_RESP_H
#define PROTO_RESP_H

#include <stddef.h>
#include <stdint.h>

enum resp_kind {
	RESP_MORE,    /* the item is not complete: feed more bytes */
	RESP_OK,      /* +text */
	RESP_ERROR,   /* -CODE text */
	RESP_INTEGER, /* :n */
	RESP_BULK,    /* $len bytes */
	RESP_NIL,     /* $-1 or *-1 */
	RESP_ARRAY,   /* *count: that many items follow */
	RESP_BROKEN,  /* not RESP: close the connection */
};

struct resp_item {
	enum resp_kind kind;
	const char *data; /* OK, ERROR, BULK: inside the caller's buffer, not NUL-ended */
	size_t len;
	int64_t number; /* INTEGER, ARRAY */
};

/*
 * Reads one item from the start of the buffer.  *used is what it took (0 with RESP_MORE).
 * Lines above 64 KiB and bulks above `bulk_max` are RESP_BROKEN.
 */
enum resp_kind resp_parse(
    const char *buf, size_t len, size_t bulk_max, struct resp_item *, size_t *used);

#endif
