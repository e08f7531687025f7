/*
 * What the queue says to a PUSHB, and which refusals mean that it has the job already.  Pure.
 */
#ifndef OUTBOX_ANSWER_H
#define OUTBOX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/resp.h"

#define ANSWER_WHY_MAX 300

enum answer {
	ANSWER_TAKEN,   /* read on with answer_each() */
	ANSWER_BAD,     /* the list as a whole is no list of jobs */
	ANSWER_TROUBLE, /* nothing can be pushed now */
};

/* `why` says what is wrong. */
enum answer answer_read(const struct resp_item *, char why[ANSWER_WHY_MAX]);
/* Calls for each job that was refused; false if the text makes no sense. */
bool answer_each(const struct resp_item *,
    void (*refused)(void *arg, const char *jid, const char *why), void *arg);
/* Whether the refusal says that there is such a job. */
bool answer_is_known(const char *why);

#endif
