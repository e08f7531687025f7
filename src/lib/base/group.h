/*
 * A group by its name or number, from the machine's user data base.  May block (NSS), so jobd's
 * loop never calls it.
 */
#ifndef BASE_GROUP_H
#define BASE_GROUP_H

#include <sys/types.h>

/* 0, or -1 if there is no such group. */
int group_find(const char *name, gid_t *gid);

#endif
