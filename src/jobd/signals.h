/*
 * What signals do to jobd: ends of children are collected, the others are forwarded, and reload,
 * reopen or end.  Never decides what an end of a program leads to.
 */
#ifndef JOBD_SIGNALS_H
#define JOBD_SIGNALS_H

struct event_base;

/* Priorities of the loop: ends of children before all, and what looks at all programs at last. */
enum priority { PRIORITY_CHILD, PRIORITY_NORMAL, PRIORITY_LAST, PRIORITIES };

/* From now on signals come in the loop.  -1 with errno. */
int signals_watch(struct event_base *);

#endif
