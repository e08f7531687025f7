/*
 * A queue over the store in memory with a configuration of the test's own, for the tests of the
 * queue and the calendar.
 */
#ifndef TESTS_QUEUE_SETUP_H
#define TESTS_QUEUE_SETUP_H

#include "jobd-scheduler/queue.h"

#define DO(call) assert_int_equal((call), STORE_OK)
#define SEC      CLOCK_US_PER_SEC
#define MINUTE   (60 * SEC)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
/* 2026-11-22T00:00:00Z, a Sunday. */
#define MIDNIGHT (INT64_C(1795305600) * SEC)

extern struct queue queue;
extern struct conf conf;
extern struct conf_job types[4];
/* jids of the jobs whose workers were told to end them, each with a blank behind. */
extern char ordered[400];

int queue_setup(void **state);
/* The same over a database in a new directory. */
int queue_setup_sqlite(void **state);
int queue_teardown(void **state);
/* clang-format off */
#define ON_EVERY(test)  { "memory: " #test, test, queue_setup, queue_teardown, NULL }, \
	{ "sqlite: " #test, test, queue_setup_sqlite, queue_teardown, NULL }
/* clang-format on */
/* The type with the usual options, at this place. */
struct conf_job *type_add(size_t index, const char *name, const char *schedule);
/* Stores a run of the type by its overlap rule; its jid stays valid until the 16th call after. */
const char *type_run(const struct conf_job *);
/* The job's state; asserts that it is there. */
enum job_state state_of(const char *jid);
struct job job_of(const char *jid);
/* Takes the next one for this runner; returns its jid, or "". */
const char *take(const char *worker);
enum queue_answer end_job(const char *jid, const char *worker, const char *reason, int64_t code);

#endif
