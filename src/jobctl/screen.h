/*
 * The whole terminal as a picture that is drawn anew: entered, left however we end, and waited for.
 */
#ifndef JOBCTL_SCREEN_H
#define JOBCTL_SCREEN_H

#include <stdbool.h>

enum screen_event {
	SCREEN_TIME,  /* the time is over, or the window has another size: draw */
	SCREEN_READY, /* the descriptor has something */
	SCREEN_QUIT,  /* somebody pressed q */
};

/* False if standard output is no terminal. */
bool screen_is_possible(void);
/* From now on a signal that ends us gives the terminal back first. */
void screen_enter(void);
void screen_leave(void);
/* Where the next picture begins; it is shown by screen_show(). */
void screen_clear(void);
void screen_show(void);
/* Waits for the descriptor (-1: none), a key, or so long. */
enum screen_event screen_wait(int fd, int timeout_ms);

#endif
