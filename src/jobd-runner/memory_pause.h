/*
 * How often the memory of a program is looked at.  Pure.
 */
#ifndef RUNNER_MEMORY_PAUSE_H
#define RUNNER_MEMORY_PAUSE_H

#include <stdint.h>

/* Until the next look: soon after the start, then more and more rarely, and often near the limit.
 * `pause_ms` is the last pause, 0 at first. */
int64_t memory_pause_ms(int64_t pause_ms, int64_t used_bytes, int64_t limit_bytes);

#endif
