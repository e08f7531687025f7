/*
 * Who is at the other end of a control connection, and what they may do.  Decides by what the
 * kernel says about the peer, never by what the peer says.
 */
#ifndef JOBD_CONTROL_PEER_H
#define JOBD_CONTROL_PEER_H

#include <sys/types.h>

#include <stdbool.h>

#include "conf/conf.h"

/* Each includes the ones before. */
enum permission {
	PERMISSION_NONE,
	PERMISSION_LOOK,
	PERMISSION_ACT,
	PERMISSION_OWN, /* root and jobd's own user */
};

struct peer {
	int fd;
	pid_t pid;
	uid_t uid;
	gid_t gid;
	bool is_builtin; /* one of the programs that jobd brings along: may look, and read the
			    configuration */
};

/* 0, or -1 with errno.  To be called at once after accept(2): is_builtin is found by the pid. */
int peer_identify(int fd, struct peer *);
/* By the groups of the configuration as it is now. */
enum permission peer_permission(const struct peer *, const struct conf_control *);
/* The number of a group that the configuration names, or -1 if the name is empty or nobody's. */
int64_t peer_group(const char *name);

#endif
