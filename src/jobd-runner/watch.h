/*
 * Files of programs that are watched with inotify(7): says that something has changed, once for all
 * changes that come together.  Wakes up for nothing else.
 */
#ifndef RUNNER_WATCH_H
#define RUNNER_WATCH_H

#include <event2/event.h>

#include "conf/conf.h"

struct watch;

/* The path is the first one that changed, from the program's directory on if it is in there. */
typedef void watch_changed(void *arg, const char *program, const char *path);

/* Takes the place of the old one, which may be NULL; NULL if no program watches files, or if that
 * can't be done (logged).  Looks into the configuration only until it returns. */
struct watch *watch_load(
    struct watch *old, struct event_base *, const struct conf *, watch_changed *, void *arg);
void watch_free(struct watch *);

#endif
