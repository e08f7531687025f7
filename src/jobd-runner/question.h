/*
 * A question to a URL that is no job: the check of a program.  Lives beside the calls, on the same
 * multi handle; it knows no breaker, no template and no retry.
 */
#ifndef RUNNER_QUESTION_H
#define RUNNER_QUESTION_H

#include <sys/queue.h>

#include <stdbool.h>

#include <curl/curl.h>

#include "net.h"

struct calls;

TAILQ_HEAD(question_list, net_question);

/* NULL without memory. */
struct net_question *question_ask(
    struct calls *, const struct net_ask *, net_answered *, void *arg);
/* Nothing is told of it any more, and it is freed. */
void question_forget(struct net_question *);
/* A transfer is over: true if it was that of a question, which was told and is freed. */
bool question_finish(struct calls *, CURL *, CURLcode);

#endif
