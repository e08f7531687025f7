#include <sys/inotify.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "path_pattern.h"
#include "watch_private.h"

#define DEPTH_MAX 64
#define EVENTS                                                                                     \
	(IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MOVE_SELF |     \
	    IN_ONLYDIR | IN_EXCL_UNLINK)

/* One walk below the base of a pattern. */
struct walk {
	struct watch *watch;
	struct watched *program;
	char pattern[PATH_MAX];
};

static bool is_directory(const char *path);
static void whole_pattern(const char *pattern, char *buf, size_t size);
static bool add_dir(struct watch *, const char *path, bool *is_new);
static void walk_dir(struct walk *, const char *path, int depth);
static void walk_entry(
    struct walk *, const char *path, const struct dirent *, bool is_new, int depth);
static void scan_pattern(struct watch *, struct watched *, const char *pattern);

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A directory stands for all that is in it. */
static void
whole_pattern(const char *pattern, char *buf, size_t size)
{
	bool is_tree = !path_pattern_is_pattern(pattern) && is_directory(pattern);

	snprintf(buf, size, "%s%s", pattern, is_tree ? "/**" : "");
}

bool
watch_concerns(const struct watched *program, const char *path, bool is_dir)
{
	char pattern[PATH_MAX];

	for (char **text = program->patterns; *text != NULL; text++) {
		whole_pattern(*text, pattern, sizeof(pattern));
		if (path_pattern_matches(pattern, path) ||
		    (is_dir && path_pattern_enters(pattern, path)))
			return true;
	}
	return false;
}

bool
watch_is_base(const struct watch *watch, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < watch->program_count; i++)
		for (char **text = watch->programs[i].patterns; *text != NULL; text++)
			if (strcmp(*text, path) == 0 ||
			    (path_pattern_base(*text) == len && strncmp(*text, path, len) == 0))
				return true;
	return false;
}

const struct watched_dir *
watch_find_dir(const struct watch *watch, int wd)
{
	for (size_t i = 0; i < watch->dir_count; i++)
		if (watch->dirs[i].wd == wd)
			return &watch->dirs[i];
	return NULL;
}

void
watch_forget_dir(struct watch *watch, int wd)
{
	for (size_t i = 0; i < watch->dir_count; i++) {
		if (watch->dirs[i].wd != wd)
			continue;
		inotify_rm_watch(watch->fd, wd);
		free(watch->dirs[i].path);
		watch->dirs[i] = watch->dirs[--watch->dir_count];
		return;
	}
}

/* False: nothing below it is looked at. */
static bool
add_dir(struct watch *watch, const char *path, bool *is_new)
{
	struct watched_dir *more = watch->dirs;
	int wd;

	*is_new = false;
	if (watch->dir_count == WATCH_DIRS_MAX) {
		if (!watch->complained)
			log_warnx("more than %d directories: changes in %s and further ones are "
				  "not seen",
			    WATCH_DIRS_MAX, path);
		watch->complained = true;
		return false;
	}
	if ((wd = inotify_add_watch(watch->fd, path, EVENTS)) == -1) {
		if (errno != ENOENT && errno != ENOTDIR && !watch->complained)
			log_warn("changes in %s are not seen: inotify", path);
		watch->complained |= errno == ENOSPC;
		return false;
	}
	/* The kernel gives the same number for the same directory. */
	if (watch_find_dir(watch, wd) != NULL)
		return true;
	if (watch->dir_count == watch->dir_room) {
		more = reallocarray(more, watch->dir_room * 2 + 16, sizeof(*more));
		if (more == NULL)
			return false;
		watch->dirs = more;
		watch->dir_room = watch->dir_room * 2 + 16;
	}
	if ((more[watch->dir_count].path = strdup(path)) == NULL)
		return false;
	more[watch->dir_count++].wd = wd;
	*is_new = true;
	return true;
}

static void
walk_entry(struct walk *walk, const char *path, const struct dirent *entry, bool is_new, int depth)
{
	struct stat st;
	bool is_dir = entry->d_type == DT_DIR;

	if (entry->d_type == DT_UNKNOWN)
		is_dir = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (is_dir && path_pattern_enters(walk->pattern, path))
		walk_dir(walk, path, depth + 1);
	else if (!is_dir && is_new && walk->watch->complete &&
		 path_pattern_matches(walk->pattern, path))
		watch_note(walk->program, path);
}

static void
walk_dir(struct walk *walk, const char *path, int depth)
{
	const struct dirent *entry;
	char inner[PATH_MAX];
	bool is_new;
	DIR *dir;

	if (depth > DEPTH_MAX || !add_dir(walk->watch, path, &is_new) ||
	    (dir = opendir(path)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", strcmp(path, "/") == 0 ? "" : path,
			entry->d_name) < (int)sizeof(inner))
			walk_entry(walk, inner, entry, is_new, depth);
	}
	closedir(dir);
}

/* Of a base that is not there yet, the nearest directory that is: it may be made in there. */
static void
scan_pattern(struct watch *watch, struct watched *program, const char *pattern)
{
	struct walk walk = { .watch = watch, .program = program };
	char base[PATH_MAX];
	bool is_new;

	whole_pattern(pattern, walk.pattern, sizeof(walk.pattern));
	snprintf(base, sizeof(base), "%.*s", (int)path_pattern_base(walk.pattern), walk.pattern);
	if (is_directory(base)) {
		walk_dir(&walk, base, 0);
		return;
	}
	while (!is_directory(base) && strrchr(base, '/') != base && strrchr(base, '/') != NULL)
		*strrchr(base, '/') = '\0';
	(void)add_dir(watch, is_directory(base) ? base : "/", &is_new);
}

void
watch_scan(struct watch *watch)
{
	for (size_t i = 0; i < watch->program_count; i++)
		for (char **pattern = watch->programs[i].patterns; *pattern != NULL; pattern++)
			scan_pattern(watch, &watch->programs[i], *pattern);
}
