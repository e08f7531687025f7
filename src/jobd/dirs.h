/*
 * The directories that jobd needs, made at its start.
 */
#ifndef JOBD_DIRS_H
#define JOBD_DIRS_H

#include "conf/conf.h"

/* Makes run_dir, state_dir and log_dir with their parents where they are missing.  0, or -1
 * (logged). */
int dirs_make(const struct conf *);

#endif
