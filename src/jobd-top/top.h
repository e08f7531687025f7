/*
 * Waits for events and keys, and shows what has changed.  While nothing happens nothing is asked.
 */
#ifndef TOP_TOP_H
#define TOP_TOP_H

#include <stdint.h>

/* The exit codes of jobctl that it may end with. */
#define TOP_OK          0
#define TOP_FAILED      1
#define TOP_NOT_RUNNING 7

/* interval_ms: the least time between two looks, however much happens. */
int top_run(const char *run_dir, int64_t interval_ms);

#endif
