/*
 * For whom a client asks, as it says with AS: a name and an address for the audit, and the tag that
 * its next request is confined to.  Never gives anybody a right.
 */
#ifndef SCHEDULER_CALLER_H
#define SCHEDULER_CALLER_H

#include <stddef.h>

#include "store.h"

#define CALLER_TAG_MAX 100

struct fields;

struct caller {
	char who[AUDIT_WHO_MAX + 1], from[AUDIT_FROM_MAX + 1];
	char tag[CALLER_TAG_MAX + 1]; /* "": not confined */
};

/* The members of AS; NULL with what is wrong in *errstr. free() it. */
struct caller *caller_read(const struct fields *, const char **errstr);

#endif
