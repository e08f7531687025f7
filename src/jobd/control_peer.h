/*
 * Who is at the other end of a control connection, and what they may do.  Decides by what the
 * kernel says about the peer, never by what the peer says.
 */
#ifndef JOBD_CONTROL_PEER_H
#define JOBD_CONTROL_PEER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

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
	bool is_web;     /* the built-in http: it gets less of the configuration */
	bool is_runner;  /* jobd-runner: may say how programs are */
	bool is_builtin; /* one of the programs that jobd brings along: may look, and read the
			    configuration */
};

/* 0, or -1 with errno.  To be called at once after accept(2): is_builtin is found by the pid. */
int peer_identify(int fd, struct peer *);
/* By the groups that were set. */
enum permission peer_permission(const struct peer *);

/* The numbers of the groups that the configuration names; -1: none. */
struct peer_groups {
	int64_t look, act;
};

/* Asks the user data base, which may take its time: only before the loop runs, and in the child
 * that reads the configuration. */
struct peer_groups peer_find_groups(const struct conf_control *);
void peer_set_groups(const struct peer_groups *);
const struct peer_groups *peer_groups(void);

#endif
