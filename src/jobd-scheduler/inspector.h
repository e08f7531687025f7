/*
 * Looks for damage in the database in a process of its own, which reads the file beside us: the
 * loop goes on meanwhile.  Never changes anything.
 */
#ifndef SCHEDULER_INSPECTOR_H
#define SCHEDULER_INSPECTOR_H

#include <stdbool.h>

struct event_base;
struct inspector;

/* Found is "" if the database is in order; valid during the call. */
typedef void (*inspector_fn)(void *arg, const char *found);

/* Calls fn once, later, unless it is freed before.  NULL with errno. */
struct inspector *inspector_new(struct event_base *, const char *path, inspector_fn fn, void *arg);
/* Ends the process too. */
void inspector_free(struct inspector *);

/* The process: true if these are the arguments of one, and *code is its exit code. */
bool inspector_main(int argc, char **argv, int *code);

#endif
