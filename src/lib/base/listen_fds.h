/*
 * Descriptors that the parent left open for us, found by name as sd_listen_fds_with_names(3) does:
 * LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES in the environment, descriptors from 3 on.
 */
#ifndef BASE_LISTEN_FDS_H
#define BASE_LISTEN_FDS_H

#include <stddef.h>

/*
 * The first descriptor called `name`, made close-on-exec, or -1 if there is none or the variables
 * are not meant for this process.  The environment is left as it is.
 */
int listen_fds_find(const char *name);
/* The same for one of several with that name, counted from 0. */
int listen_fds_nth(const char *name, size_t n);

#endif
