/*
 * How jobd learns that a program is ready, and that it is still alive: start seconds, delay, a
 * descriptor, a TCP port, or the protocol of sd_notify(3) on one socket for all programs.
 */
#ifndef JOBD_READY_H
#define JOBD_READY_H

#include "program.h"

/* Makes the notify socket in run_dir.  0, or -1 with errno. */
int ready_open_socket(const char *run_dir);
void ready_close_socket(void);
/* Its path, or NULL if there is none. */
const char *ready_socket_path(void);

void ready_init(struct program *);
/* Starts to watch for readiness after the leader was forked. */
void ready_watch(struct program *);
/* It is ready, or has shown that it lives: from now on the watchdog counts, if there is one. */
void ready_watchdog(struct program *);
void ready_cancel(struct program *);
/* The leader's exec has succeeded. */
void ready_executed(struct program *);

#endif
