/*
 * What a caller may see who is confined to a tag (see AS): jobs, schedules and batches that carry
 * it.  For all else he is told that it is not there.  Never asks who he is.
 */
#ifndef SCHEDULER_SCOPE_H
#define SCHEDULER_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "store.h"

struct peer;
struct request;
struct scheduler;

/* How a verb is confined; what is not said here is closed. */
enum scope {
	SCOPE_CLOSED,
	SCOPE_OPEN,     /* it shows and changes nothing of anybody's */
	SCOPE_JOB,      /* its jid, an argument or a member, must be that of such a job */
	SCOPE_SCHEDULE, /* its name, an argument or a member, must be that of such a schedule */
	SCOPE_BATCH,    /* the same with a bid behind its second word */
	SCOPE_SELF,     /* it asks peer_tag() */
};

/* The tag, or NULL: he is not confined. */
const char *peer_tag(const struct peer *);
/* False: an error was replied, or the store failed. */
bool scope_allows(struct peer *, enum scope, const struct request *);
/* STORE_NONE: there is no schedule of this name that carries the tag. */
enum store_result scope_has_schedule(const struct scheduler *, const char *name, const char *tag);
/* The section of the configuration carries the tag. */
bool scope_has_type(const struct conf_job *, const char *tag);

/* What a request is about: the word so far behind its verb, or the first of these members (ended by
 * NULL) of its object; copied, "" if it is not there. */
void request_find_name(
    const struct request *, size_t word, const char *const *members, char *name, size_t size);

/*
 * The list of tags, a JSON array or "", with the tag in it: allocated.  NULL with what is wrong in
 * `why` when it has a tag of the same family ("tenant:1" beside "tenant:2"), which is another's.
 */
char *scope_add_tag(const char *tags, const char *tag, char *why, size_t size);
/*
 * Confines a job that is to be pushed, before it is: it gets the tag, and whatever it names must
 * carry it.  False with the reason in `why`, or the store failed.
 */
bool scope_take_job(struct peer *, struct job *, char *why, size_t size);

#endif
