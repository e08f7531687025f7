/*
 * Keeps all log files together below a limit, and makes room when a disk is full: the oldest
 * rotated files go first, whosever they are.  Never removes a file that is being written.
 */
#ifndef LOGGER_DISK_H
#define LOGGER_DISK_H

#include <stdint.h>

#include "jobd-logger/sink.h"

/* 0: no limit. */
void disk_set_limit(int64_t bytes);
/* There may be files that were not counted yet. */
void disk_look_again(void);
/* So many bytes went to files. */
void disk_wrote(int64_t bytes);
/* A write found no space: removes one rotated file on that disk; sink_retry() when it is done. */
void disk_make_room(struct sink *);

#endif
