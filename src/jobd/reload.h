/*
 * Reading the configuration again: in a child, so that neither a slow disk nor a broken file
 * reaches the loop; then the plan, applied whole or not at all.
 */
#ifndef JOBD_RELOAD_H
#define JOBD_RELOAD_H

#include <sys/types.h>

#include "supervisor.h"

/* Before the first reload. */
void reload_init(void);
/* SIGHUP: applied, and what came of it is logged. */
void reload_by_signal(void);
/* A child that is no program's was reaped. */
void reload_reaped(pid_t, int wait_status);

#endif
