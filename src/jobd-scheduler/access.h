/*
 * What a client of the queue may do, by what the kernel says about it, or by the password.  Never
 * believes what the client says about itself.
 */
#ifndef SCHEDULER_ACCESS_H
#define SCHEDULER_ACCESS_H

#include <sys/socket.h>
#include <sys/types.h>

#include "conf/conf.h"

/* Each includes the ones before. */
enum right {
	RIGHT_NONE,
	RIGHT_LOOK,
	RIGHT_ACT,
	RIGHT_ALL, /* who knows the password */
	RIGHT_OWN, /* root and our own user, on the unix socket */
};

/* Of the process at the other end of the connected unix socket; sets its uid. */
enum right access_right(int fd, const struct conf_control *, uid_t *uid);
/* True if the address can only be one of this host's own. */
bool access_is_loopback(const struct sockaddr *);

#endif
