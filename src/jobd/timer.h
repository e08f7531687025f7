/*
 * One-shot timers in milliseconds that never end early.
 */
#ifndef JOBD_TIMER_H
#define JOBD_TIMER_H

#include <event2/event_struct.h>

#include <stdint.h>

/* (Re)starts a timer that was assigned with evtimer_assign(). */
void timer_start_ms(struct event *, int64_t ms);

#endif
