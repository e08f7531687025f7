/*
 * What a client of the queue socket may do, by what the kernel says about it.  Never believes what
 * the client says.
 */
#ifndef SCHEDULER_ACCESS_H
#define SCHEDULER_ACCESS_H

#include <sys/types.h>

#include "conf/conf.h"

/* Each includes the ones before. */
enum right {
	RIGHT_NONE,
	RIGHT_LOOK,
	RIGHT_ACT,
	RIGHT_OWN, /* root and our own user */
};

/* Of the process at the other end of the connected unix socket; sets its uid. */
enum right access_right(int fd, const struct conf_control *, uid_t *uid);

#endif
