/*
 * How many processes of our cgroup the kernel has killed for want of memory: what tells such a
 * SIGKILL from one that somebody sent.
 */
#ifndef EXEC_OOM_H
#define EXEC_OOM_H

#include <stdint.h>

/* The counter's descriptor (cgroup v2: memory.events, v1: memory.oom_control), or -1 if there is
 * none. */
int oom_open(void);
/* Its value now; 0 with descriptor -1.  It only grows. */
int64_t oom_kills(int fd);

#endif
