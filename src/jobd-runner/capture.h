/*
 * The head and the tail of what a job wrote, in bounded memory, and how much it was in all.  Pure;
 * takes any bytes.
 */
#ifndef RUNNER_CAPTURE_H
#define RUNNER_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

struct capture {
	char *head, *tail; /* tail is a ring */
	size_t head_len, head_size, head_max;
	size_t tail_len, tail_at, tail_max; /* tail_at: where the next byte goes */
	uint64_t total;                     /* bytes that were written */
};

/* Keeps at most max_bytes, half of them from the beginning and half from the end. */
void capture_init(struct capture *, size_t max_bytes);
/* Without memory less is kept, but all is counted. */
void capture_add(struct capture *, const char *data, size_t len);
/*
 * Brings the ring into order.  What was kept whole is then all in head; otherwise head and tail do
 * not end or begin inside a UTF-8 sequence.  Nothing may be added afterwards.
 */
void capture_finish(struct capture *);
void capture_free(struct capture *);

#endif
