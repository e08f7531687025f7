/*
 * For whom a client asks, as it says with AS: a name and an address for the audit, the tag that its
 * next request is confined to, and a role that is smaller than the client's own.  Never gives
 * anybody a right.
 */
#ifndef SCHEDULER_CALLER_H
#define SCHEDULER_CALLER_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

#define CALLER_TAG_MAX 100

struct fields;

struct caller {
	char who[AUDIT_WHO_MAX + 1], from[AUDIT_FROM_MAX + 1];
	char tag[CALLER_TAG_MAX + 1]; /* "": not confined */
	bool is_operator;             /* keeps off jobs of types that are for admins: see role.h */
	char text[];                  /* what it was read from */
};

/* The members of AS, and the text that they come from; NULL with what is wrong in *errstr.  free()
 * it. */
struct caller *caller_read(const struct fields *, const char *text, const char **errstr);
/* True if the text, which may be NULL, is the one that it was read from; NULL is from none. */
bool caller_is_from(const struct caller *, const char *text);

#endif
