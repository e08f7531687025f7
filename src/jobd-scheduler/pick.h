/*
 * Which queue the next job comes from: in strict order, or in turns by weight.  Pure and without
 * chance: the same questions give the same answers.
 */
#ifndef SCHEDULER_PICK_H
#define SCHEDULER_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICK_NONE SIZE_MAX

struct pick {
	bool able;       /* it has a job that may be handed out now */
	int64_t weight;  /* 0 = none was given */
	int64_t *credit; /* kept between the calls, 0 at the beginning */
};

/*
 * The place of the queue whose turn it is, or PICK_NONE if none is able.  Without any weight it is
 * the first one that is able.  If one of them has a weight, those without count 1, and of every
 * `sum of the weights` turns a queue that is able gets as many as its weight, evenly spread.
 */
size_t pick_queue(const struct pick *, size_t count);

#endif
