/*
 * The rows of one transaction on their way into the queue: which are sent, what was said to each,
 * and what is to be marked.  Pure but for memory; knows neither the database nor a socket.
 */
#ifndef OUTBOX_BATCH_H
#define OUTBOX_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/resp.h"

#include "row.h"

enum fate {
	FATE_WAITS,
	FATE_SENT,
	FATE_DONE,
	FATE_KNOWN,  /* done before: the queue had it already */
	FATE_UNSURE, /* refused, but perhaps only because the queue had it already */
	FATE_REFUSED,
};

struct batch {
	struct batch_row {
		enum fate fate;
		char *jid, *why; /* why: of those that were refused */
	} * rows;
	size_t count;
	size_t next; /* the first one that waits */
	bool single; /* a list of these was refused as a whole: one by one, then */
	bool failed; /* no memory for an answer: nothing can be marked */
};

/* 0, or -1 without memory. */
int batch_begin(struct batch *, size_t count);
void batch_clear(struct batch *);

struct batch_source {
	const struct row_columns *columns;
	const struct row_rules *rules;
	/* The values of a row, good until the next call. */
	const char *const *(*values)(void *arg, size_t row);
	void *arg;
};
/*
 * The next request, allocated, for as many rows as go into one; those that are no jobs are refused
 * on the way.  NULL: there is none left, or (failed) no memory.
 */
char *batch_request(struct batch *, const struct batch_source *, size_t *len);
/* The answer to it.  -1: nothing can be pushed now, and `why` says what is wrong. */
int batch_answer(struct batch *, const struct resp_item *, char why[ROW_WHY_MAX]);
/* The first row whose job is to be looked for; `count` if there is none. */
size_t batch_unsure(const struct batch *);
/* Whether it was found. */
void batch_settle(struct batch *, size_t row, bool is_known);
/* Whether the queue had all of them before. */
bool batch_is_known(const struct batch *);

#endif
