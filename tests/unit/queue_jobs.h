/*
 * For tests of the queue: jobs that a client pushes to the queue "default", and the worker "w1"
 * that fetches from there.
 */
#ifndef TESTS_QUEUE_JOBS_H
#define TESTS_QUEUE_JOBS_H

#include "queue_setup.h"

/* Why the last one was refused. */
extern char refusal[QUEUE_WHY_MAX];

/* Of the type "Resize", with two retries. Its strings are the caller's. */
struct job job_new(const char *jid);
/* Clears the job. */
enum queue_answer push(struct job);
/* The same with a new one that must be taken. */
void put(const char *jid);
/* The jid of the next one for w1, or ""; valid until the 8th call after. */
const char *fetch(void);
const char *fetch_from(const char *const *queues, size_t count);
/* w1 reports its end. */
enum queue_answer finish(const char *jid, bool success);
/* The next one is this, and ends well. */
void do_next(const char *jid);

#endif
