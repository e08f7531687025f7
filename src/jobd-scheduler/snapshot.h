/*
 * Asks jobd for the configuration that it last accepted.  Never opens the file.
 */
#ifndef SCHEDULER_SNAPSHOT_H
#define SCHEDULER_SNAPSHOT_H

#include <stddef.h>

#include "conf/conf.h"

/* Waits some seconds at most.  NULL with the reason in error. */
struct conf *snapshot_fetch(const char *run_dir, char *error, size_t size);

#endif
