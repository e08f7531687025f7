/*
 * What watch.c, which is told of changes, and watch_scan.c, which finds the directories that may
 * hold watched files, have in common.  Never included from elsewhere.
 */
#ifndef RUNNER_WATCH_PRIVATE_H
#define RUNNER_WATCH_PRIVATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "watch.h"

/* Of all programs together; the kernel's own limit may be lower. */
#define WATCH_DIRS_MAX 4096

/* A program with files to watch. */
struct watched {
	struct watch *watch;
	char *name;
	char *root; /* what is not said of its paths */
	char **patterns;
	struct event *timer;
	struct monotime since; /* the first change that was not told yet; unset if there is none */
	char path[PATH_MAX];
};

struct watched_dir {
	int wd;
	char *path;
};

struct watch {
	struct event_base *base;
	watch_changed *changed;
	void *arg;
	int fd;
	struct event *event;
	struct watched *programs;
	size_t program_count;
	struct watched_dir *dirs;
	size_t dir_count, dir_room;
	bool complete;   /* what is found from now on is new */
	bool complained; /* of too many directories */
};

/* A file of the program has changed, for all we know. */
void watch_note(struct watched *, const char *path);
/* Does this path matter to it? */
bool watch_concerns(const struct watched *, const char *path, bool is_directory);
/* Do the files of a program begin at this directory? */
bool watch_is_base(const struct watch *, const char *path);
/* Looks for directories that are not watched yet; matching files in them are changes. */
void watch_scan(struct watch *);
/* NULL if it is none of ours. */
const struct watched_dir *watch_find_dir(const struct watch *, int wd);
void watch_forget_dir(struct watch *, int wd);

#endif
