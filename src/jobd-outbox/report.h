/*
 * Tells how the outboxes are: jobd, for the status of the program, and the queue, where health,
 * figures and alerts find it.  Decides nothing, and never asks.
 */
#ifndef OUTBOX_REPORT_H
#define OUTBOX_REPORT_H

#include <stddef.h>

#include "outbox.h"
#include "pusher.h"

void report_to_jobd(struct outbox *const *, size_t count);
/* `answer` is called for each that was told.  -1 without memory. */
int report_to_queue(
    struct outbox *const *, size_t count, struct pusher *, pusher_answer *answer, void *arg);

#endif
