/*
 * What an operator may not touch (see AS): jobs of types that the configuration gives to admins,
 * however he comes to them.  Who may push a type may do everything else with it.  Never asks who he
 * is.
 */
#ifndef SCHEDULER_ROLE_H
#define SCHEDULER_ROLE_H

#include <stdbool.h>
#include <stddef.h>

struct job;
struct peer;
struct queue;
struct request;

/* What a verb changes. */
enum touch {
	TOUCH_NOTHING,
	TOUCH_JOB,      /* that of its jid, an argument or a member */
	TOUCH_SCHEDULE, /* that of its name; of the configuration, or made by a user */
	TOUCH_MANY,     /* its jobs are looked at one by one: others' are passed over */
	TOUCH_ALL,      /* whatever there is */
};

bool role_is_operator(const struct peer *);
/* False with the reason in `why`: this type is for admins, and he is none. */
bool role_may(const struct peer *, const char *type, char *why, size_t size);
/* False: an error was replied, or the store failed. */
bool role_allows(struct peer *, enum touch, const struct request *);
/* True if the job is of such a type. */
bool role_is_for_admins(const struct queue *, const struct job *);

#endif
