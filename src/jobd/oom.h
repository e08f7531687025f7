/*
 * Whether the kernel has killed a process of our cgroup for want of memory since we last asked.
 */
#ifndef JOBD_OOM_H
#define JOBD_OOM_H

#include <stdbool.h>

/* Finds the counter (cgroup v2: memory.events, v1: memory.oom_control); without one oom_happened()
 * is always false. */
void oom_open(void);
bool oom_happened(void);

#endif
